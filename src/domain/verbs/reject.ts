import { text } from '../check-input.ts';
import type { WorkId } from '../ids.ts';
import { requireReviewer } from '../reviews.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { asNote, seesSubmission } from './shared.ts';

type RejectInput = {
  id: WorkId;
  reason: string;
};

/** Sends what is proposed back to its holder. */
export const reject: ChangingVerb<RejectInput> = defineVerb({
  from: ['in_review'],
  to: 'in_progress',
  by: 'not_owner',
  reason: 'required',
  input: { reason: text },
  line: 'rejected',
  sees: seesSubmission,
  apply(item, { actor, at, reason }, { settings }) {
    requireReviewer(settings, actor, item);
    const review = item.review && {
      ...item.review,
      approvals: undefined,
      verdict: 'rejected' as const,
      by: actor,
      at,
      note: asNote(reason),
    };
    return { ...item, status: 'in_progress', result: undefined, review };
  },
  noted: ({ review }) => review?.note,
});
