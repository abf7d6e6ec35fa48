import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import { admits, namesOf, reviewRuleFor, type Scoped } from './policy-rules.ts';
import type { LedgerSettings } from './settings.ts';

/** Approvals that an item in review needs in all. */
export const approvalsNeeded = (settings: LedgerSettings, item: Scoped): number =>
  Math.max(1, reviewRuleFor(settings, item)?.rule.approvals ?? 1);

/** Approvals that the item has by whom the settings still let approve, each actor once. */
export function approvalsGiven(settings: LedgerSettings, item: WorkItem): string[] {
  const found = reviewRuleFor(settings, item);
  const names = new Set((item.review?.approvals ?? []).map(({ by }) => by));
  return [...names].filter((name) => found === undefined || admits(settings, found, name, item));
}

/** @throws LedgerError `REVIEW_REQUIRED` where policy asks for a review before the item is completed */
export function requireNoReview(settings: LedgerSettings, item: WorkItem): void {
  const found = reviewRuleFor(settings, item);
  if (found === undefined || (found.rule.approvals ?? 1) === 0) return;
  throw new LedgerError(
    'REVIEW_REQUIRED',
    `${item.id} needs a review before it is completed: rule ${found.index + 1} of \`review\`.`,
    {
      hint: `Submit it instead: wl submit ${item.id} --result JSON`,
      details: {
        id: item.id,
        rule: found.index + 1,
        approvals: found.rule.approvals ?? 1,
        roles: found.rule.roles,
      },
    },
  );
}

/** @throws LedgerError `POLICY_DENIED` where the actor's approval or rejection would not count */
export function requireReviewer(settings: LedgerSettings, actor: string, item: WorkItem): void {
  const found = reviewRuleFor(settings, item);
  if (found === undefined || admits(settings, found, actor, item)) return;
  throw new LedgerError(
    'POLICY_DENIED',
    `${actor} cannot review ${item.id}: rule ${found.index + 1} of \`review\` leaves it to ${namesOf(found.rule)}.`,
    {
      hint: `\`wl config explain approve ${item.id}\` tells who may.`,
      details: { id: item.id, actor, rule: found.index + 1, roles: found.rule.roles },
    },
  );
}
