import type { z } from 'zod';
import { byName, defaulted, mapOf, oneOf, optional, readerOf, required, text, whole } from './checks.ts';
import { isIdPrefix, isOp } from './ids.ts';
import { MAX_RETENTION_DAYS, policyChecks, policySchemas, undefinedRole } from './policy-schema.ts';
import { lazySchema } from './schema.ts';
import { isLine } from './values.ts';

const MAX_LIMIT = 1_000_000;
/** `required`: every commit is signed by a key that is known to be its actor's. */
const SIGNATURES = ['optional', 'required'] as const;
const isLimitName = (name: string): boolean => isLine(name, 200);

/** How many items may be in progress, by name. */
export const limitSchemas = lazySchema((z) => ({
  name: z.string().refine(isLimitName, 'must be a name'),
  max: z.int().min(0).max(MAX_LIMIT),
}));

/**
 * What all clones of a ledger share: `ledger.yaml`, changed by commits of the verb `configure`.
 *
 * @see docs/format.md, "Settings"
 */
export const settingsSchema = lazySchema((z) => {
  const { name, max } = limitSchemas();
  const byName = z.record(name, max).optional();
  const { roles, allow, review } = policySchemas();
  const schema = z.looseObject({
    schema: z.literal(1),
    /** The lineage. Two ledgers never mix. */
    ledger_id: z.string().refine(isOp, 'must be a UUID of version 7'),
    id_prefix: z.string().refine(isIdPrefix, 'must be two to eight capital letters').default('WRK'),
    lease_ttl_s: z.int().min(1).max(31_536_000).default(3600),
    clock_skew_s: z.int().min(0).max(86_400).default(300),
    max_attempts: z.int().min(1).max(1000).default(3),
    on_complete: z.enum(['archive', 'delete']).default('archive'),
    limits: z.looseObject({ owner: byName, swarm: byName, label: byName }).optional(),
    roles: roles.optional(),
    allow: allow.optional(),
    review: review.optional(),
    signatures: z.enum(SIGNATURES).optional(),
    retention_days: z.int().min(0).max(MAX_RETENTION_DAYS).optional(),
  });
  return schema.superRefine((settings, context) => {
    const role = undefinedRole(settings);
    if (role !== undefined)
      context.addIssue({ code: 'custom', path: ['roles'], message: `there is no role ${role}` });
  });
});
export type LedgerSettings = z.infer<ReturnType<typeof settingsSchema>>;

/** Keys that `configure` may change; `schema` and `ledger_id` are for life. */
export const CONFIGURABLE = [
  'id_prefix',
  'lease_ttl_s',
  'clock_skew_s',
  'max_attempts',
  'on_complete',
  'limits',
  'roles',
  'allow',
  'review',
  'signatures',
  'retention_days',
] as const;

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
