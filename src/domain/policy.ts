import { LedgerError } from './errors.ts';
import { matches } from './glob.ts';
import type { WorkId } from './ids.ts';
import type { WorkItem } from './item.ts';
import { EVERY_VERB, LEDGER_VERBS, type PolicyVerb } from './policy-schema.ts';
import type { LedgerSettings } from './settings.ts';
import { VERBS } from './transitions.ts';

export type AllowRule = NonNullable<LedgerSettings['allow']>[number];
export type ReviewRule = NonNullable<LedgerSettings['review']>[number];
type Scope = Pick<AllowRule, 'types' | 'labels' | 'swarms'>;
type Scoped = Pick<WorkItem, 'type' | 'labels' | 'swarm_name'>;

/** The rule that decides, and where it stands in its list. */
export interface Deciding<R> {
  rule: R;
  index: number;
}

/** Whose item it is: what the built-in roles ask for. */
type Belonging = Pick<WorkItem, 'id' | 'created_by' | 'owner'>;

/** The last rule for the verb whose scope the item is in; without an item, one without a scope. */
export function allowRuleFor(
  { allow }: LedgerSettings,
  verb: PolicyVerb,
  item: Scoped | undefined,
): Deciding<AllowRule> | undefined {
  const isOfLedger = (LEDGER_VERBS as readonly string[]).includes(verb);
  return lastOf(
    allow,
    (rule) =>
      (rule.verbs.includes(verb) || (!isOfLedger && rule.verbs.includes(EVERY_VERB))) && isIn(rule, item),
  );
}

/** The last review rule whose scope the item is in. Who answers a question is not reviewed, unless a rule names the type. */
export function reviewRuleFor({ review }: LedgerSettings, item: Scoped): Deciding<ReviewRule> | undefined {
  return lastOf(
    review,
    (rule) => isIn(rule, item) && (item.type !== 'escalation' || rule.types !== undefined),
  );
}

function lastOf<R>(rules: readonly R[] | undefined, applies: (rule: R) => boolean): Deciding<R> | undefined {
  const index = rules?.findLastIndex(applies) ?? -1;
  const rule = rules?.[index];
  return rule === undefined ? undefined : { rule, index };
}

function isIn({ types, labels, swarms }: Scope, item: Scoped | undefined): boolean {
  if (item === undefined) return types === undefined && labels === undefined && swarms === undefined;
  const { type, labels: has, swarm_name } = item;
  return (
    (types?.includes(type) ?? true) &&
    (labels?.some((pattern) => has.some((label) => matches(pattern, label))) ?? true) &&
    (swarms?.some((pattern) => swarm_name !== undefined && matches(pattern, swarm_name)) ?? true)
  );
}

/** The roles among `asked` that the actor has, for this item. */
export function rolesOf(
  { roles }: LedgerSettings,
  asked: readonly string[],
  actor: string,
  item: Belonging | undefined,
): string[] {
  return asked.filter((role) => {
    if (role === 'anyone') return true;
    if (role === 'creator') return item?.created_by === actor;
    if (role === 'owner') return item?.owner === actor;
    return roles?.[role]?.members.some((pattern) => matches(pattern, actor)) ?? false;
  });
}

const admits = (
  settings: LedgerSettings,
  { rule }: Deciding<{ roles?: string[] | undefined }>,
  actor: string,
  item: Belonging | undefined,
): boolean => rule.roles === undefined || rolesOf(settings, rule.roles, actor, item).length > 0;

/** @throws LedgerError `POLICY_DENIED` where a rule decides about the verb, and the actor has none of its roles */
export function requireAllowed(
  settings: LedgerSettings,
  verb: PolicyVerb,
  actor: string,
  item: (Scoped & Belonging) | undefined,
): void {
  const found = allowRuleFor(settings, verb, item);
  if (found === undefined || admits(settings, found, actor, item)) return;
  const what = item === undefined ? 'the ledger' : item.id;
  throw new LedgerError(
    'POLICY_DENIED',
    `${actor} may not ${verb} ${what}: rule ${found.index + 1} of \`allow\` leaves it to ${namesOf(found.rule)}.`,
    {
      hint: `\`wl config explain ${verb}${item === undefined ? '' : ` ${item.id}`}\` tells who may.`,
      details: { verb, actor, rule: found.index + 1, roles: found.rule.roles, id: item?.id },
    },
  );
}

/** True where a rule names the verb for the item and admits the actor: it stands in place of the table's own right. */
export function isGranted(
  settings: LedgerSettings,
  verb: PolicyVerb,
  actor: string,
  item: WorkItem,
): boolean {
  const found = allowRuleFor(settings, verb, item);
  return found !== undefined && admits(settings, found, actor, item);
}

const namesOf = ({ roles = [] }: { roles?: string[] | undefined }): string => roles.join(', ') || 'nobody';

/**
 * Refuses a change that takes an item out from under a rule, or puts another rule over the one that decides, by whom that rule
 * does not admit: or a label would undo a policy.
 */
export function requireSameRules(
  settings: LedgerSettings,
  actor: string,
  before: WorkItem,
  after: WorkItem,
): void {
  if (settings.allow === undefined && settings.review === undefined) return;
  for (const verb of VERBS) {
    const found = allowRuleFor(settings, verb, before);
    if (found === undefined || allowRuleFor(settings, verb, after)?.index === found.index) continue;
    if (!admits(settings, found, actor, before)) throw refuseEscape(before.id, actor, 'allow', found);
  }
  const found = reviewRuleFor(settings, before);
  if (found === undefined || (found.rule.approvals ?? 1) === 0) return;
  if (reviewRuleFor(settings, after)?.index === found.index) return;
  if (before.owner === actor || !admits(settings, found, actor, before))
    throw refuseEscape(before.id, actor, 'review', found);
}

function refuseEscape(
  id: WorkId,
  actor: string,
  list: 'allow' | 'review',
  { rule, index }: Deciding<{ roles?: string[] | undefined }>,
): LedgerError {
  const who = rule.roles === undefined ? 'others than its owner' : namesOf(rule);
  return new LedgerError(
    'POLICY_DENIED',
    `${actor} may not take ${id} out from under rule ${index + 1} of \`${list}\`: that is left to ${who}.`,
    {
      hint: 'Its type, labels and swarm decide which rules it is under: `wl config explain`.',
      details: { id, actor, list, rule: index + 1, roles: rule.roles },
    },
  );
}

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

/** @throws LedgerError `POLICY_DENIED` where policy asks for a signature on what is about to be committed without one */
export function requireNoSignature(
  settings: LedgerSettings,
  verb: PolicyVerb,
  actor: string,
  item: WorkItem | undefined,
): void {
  if (settings.signatures !== 'required' && keysAsked(settings, verb, actor, item).length === 0) return;
  const what = item === undefined ? 'the ledger' : item.id;
  throw new LedgerError(
    'POLICY_DENIED',
    `To ${verb} ${what}, the commit has to be signed, and this clone does not sign.`,
    {
      hint: 'Sign with the key that git is set up with: git config ledger.sign true',
      details: { verb, actor, id: item?.id },
    },
  );
}

/** True where both let the same people do the same. */
export const isSamePolicy = (a: LedgerSettings, b: LedgerSettings | undefined): boolean =>
  b !== undefined && (a === b || JSON.stringify(policyOf(a)) === JSON.stringify(policyOf(b)));

const policyOf = ({ roles, allow, review, signatures }: LedgerSettings): unknown[] => [
  roles,
  allow,
  review,
  signatures ?? 'optional',
];

const DAY = 86_400_000;

/** @throws LedgerError `POLICY_DENIED` where an item is kept for longer */
export function requireExpired({ retention_days }: LedgerSettings, item: WorkItem, at: string): void {
  const until = expiresAt(retention_days, item);
  if (until === undefined || Date.parse(at) >= until) return;
  const day = new Date(until).toISOString();
  throw new LedgerError(
    'POLICY_DENIED',
    `${item.id} is kept until ${day}: retention_days is ${retention_days}.`,
    {
      hint: 'Its history stays in any case; only its file would go.',
      details: { id: item.id, until: day, retention_days },
    },
  );
}

/** True where the actor may remove the file of an item as soon as it has ended. */
export const mayDeleteAtOnce = (settings: LedgerSettings, actor: string, item: WorkItem): boolean => {
  const found = allowRuleFor(settings, 'delete', item);
  return !settings.retention_days && (found === undefined || admits(settings, found, actor, item));
};

/** When an ended item may be deleted, in milliseconds since 1970; `undefined` where at once. */
export function expiresAt(
  retentionDays: number | undefined,
  { completed_at, updated_at }: Pick<WorkItem, 'completed_at' | 'updated_at'>,
): number | undefined {
  return retentionDays === undefined
    ? undefined
    : Date.parse(completed_at ?? updated_at) + retentionDays * DAY;
}

/**
 * Keys of which one has to have signed, for each rule that admits the actor by roles that name keys alone. Which key signed is not
 * known when a transition is decided; the hook and `verify` ask.
 */
export function keysAsked(
  settings: LedgerSettings,
  verb: PolicyVerb,
  actor: string,
  item: WorkItem | undefined,
): string[][] {
  const rules: (readonly string[] | undefined)[] = [allowRuleFor(settings, verb, item)?.rule.roles];
  if (item !== undefined && (verb === 'approve' || verb === 'reject'))
    rules.push(reviewRuleFor(settings, item)?.rule.roles);
  return rules.flatMap((roles) => {
    const keys = rolesOf(settings, roles ?? ['anyone'], actor, item).map(
      (role) => settings.roles?.[role]?.keys,
    );
    return keys.length === 0 || keys.includes(undefined) ? [] : [keys.flatMap((some) => some ?? [])];
  });
}
