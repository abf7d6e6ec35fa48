import { byName, defaulted, mapOf, oneOf, optional, readerOf, required, text, whole } from './checks.ts';
import { isIdPrefix, isOp } from './ids.ts';
import { MAX_RETENTION_DAYS, policyChecks, undefinedRole } from './policy-schema.ts';
import { isLimitName, type LedgerSettings, MAX_LIMIT, SIGNATURES } from './settings.ts';

const limits = optional(byName(isLimitName, whole(0, MAX_LIMIT)));

const readSettings = readerOf({
  schema: required((value) => value === 1),
  ledger_id: required(text(isOp)),
  id_prefix: defaulted(text(isIdPrefix), () => 'WRK'),
  lease_ttl_s: defaulted(whole(1, 31_536_000), () => 3600),
  clock_skew_s: defaulted(whole(0, 86_400), () => 300),
  max_attempts: defaulted(whole(1, 1000), () => 3),
  on_complete: defaulted(oneOf('archive', 'delete'), () => 'archive'),
  limits: optional(mapOf({ owner: limits, swarm: limits, label: limits })),
  roles: optional(policyChecks.roles),
  allow: optional(policyChecks.allow),
  review: optional(policyChecks.review),
  signatures: optional(oneOf(...SIGNATURES)),
  retention_days: optional(whole(0, MAX_RETENTION_DAYS)),
});

/**
 * The settings that `settingsSchema` makes of `map`, many times faster.
 *
 * @returns `undefined` where only the schema can tell
 */
export function checkSettings(map: Readonly<Record<string, unknown>>): LedgerSettings | undefined {
  const settings = readSettings(map) as LedgerSettings | undefined;
  return settings === undefined || undefinedRole(settings) !== undefined ? undefined : settings;
}
