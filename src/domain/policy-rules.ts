import type { WorkItem } from './item.ts';
import type { LedgerSettings } from './settings.ts';
import type { Verb } from './verbs.ts';

/** Verbs of the ledger itself, which are of no item. */
export const LEDGER_VERBS = ['configure', 'repair', 'acknowledge'] as const;
/** Stands for every verb of an item. */
export const EVERY_VERB = '*';
export type PolicyVerb = Verb | (typeof LEDGER_VERBS)[number];

export type AllowRule = NonNullable<LedgerSettings['allow']>[number];
export type ReviewRule = NonNullable<LedgerSettings['review']>[number];
type Scope = Pick<AllowRule, 'types' | 'labels' | 'swarms'>;
export type Scoped = Pick<WorkItem, 'type' | 'labels' | 'swarm_name'>;

/** More characters than a name or a pattern of one has: nothing longer is like anything. */
const LONGEST = 1_000;

/**
 * True where `text` is as `pattern` says, `*` standing for any characters, also none. It goes back to the last `*` alone, so
 * that it takes at most as many steps as the product of both lengths.
 */
export function matches(pattern: string, text: string): boolean {
  if (pattern.length > LONGEST || text.length > LONGEST) return false;
  let [at, from, star, retry] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = from++;
      retry = at;
    } else if (pattern[from] === text[at]) {
      from += 1;
      at += 1;
    } else if (star >= 0) {
      from = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}

/** The rule that decides, and where it stands in its list. */
export interface Deciding<R> {
  rule: R;
  index: number;
}

/** Whose item it is: what the built-in roles ask for. */
export type Belonging = Pick<WorkItem, 'id' | 'created_by' | 'owner'>;

/** The last rule for the verb whose scope the item is in; without an item, one without a scope. */
export function allowRuleFor(
  { allow }: LedgerSettings,
  verb: PolicyVerb,
  item: Scoped | undefined,
): Deciding<AllowRule> | undefined {
  return lastOf(allow, (rule) => isAbout(rule, verb) && isIn(rule, item));
}

/** True where a rule names the verb, by a word for every verb, or by `claim`, which stands for `start` as well: both take work. */
export function isAbout({ verbs }: AllowRule, verb: PolicyVerb): boolean {
  if (verbs.includes(verb)) return true;
  if ((LEDGER_VERBS as readonly string[]).includes(verb)) return false;
  return verbs.includes(EVERY_VERB) || (verb === 'start' && verbs.includes('claim'));
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

export const admits = (
  settings: LedgerSettings,
  { rule }: Deciding<{ roles?: string[] | undefined }>,
  actor: string,
  item: Belonging | undefined,
): boolean => rule.roles === undefined || rolesOf(settings, rule.roles, actor, item).length > 0;

export const namesOf = ({ roles = [] }: { roles?: string[] | undefined }): string =>
  roles.join(', ') || 'nobody';

/** True where both let the same people do the same. */
export const isSamePolicy = (a: LedgerSettings, b: LedgerSettings | undefined): boolean =>
  b !== undefined && (a === b || JSON.stringify(policyOf(a)) === JSON.stringify(policyOf(b)));

const policyOf = ({ roles, allow, review, signatures, acceptance }: LedgerSettings): unknown[] => [
  roles,
  allow,
  review,
  signatures ?? 'optional',
  acceptance ?? 'optional',
];
