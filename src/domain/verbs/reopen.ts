import { text } from '../check-input.ts';
import { checkReopened } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { ENDED, seesEnding, withoutHolder } from './shared.ts';

type ReopenInput = {
  id: WorkId;
  reason: string;
};

/** Opens an item that ended, as if it had not. */
export const reopen: ChangingVerb<ReopenInput> = defineVerb({
  from: ENDED,
  to: 'pending',
  by: 'anyone',
  reason: 'required',
  input: { reason: text },
  line: 'reopened',
  sees: seesEnding,
  apply(item, _command, view) {
    checkReopened(view, item);
    return {
      ...withoutHolder(item),
      status: 'pending',
      completed_at: undefined,
      result: undefined,
      error: undefined,
      review: undefined,
    };
  },
});
