import { map, text } from '../check-input.ts';
import type { HolderObservation } from '../commands.ts';
import { attemptsAllowed, EXHAUSTED, isExhausted, observeHolder } from '../holding.ts';
import type { WorkId } from '../ids.ts';
import { REASON_LENGTH, toSafeLine } from '../text.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { withoutHolder } from './shared.ts';

type RecoverInput = {
  id: WorkId;
  reason: string;
  /** What was seen of a holder that is silent since. */
  observed: HolderObservation;
};

/** Takes an item from a holder that is gone; one without an attempt left fails. */
export const recover: ChangingVerb<RecoverInput> = defineVerb({
  from: ['in_progress'],
  to: 'pending_or_failed',
  by: 'anyone',
  fenced: true,
  contended: true,
  reason: 'required',
  input: { reason: text, observed: map() },
  line: 'recovered',
  sees: observeHolder,
  apply(item, command, { settings }) {
    if (!isExhausted(item, settings)) return { ...withoutHolder(item), status: 'pending' };
    const allowed = attemptsAllowed(item, settings);
    const reason = toSafeLine(command.reason, REASON_LENGTH);
    return {
      ...item,
      status: 'failed',
      completed_at: command.at,
      error: `${EXHAUSTED} ${item.attempts} of ${allowed} attempts ended without a result. The last one: ${reason}`,
    };
  },
});
