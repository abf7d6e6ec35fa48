import { text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE, seesSubmission } from './shared.ts';

type WithdrawInput = { id: WorkId; reason?: string | undefined } & Fence;

/** Takes a proposal back. What was proposed goes, as if it had not been: the holder has it in history. */
export const withdraw: ChangingVerb<WithdrawInput> = defineVerb({
  from: ['in_review'],
  to: 'in_progress',
  by: 'owner',
  fenced: true,
  reason: 'optional',
  input: { reason: text, ...FENCE },
  line: 'withdrawn',
  sees: seesSubmission,
  apply: (item) => ({ ...item, status: 'in_progress', result: undefined, review: undefined }),
});
