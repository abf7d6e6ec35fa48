import { LedgerError } from './errors.ts';
import type { WorkId } from './ids.ts';
import type { WorkItem } from './item.ts';
import type { PolicyVerb } from './policy-rules.ts';
import {
  admits,
  allowRuleFor,
  type Belonging,
  type Deciding,
  namesOf,
  reviewRuleFor,
  rolesOf,
  type Scoped,
} from './policy-rules.ts';
import { askedReview, requireReviewed, reviewerRoles } from './reviews.ts';
import type { LedgerSettings } from './settings.ts';
import { VERBS, verbOf } from './verbs.ts';

/** The newest rules version that this program knows: raised with every change of what is stored, decided or accepted. */
export const KNOWN_RULES = 1;
export const UPGRADE_HINT = 'Upgrade work-ledger; `wl --version` tells which one this is. Reading goes on.';

/**
 * A program holds no rules that it does not know: it reads a ledger under newer ones, and neither writes to it nor judges it.
 *
 * @param task what it cannot do, for the message
 * @param known the rules that the program knows; a test is a newer one
 * @throws LedgerError `UPGRADE_REQUIRED`
 * @see docs/format.md, "The format, for good"
 */
export function requireKnownRules(
  { rules_version }: Pick<LedgerSettings, 'rules_version'>,
  task: string,
  details: { commit?: string; parent?: string | undefined; pending?: number } = {},
  known = KNOWN_RULES,
): void {
  if (rules_version <= known) return;
  throw new LedgerError(
    'UPGRADE_REQUIRED',
    `The ledger is under rules ${rules_version}, and this program knows rules up to ${known}: it cannot ${task}.`,
    {
      hint: UPGRADE_HINT,
      details: { rules_version, known, ...details },
    },
  );
}

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
  const isSame = before.type === after.type && before.swarm_name === after.swarm_name;
  if (isSame && before.labels.join('\n') === after.labels.join('\n')) return;
  for (const verb of VERBS) {
    const [found, next] = [allowRuleFor(settings, verb, before), allowRuleFor(settings, verb, after)];
    if (found?.index === next?.index) continue;
    // A right that a rule gives beyond the table is not to be had by putting others' items under it.
    const isOwn = before.created_by === actor || before.owner === actor;
    if (found === undefined && next !== undefined && verbOf(verb).waivable && !isOwn)
      throw refuseEscape(before.id, actor, 'allow', next, 'under');
    if (found !== undefined && !admits(settings, found, actor, before))
      throw refuseEscape(before.id, actor, 'allow', found);
  }
  requireReviewed(settings, before, after);
  const found = askedReview(settings, before);
  if (found === undefined || reviewRuleFor(settings, after)?.index === found.index) return;
  if (before.owner === actor || !admits(settings, found, actor, before))
    throw refuseEscape(before.id, actor, 'review', found);
}

function refuseEscape(
  id: WorkId,
  actor: string,
  list: 'allow' | 'review',
  { rule, index }: Deciding<{ roles?: string[] | undefined }>,
  way: 'out from under' | 'under' = 'out from under',
): LedgerError {
  const others = rule.roles === undefined ? 'others than its owner' : namesOf(rule);
  const who = way === 'under' ? 'its creator or its owner' : others;
  return new LedgerError(
    'POLICY_DENIED',
    `${actor} may not take ${id} ${way} rule ${index + 1} of \`${list}\`: that is left to ${who}.`,
    {
      hint: 'Its type, labels and swarm decide which rules it is under: `wl config explain`.',
      details: { id, actor, list, rule: index + 1, roles: rule.roles },
    },
  );
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
    rules.push(...reviewerRoles(settings, actor, item));
  return rules.flatMap((roles) => {
    const keys = rolesOf(settings, roles ?? ['anyone'], actor, item).map(
      (role) => settings.roles?.[role]?.keys,
    );
    return keys.length === 0 || keys.includes(undefined) ? [] : [keys.flatMap((some) => some ?? [])];
  });
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
