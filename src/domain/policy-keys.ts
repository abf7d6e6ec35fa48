import { LedgerError } from './errors.ts';
import type { WorkItem } from './item.ts';
import { allowRuleFor, reviewRuleFor, rolesOf } from './policy-rules.ts';
import type { PolicyVerb } from './policy-schema.ts';
import type { LedgerSettings } from './settings.ts';

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
