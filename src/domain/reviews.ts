import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import {
  admits,
  type Deciding,
  namesOf,
  type ReviewRule,
  reviewRuleFor,
  type Scoped,
} from './policy-rules.ts';
import type { LedgerSettings } from './settings.ts';
import { firstOf } from './text.ts';

/** True where the rule asks for an approval before an item is completed; one for 0 takes that away. */
const asks = (found: Deciding<ReviewRule> | undefined): found is Deciding<ReviewRule> =>
  found !== undefined && (found.rule.approvals ?? 1) > 0;

/** The review rule that has to be met before the item is completed. */
export function askedReview(settings: LedgerSettings, item: Scoped): Deciding<ReviewRule> | undefined {
  const found = reviewRuleFor(settings, item);
  return asks(found) ? found : undefined;
}

type WorkedAs = NonNullable<WorkItem['worked_as']>[number];
const scopeOf = ({ type, labels = [], swarm_name }: WorkedAs): Scoped => ({ type, labels, swarm_name });

/**
 * Every review that is asked of the item: by the rule for what it is, and by those for what it was to whoever has a hand in completing
 * it (its owner, who approved, and `actor`), when they took it or changed what it is.
 */
export function reviewsAsked(
  settings: LedgerSettings,
  item: WorkItem,
  actor: string | undefined = item.owner,
): Deciding<ReviewRule>[] {
  const hands = new Set([item.owner, actor, ...approversOf(item)]);
  const was = (item.worked_as ?? []).filter(({ by }) => hands.has(by)).map(scopeOf);
  const found = [item, ...was].flatMap((scope) => askedReview(settings, scope) ?? []);
  return [...new Map(found.map((one) => [one.index, one])).values()];
}

/** The rules that an approval is held against: one that asks for none still says who may approve. */
function reviewRules(
  settings: LedgerSettings,
  item: WorkItem,
  actor: string | undefined,
): Deciding<ReviewRule>[] {
  const asked = reviewsAsked(settings, item, actor);
  const own = reviewRuleFor(settings, item);
  return own === undefined || asked.some(({ index }) => index === own.index) ? asked : [own, ...asked];
}

/**
 * What a change leaves of what the item was, for the one who made it: a claim takes it as it is, and an update can lead it out from under
 * the rule that asks for a review.
 *
 * @param claims whether the change is a claim
 * @returns `after`, where nothing is to be remembered
 */
export function rememberReview(
  settings: LedgerSettings,
  by: string,
  before: WorkItem,
  after: WorkItem,
  claims: boolean,
): WorkItem {
  const found = askedReview(settings, before);
  if (found === undefined) return after;
  if (!claims && reviewRuleFor(settings, after)?.index === found.index) return after;
  const { type, labels, swarm_name } = before;
  const rows = before.worked_as ?? [];
  const isKnown = rows.some(
    (row) => row.by === by && reviewRuleFor(settings, scopeOf(row))?.index === found.index,
  );
  if (isKnown) return after;
  const row = { by, type, labels: labels.length === 0 ? undefined : labels, swarm_name };
  return { ...after, worked_as: [...rows, row] };
}

const approversOf = ({ review }: WorkItem): string[] => [
  ...new Set((review?.approvals ?? []).map(({ by }) => by)),
];

const needed = ({ rule }: Deciding<ReviewRule>): number => Math.max(1, rule.approvals ?? 1);

/** Approvals of these names that count by the rule. */
const counted = (
  settings: LedgerSettings,
  rule: Deciding<ReviewRule>,
  item: WorkItem,
  names: readonly string[],
): string[] => names.filter((name) => admits(settings, rule, name, item));

/** True where what these names approved is enough by every rule. */
const isEnough = (
  settings: LedgerSettings,
  rules: readonly Deciding<ReviewRule>[],
  item: WorkItem,
  names: readonly string[],
): boolean => rules.every((rule) => counted(settings, rule, item, names).length >= needed(rule));

/** What an approval by the actor makes of a review: the last one that is needed, one that was given before, or one of several. */
export function weighApproval(
  settings: LedgerSettings,
  actor: string,
  item: WorkItem,
): 'last' | 'again' | 'more' {
  const names = approversOf(item);
  if (names.includes(actor)) return 'again';
  return isEnough(settings, reviewRules(settings, item, actor), item, [...names, actor]) ? 'last' : 'more';
}

/** A review that is asked of the item, and who approved so far of those whom it counts. */
export function reviewStanding(
  settings: LedgerSettings,
  item: WorkItem,
  rule: Deciding<ReviewRule>,
): { needed: number; given: string[] } {
  return { needed: needed(rule), given: counted(settings, rule, item, approversOf(item)) };
}

/** @throws LedgerError `REVIEW_REQUIRED` where policy asks for a review before the item is completed */
export function requireNoReview(settings: LedgerSettings, item: WorkItem): void {
  const [found] = reviewsAsked(settings, item);
  if (found === undefined) return;
  const as =
    askedReview(settings, item)?.index === found.index ? '' : ', for what it was when it was worked on';
  throw reviewRequired(
    item,
    found,
    `${item.id} needs a review before it is completed: rule ${found.index + 1} of \`review\`${as}.`,
    `Submit it instead: wl submit ${item.id} --result JSON`,
  );
}

/** @throws LedgerError `CRITERIA_OPEN` where the ledger's settings ask for all criteria to be met, and one is open */
export function requireMet(settings: LedgerSettings, item: WorkItem): void {
  if (settings.acceptance !== 'required') return;
  const criteria = item.acceptance.filter(({ done }) => !done).map(({ text }) => text);
  if (criteria.length === 0) return;
  const { id, acceptance } = item;
  throw new LedgerError(
    'CRITERIA_OPEN',
    `${id} cannot be completed: ${criteria.length} of its ${acceptance.length} criteria are open.`,
    {
      hint: `\`wl show ${id}\` lists them; \`wl accept ${id} N\` says that one is met.`,
      details: { id, criteria: firstOf(criteria) },
    },
  );
}

/**
 * Refuses to put completed work under a rule that asks for a review which it never had.
 *
 * @throws LedgerError `REVIEW_REQUIRED`
 */
export function requireReviewed(settings: LedgerSettings, before: WorkItem, after: WorkItem): void {
  if (before.status !== 'completed') return;
  const found = askedReview(settings, after);
  if (found === undefined || reviewRuleFor(settings, before)?.index === found.index) return;
  const { verdict, by } = after.review ?? {};
  const names = verdict === 'approved' && by !== undefined ? [...approversOf(after), by] : [];
  if (isEnough(settings, [found], after, [...new Set(names)])) return;
  throw reviewRequired(
    after,
    found,
    `${after.id} was completed without the review that rule ${found.index + 1} of \`review\` asks for.`,
    'Leave its type, labels and swarm as they are, or have it opened again and reviewed.',
  );
}

const reviewRequired = (
  { id }: WorkItem,
  { rule, index }: Deciding<ReviewRule>,
  message: string,
  hint: string,
): LedgerError =>
  new LedgerError('REVIEW_REQUIRED', message, {
    hint,
    details: { id, rule: index + 1, approvals: rule.approvals ?? 1, roles: rule.roles },
  });

/** @throws LedgerError `POLICY_DENIED` where the actor's approval or rejection would not count */
export function requireReviewer(settings: LedgerSettings, actor: string, item: WorkItem): void {
  const rules = reviewRules(settings, item, actor);
  const [found] = rules;
  if (found === undefined || rules.some((rule) => admits(settings, rule, actor, item))) return;
  throw new LedgerError(
    'POLICY_DENIED',
    `${actor} cannot review ${item.id}: rule ${found.index + 1} of \`review\` leaves it to ${namesOf(found.rule)}.`,
    {
      hint: `\`wl config explain approve ${item.id}\` tells who may.`,
      details: { id: item.id, actor, rule: found.index + 1, roles: found.rule.roles },
    },
  );
}

/** The roles that the review rules name, of which an approval or rejection is one. */
export const reviewerRoles = (
  settings: LedgerSettings,
  actor: string,
  item: WorkItem,
): (readonly string[] | undefined)[] => {
  const rules = reviewRules(settings, item, actor);
  return rules.length === 0 ? [undefined] : rules.map(({ rule }) => rule.roles);
};
