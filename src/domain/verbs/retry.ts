import { flag, text } from '../check-input.ts';
import { LedgerError } from '../errors.ts';
import { checkReopened } from '../graph.ts';
import { attemptsAllowed, isExhausted } from '../holding.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { seesEnding, withoutHolder } from './shared.ts';

type RetryInput = {
  id: WorkId;
  not_before?: string | undefined;
  /** Counts its attempts from 0 again. */
  reset?: boolean | undefined;
  reason?: string | undefined;
};

/** Opens a failed item again, as long as it has attempts left. */
export const retry: ChangingVerb<RetryInput> = defineVerb({
  from: ['failed'],
  to: 'pending',
  by: 'anyone',
  reason: 'optional',
  input: { not_before: text, reset: flag, reason: text },
  line: 'retried',
  sees: seesEnding,
  apply(item, { reset, not_before }, view) {
    const limit = attemptsAllowed(item, view.settings);
    if (!reset && isExhausted(item, view.settings)) {
      throw new LedgerError('ILLEGAL_TRANSITION', `${item.id} has used its ${limit} attempts.`, {
        hint: `To give it new ones: wl retry ${item.id} --reset`,
        details: { id: item.id, attempts: item.attempts, max_attempts: limit },
      });
    }
    checkReopened(view, item);
    return {
      ...withoutHolder(item),
      status: 'pending',
      completed_at: undefined,
      error: undefined,
      attempts: reset ? 0 : item.attempts,
      not_before,
    };
  },
  read: ({ before, after }) => ({
    not_before: after.not_before,
    reset: after.attempts === 0 && (before?.attempts ?? 0) > 0,
  }),
});
