import { LedgerError } from '../errors.ts';
import { checkReopened } from '../graph.ts';
import { attemptsAllowed, isExhausted } from '../holding.ts';
import type { WorkItem } from '../item.ts';
import { approvalsGiven, approvalsNeeded, requireNoReview, requireReviewer } from '../policy-rules.ts';
import { REASON_LENGTH, toSafeLine } from '../text.ts';
import { type Apply, withoutHolder } from './apply.ts';

const asNote = (reason: string | undefined): string | undefined =>
  reason === undefined ? undefined : toSafeLine(reason, REASON_LENGTH) || undefined;

export const submit: Apply<'submit'> = (item, { actor, at, result }) => ({
  ...item,
  status: 'in_review',
  result,
  review: { requested_at: at, requested_by: actor },
});

/** The last approval that is needed completes the item; one before it is written down. */
export const approve: Apply<'approve'> = (item, { actor, at, reason }, { settings }) => {
  requireReviewer(settings, actor, item);
  const given = approvalsGiven(settings, item);
  if (given.includes(actor)) throw alreadyApproved(item, actor);
  const note = asNote(reason);
  if (given.length + 1 < approvalsNeeded(settings, item)) {
    const review = item.review ?? { requested_at: at, requested_by: item.owner ?? actor };
    const others = (review.approvals ?? []).filter(({ by }) => by !== actor);
    return { ...item, review: { ...review, approvals: [...others, { by: actor, at, note }] } };
  }
  return {
    ...item,
    status: 'completed',
    completed_at: at,
    review: item.review && { ...item.review, verdict: 'approved', by: actor, at, note },
  };
};

const alreadyApproved = ({ id }: WorkItem, actor: string): LedgerError =>
  new LedgerError('ILLEGAL_TRANSITION', `${actor} approved ${id} already; others have to, too.`, {
    hint: `\`wl config explain approve ${id}\` tells who may.`,
    details: { id, actor },
  });

export const reject: Apply<'reject'> = (item, { actor, at, reason }, { settings }) => {
  requireReviewer(settings, actor, item);
  return {
    ...item,
    status: 'in_progress',
    result: undefined,
    review: item.review && {
      ...item.review,
      approvals: undefined,
      verdict: 'rejected',
      by: actor,
      at,
      note: asNote(reason),
    },
  };
};

export const complete: Apply<'complete'> = (item, { at, result }, { settings }) => {
  requireNoReview(settings, item);
  return { ...item, status: 'completed', completed_at: at, result };
};

export const fail: Apply<'fail'> = (item, { at, error }) => ({
  ...item,
  status: 'failed',
  completed_at: at,
  error,
});

export const cancel: Apply<'cancel'> = (item, { at }) => ({
  ...item,
  status: 'cancelled',
  completed_at: at,
  block: undefined,
});

export const retry: Apply<'retry'> = (item, { reset, not_before }, view) => {
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
};

export const reopen: Apply<'reopen'> = (item, _command, view) => {
  checkReopened(view, item);
  return {
    ...withoutHolder(item),
    status: 'pending',
    completed_at: undefined,
    result: undefined,
    error: undefined,
    review: undefined,
  };
};
