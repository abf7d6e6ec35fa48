import { byName, type Check, mapOf, oneOf, optional, required, text, whole } from './checks.ts';
import { WORK_TYPES } from './item.ts';
import { EVERY_VERB, LEDGER_VERBS } from './policy-rules.ts';
import { lazySchema } from './schema.ts';
import { isLine } from './values.ts';
import { VERBS } from './verbs.ts';

const RULE_VERBS = [EVERY_VERB, ...VERBS, ...LEDGER_VERBS] as const;

/** Roles that everyone has by what they are to an item; no ledger can give these names another meaning. */
const BUILT_IN_ROLES = ['anyone', 'creator', 'owner'] as const;

const MAX_ROLES = 100;
const MAX_MEMBERS = 1000;
const MAX_RULES = 200;
const MAX_APPROVALS = 20;
export const MAX_RETENTION_DAYS = 36_500;

const ROLE = /^[a-z][a-z0-9_-]{0,49}$/;
/** A public key as OpenSSH writes it, or the fingerprint of an OpenPGP key. */
const KEY = /^(?:(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]{20,2000}={0,3}(?: [^\n]{1,200})?|[0-9A-F]{40})$/;

const isRoleName = (name: string): boolean => ROLE.test(name);
const isNewRole = (name: string): boolean =>
  isRoleName(name) && !(BUILT_IN_ROLES as readonly string[]).includes(name);
const isPattern = (value: string): boolean => isLine(value, 200);
const isKey = (value: string): boolean => isLine(value, 2500) && KEY.test(value);

/** Everything that a policy is made of. Keys that are unknown are refused: a rule that is half understood is none. */
export const policySchemas = lazySchema((z) => {
  const pattern = z.string().refine(isPattern, 'must be a name or a pattern with *');
  const role = z.string().refine(isRoleName, 'must be the name of a role, in small letters');
  const scope = {
    types: z.array(z.enum(WORK_TYPES)).min(1).max(MAX_RULES).optional(),
    labels: z.array(pattern).min(1).max(MAX_RULES).optional(),
    swarms: z.array(pattern).min(1).max(MAX_RULES).optional(),
  };
  const members = z.strictObject({
    members: z.array(pattern).max(MAX_MEMBERS),
    keys: z
      .array(z.string().refine(isKey, 'must be an SSH public key, or an OpenPGP fingerprint in capitals'))
      .min(1)
      .max(MAX_MEMBERS)
      .optional(),
  });
  const roleName = z
    .string()
    .refine(
      isNewRole,
      `must be the name of a role, in small letters, and none of ${BUILT_IN_ROLES.join(', ')}`,
    );
  return {
    roleName,
    role: members,
    roles: z
      .record(roleName, members)
      .refine((roles) => Object.keys(roles).length <= MAX_ROLES, 'are too many'),
    allow: z
      .array(
        z.strictObject({
          verbs: z.array(z.enum(RULE_VERBS)).min(1).max(RULE_VERBS.length),
          ...scope,
          roles: z.array(role).max(MAX_ROLES),
        }),
      )
      .max(MAX_RULES),
    review: z
      .array(
        z.strictObject({
          ...scope,
          approvals: z.int().min(0).max(MAX_APPROVALS).optional(),
          roles: z.array(role).max(MAX_ROLES).optional(),
        }),
      )
      .max(MAX_RULES),
  };
});

const upTo =
  (max: number, check: Check, min = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every(check);

const scope = {
  types: optional(upTo(MAX_RULES, oneOf(...WORK_TYPES), 1)),
  labels: optional(upTo(MAX_RULES, text(isPattern), 1)),
  swarms: optional(upTo(MAX_RULES, text(isPattern), 1)),
};
const members = mapOf({
  members: required(upTo(MAX_MEMBERS, text(isPattern))),
  keys: optional(upTo(MAX_MEMBERS, text(isKey), 1)),
});

/** The same as quick checks: see `checks.ts`. */
export const policyChecks = {
  roles: (value: unknown) =>
    byName(isNewRole, members)(value) && Object.keys(value as object).length <= MAX_ROLES,
  allow: upTo(
    MAX_RULES,
    mapOf({
      verbs: required(upTo(RULE_VERBS.length, oneOf(...RULE_VERBS), 1)),
      ...scope,
      roles: required(upTo(MAX_ROLES, text(isRoleName))),
    }),
  ),
  review: upTo(
    MAX_RULES,
    mapOf({
      ...scope,
      approvals: optional(whole(0, MAX_APPROVALS)),
      roles: optional(upTo(MAX_ROLES, text(isRoleName))),
    }),
  ),
};

/** A role that a rule names and nobody defined: the rule would admit nobody, by a slip of the pen. */
export function undefinedRole(settings: {
  roles?: Readonly<Record<string, unknown>> | undefined;
  allow?: readonly { roles: readonly string[] }[] | undefined;
  review?: readonly { roles?: readonly string[] | undefined }[] | undefined;
}): string | undefined {
  const known = new Set<string>([...BUILT_IN_ROLES, ...Object.keys(settings.roles ?? {})]);
  const named = [...(settings.allow ?? []), ...(settings.review ?? [])].flatMap(({ roles }) => roles ?? []);
  return named.find((role) => !known.has(role));
}
