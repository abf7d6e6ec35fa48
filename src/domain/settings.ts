// What all clones of a ledger share: `ledger.yaml`, changed by commits of the verb `configure`. See docs/format.md, "Settings".
import type { z } from 'zod';
import { readerOf } from './checks.ts';
import { isIdPrefix } from './ids.ts';
import { WORK_TYPES } from './item.ts';
import {
  closed,
  exactly,
  fitting,
  int,
  named,
  op,
  open,
  optional,
  otherwise,
  schemasOf,
  upTo,
  word,
} from './kinds.ts';
import { KNOWN_RULES } from './policy.ts';
import { EVERY_VERB, LEDGER_VERBS } from './policy-rules.ts';
import { lazySchema } from './schema.ts';
import { isLine, isName } from './values.ts';
import { VERBS } from './verbs.ts';

/** Roles that everyone has by what they are to an item; no ledger can give these names another meaning. */
const BUILT_IN_ROLES: readonly string[] = ['anyone', 'creator', 'owner'];

const MAX_LIMIT = 1_000_000;
const MAX_ROLES = 100;
const MAX_MEMBERS = 1000;
const MAX_RULES = 200;
const MAX_APPROVALS = 20;
const MAX_RETENTION_DAYS = 36_500;

const ROLE = /^[a-z][a-z0-9_-]{0,49}$/;
/** A public key as OpenSSH writes it, or the fingerprint of an OpenPGP key. */
const KEY = /^(?:(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]{20,2000}={0,3}(?: [^\n]{1,200})?|[0-9A-F]{40})$/;

const pattern = fitting('pattern', (value) => isName(value, 200), 'must be a name or a pattern with *');
const key = fitting(
  'key',
  (value) => isLine(value, 2500) && KEY.test(value),
  'must be an SSH public key, or an OpenPGP fingerprint in capitals',
);
const role = fitting('role', (name) => ROLE.test(name), 'must be the name of a role, in small letters');
/** One that a ledger may define. */
export const ROLE_NAME = fitting(
  'role',
  (name) => ROLE.test(name) && !BUILT_IN_ROLES.includes(name),
  `must be the name of a role, in small letters, and none of ${BUILT_IN_ROLES.join(', ')}`,
);
export const MEMBERS = closed({
  members: upTo(MAX_MEMBERS, pattern),
  keys: optional(upTo(MAX_MEMBERS, key, 1)),
});

/** How many items may be in progress, by name. */
export const LIMIT_NAME = fitting('name', (name) => isName(name, 200), 'must be a name');
export const LIMIT = int(0, MAX_LIMIT);
const limits = optional(named(LIMIT_NAME, LIMIT));

const scope = {
  types: optional(upTo(MAX_RULES, word('type', WORK_TYPES), 1)),
  labels: optional(upTo(MAX_RULES, pattern, 1)),
  swarms: optional(upTo(MAX_RULES, pattern, 1)),
};
const RULE_VERBS = [EVERY_VERB, ...VERBS, ...LEDGER_VERBS] as const;

const MAX_RULES_VERSION = 1_000_000;

/** In the order of the file. */
const SETTINGS = {
  schema: exactly(1),
  /** The lineage. Two ledgers never mix. */
  ledger_id: fitting('uuid v7', op.check, 'must be a UUID of version 7'),
  /** A file says it always; a new ledger is under the newest rules. */
  rules_version: otherwise(int(1, MAX_RULES_VERSION), () => KNOWN_RULES),
  id_prefix: otherwise(fitting('prefix', isIdPrefix, 'must be two to eight capital letters'), () => 'WRK'),
  lease_ttl_s: otherwise(int(1, 31_536_000), () => 3600),
  clock_skew_s: otherwise(int(0, 86_400), () => 300),
  max_attempts: otherwise(int(1, 1000), () => 3),
  on_complete: otherwise(word('word', ['archive', 'delete']), () => 'archive' as const),
  limits: optional(open({ owner: limits, swarm: limits, label: limits })),
  roles: optional(named(ROLE_NAME, MEMBERS, MAX_ROLES)),
  allow: optional(
    upTo(
      MAX_RULES,
      closed({
        verbs: upTo(RULE_VERBS.length, word('verb', RULE_VERBS), 1),
        ...scope,
        roles: upTo(MAX_ROLES, role),
      }),
    ),
  ),
  review: optional(
    upTo(
      MAX_RULES,
      closed({
        ...scope,
        approvals: optional(int(0, MAX_APPROVALS)),
        roles: optional(upTo(MAX_ROLES, role)),
      }),
    ),
  ),
  /** `required`: every commit is signed by a key that is known to be its actor's. */
  signatures: optional(word('word', ['optional', 'required'])),
  /** `required`: nothing is completed while one of its criteria of acceptance is open. */
  acceptance: optional(word('word', ['optional', 'required'])),
  retention_days: optional(int(0, MAX_RETENTION_DAYS)),
} as const;

export const settingsSchema = lazySchema((z) =>
  z.looseObject(schemasOf(z, SETTINGS)).superRefine((settings, context) => {
    const role = undefinedRole(settings);
    if (role !== undefined)
      context.addIssue({ code: 'custom', path: ['roles'], message: `there is no role ${role}` });
  }),
);
export type LedgerSettings = z.infer<ReturnType<typeof settingsSchema>>;

/** `schema` and `ledger_id` are for life. */
type Configurable = Exclude<keyof typeof SETTINGS, 'schema' | 'ledger_id'>;
/** Keys that `configure` may change. */
export const CONFIGURABLE = Object.keys(SETTINGS).slice(2) as readonly string[] as readonly Configurable[];

const readSettings = readerOf(SETTINGS);

/**
 * The settings that `settingsSchema` makes of `map`, many times faster.
 *
 * @returns `undefined` where only the schema can tell
 */
export function checkSettings(map: Readonly<Record<string, unknown>>): LedgerSettings | undefined {
  const settings = readSettings(map) as LedgerSettings | undefined;
  return settings === undefined || undefinedRole(settings) !== undefined ? undefined : settings;
}

/** A role that a rule names and nobody defined: the rule would admit nobody, by a slip of the pen. */
function undefinedRole(settings: {
  roles?: Readonly<Record<string, unknown>> | undefined;
  allow?: readonly { roles: readonly string[] }[] | undefined;
  review?: readonly { roles?: readonly string[] | undefined }[] | undefined;
}): string | undefined {
  const known = new Set([...BUILT_IN_ROLES, ...Object.keys(settings.roles ?? {})]);
  const named = [...(settings.allow ?? []), ...(settings.review ?? [])].flatMap(({ roles }) => roles ?? []);
  return named.find((role) => !known.has(role));
}
