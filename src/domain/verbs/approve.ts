import { text } from '../check-input.ts';
import { LedgerError } from '../errors.ts';
import { requireNoOpenParts } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import type { WorkItem } from '../item.ts';
import { requireMet, requireReviewer, weighApproval } from '../reviews.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { asNote, seesSubmission } from './shared.ts';

type ApproveInput = {
  id: WorkId;
  reason?: string | undefined;
};

/**
 * The actor of an approval that is given by a host's button: who will press it is not known when the proposal is made. The
 * ledger says this name; who merged is told by git.
 */
export const PULL_REQUEST = 'pull-request';

/** True for what a button of a host accepts. */
export const isProposal = ({ verb, actor }: { verb: string; actor: string }): boolean =>
  verb === 'approve' && actor === PULL_REQUEST;

/** Accepts what is proposed: the last approval that is needed completes the item; one before it is written down. */
export const approve: ChangingVerb<ApproveInput> = defineVerb({
  from: ['in_review'],
  to: 'as_approved',
  by: 'not_owner',
  reason: 'optional',
  input: { reason: text },
  line: 'approved',
  sees: seesSubmission,
  apply(item, { actor, at, reason }, view) {
    const { settings } = view;
    requireReviewer(settings, actor, item);
    const weight = weighApproval(settings, actor, item);
    if (weight === 'again') throw alreadyApproved(item, actor);
    const note = asNote(reason);
    if (weight === 'more') {
      const review = item.review ?? { requested_at: at, requested_by: item.owner ?? actor };
      const approvals = [...(review.approvals ?? []), { by: actor, at, note }];
      return { ...item, review: { ...review, approvals } };
    }
    requireNoOpenParts(view, item);
    requireMet(view.settings, item);
    return {
      ...item,
      status: 'completed',
      completed_at: at,
      review: item.review && { ...item.review, verdict: 'approved', by: actor, at, note },
    };
  },
  noted: ({ status, review }) => (status === 'in_review' ? review?.approvals?.at(-1)?.note : review?.note),
});

const alreadyApproved = ({ id }: WorkItem, actor: string): LedgerError =>
  new LedgerError('ILLEGAL_TRANSITION', `${actor} approved ${id} already; others have to, too.`, {
    hint: `\`wl config explain approve ${id}\` tells who may.`,
    details: { id, actor },
  });
