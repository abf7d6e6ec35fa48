import type { z } from 'zod';
import type { Observation, Request } from './commands.ts';
import { LedgerError } from './errors.ts';
import { compareText } from './item.ts';
import { withoutUndefined } from './item-schema.ts';
import { requireUnchanged } from './observation.ts';
import { KNOWN_RULES, requireAllowed, requireKnownRules, UPGRADE_HINT } from './policy.ts';
import { allowRuleFor } from './policy-rules.ts';
import { LIMIT_KINDS, type LimitKind, type Limits } from './readiness.ts';
import { lazySchema, parseInput } from './schema.ts';
import {
  CONFIGURABLE,
  type LedgerSettings,
  LIMIT,
  LIMIT_NAME,
  MEMBERS,
  ROLE_NAME,
  settingsSchema,
} from './settings.ts';

const settingsPatchSchema = lazySchema((z) => {
  const byName = z.record(LIMIT_NAME.schema(z), LIMIT.schema(z).nullable()).optional();
  const { rules_version, id_prefix, lease_ttl_s, clock_skew_s, max_attempts, on_complete, ...others } =
    settingsSchema().shape;
  const { schema: _schema, ledger_id: _id, limits: _limits, roles: _roles, ...optional } = others;
  return z.object({
    ...z.object({ rules_version, id_prefix, lease_ttl_s, clock_skew_s, max_attempts, on_complete }).partial()
      .shape,
    limits: z.strictObject({ owner: byName, swarm: byName, label: byName }).optional(),
    /** By name, so that two clones' changes add up. */
    roles: z.record(ROLE_NAME.schema(z), MEMBERS.schema(z).nullable()).optional(),
    // `null` takes one of these away.
    ...(Object.fromEntries(Object.entries(optional).map(([key, one]) => [key, one.nullable()])) as {
      [K in keyof typeof optional]: z.ZodNullable<(typeof optional)[K]>;
    }),
  });
});
export type SettingsPatch = z.input<ReturnType<typeof settingsPatchSchema>>;

/** A file of the ledger's branch that is neither an item nor its settings; without `text` it goes. */
export interface AuxiliaryFile {
  path: string;
  text: string | undefined;
}

/** A change of `ledger.yaml`, or of auxiliary files: the one transition that is not of an item. */
export type ConfigureCommand = Request & {
  verb: 'configure';
  patch?: SettingsPatch | undefined;
  files?: readonly AuxiliaryFile[] | undefined;
  /** What of it stood there when it was asked for, by key and by path. @see Seen */
  observed?: Observation | undefined;
};

/** What a change of settings overwrites, as they stand: by key, and by name where those of two clones add up. */
export function overwrittenSettings(settings: LedgerSettings, patch: SettingsPatch): Observation {
  const { limits, roles, ...others } = patch;
  const named = (prefix: string, before: Named<unknown> | undefined, names: object | undefined) =>
    Object.keys(names ?? {}).map((name) => [
      `${prefix}.${name}`,
      before && new Map(Object.entries(before)).get(name),
    ]);
  return Object.fromEntries([
    ...Object.keys(others).map((key) => [key, settings[key as Configurable]]),
    ...LIMIT_KINDS.flatMap((kind) => named(`limits.${kind}`, settings.limits?.[kind], limits?.[kind])),
    ...named('roles', settings.roles, roles),
  ]);
}

/**
 * @returns the settings as they will stand and the keys that change; no keys where there is nothing to do
 * @throws LedgerError `INVALID_INPUT`; `POLICY_DENIED` by the settings before the change; `CONFLICT` where they are not what the caller saw;
 *   `UPGRADE_REQUIRED` where the rules before or after it are none that this program knows
 */
export function decideSettings(
  settings: LedgerSettings,
  { actor, patch = {}, files = [], observed }: ConfigureCommand,
  known = KNOWN_RULES,
): { after: LedgerSettings; keys: string[] } {
  requireKnownRules(settings, 'write to it', {}, known);
  const { limits, roles, ...checked } = parseInput(settingsPatchSchema, patch, 'setting');
  // A key that the patch leaves out has its default in `checked`, and must not be set to it.
  const asked = Object.entries(checked)
    .filter(([key]) => Object.hasOwn(patch, key))
    .map(([key, value]) => [key, value ?? undefined]);
  const changed = {
    ...settings,
    ...Object.fromEntries(asked),
    limits: limits === undefined ? settings.limits : mergeLimits(settings.limits, limits),
    roles: roles === undefined ? settings.roles : mergeNames(settings.roles, roles),
  };
  const after = parseInput(settingsSchema, withoutUndefined(changed), 'setting');
  const keys = changedKeys(settings, after);
  if (keys.length > 0 || files.length > 0) requireAllowed(settings, 'configure', actor, undefined);
  requireRaised(settings, after, known);
  if (keys.length > 0) refuseLockout(after);
  requireUnchanged('The settings', 'configure', observed, {
    shown: overwrittenSettings(settings, patch),
    written: overwrittenSettings(after, patch),
  });
  return { after, keys };
}

/**
 * The rules version only rises: what was decided under newer rules means nothing under older ones. Nobody raises it past what their own
 * program knows, since it could not hold what it asks for.
 */
function requireRaised(before: LedgerSettings, after: LedgerSettings, known: number): void {
  const { rules_version: from } = before;
  const { rules_version: to } = after;
  if (to < from)
    throw new LedgerError('INVALID_INPUT', `The rules version is ${from} and never goes down.`, {
      hint: 'Whoever needs an older program makes a new ledger, from an export of this one.',
    });
  if (to <= known) return;
  throw new LedgerError(
    'UPGRADE_REQUIRED',
    `This program knows rules up to ${known}, so it cannot bring a ledger under rules ${to}.`,
    { hint: UPGRADE_HINT, details: { rules_version: to, known } },
  );
}

type Configurable = (typeof CONFIGURABLE)[number];

const changedKeys = (before: LedgerSettings, after: LedgerSettings): Configurable[] =>
  CONFIGURABLE.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));

/** The change that leads from `before` to `after`, as far as `configure` can make it. */
export function diffSettings(
  before: LedgerSettings,
  after: LedgerSettings,
): { keys: string[]; patch: SettingsPatch } {
  const keys = changedKeys(before, after);
  const changed = keys.map((key) => [key, diffSetting(key, before, after)]);
  return { keys, patch: Object.fromEntries(changed) as SettingsPatch };
}

function diffSetting(key: Configurable, before: LedgerSettings, after: LedgerSettings): unknown {
  if (key === 'limits') return diffLimits(before.limits, after.limits);
  if (key === 'roles') return diffNames(before.roles, after.roles);
  return after[key] ?? null;
}

/** A policy that nobody could change again is a slip, and nothing but a rewritten history would undo it. */
function refuseLockout(after: LedgerSettings): void {
  const roles = allowRuleFor(after, 'configure', undefined)?.rule.roles;
  const open = (role: string): boolean => role === 'anyone' || (after.roles?.[role]?.members.length ?? 0) > 0;
  if (roles === undefined || roles.some(open)) return;
  throw new LedgerError(
    'INVALID_INPUT',
    'Nobody could change settings any more: no role that may has a member.',
    {
      hint: 'Give a role that may `configure` a member first.',
      details: { roles },
    },
  );
}

type Named<T> = Readonly<Record<string, T>>;

/** @returns the entries after the change, names in order; `null` takes one away; `undefined` where none is left */
function mergeNames<T>(
  before: Named<T> | undefined,
  patch: Named<T | null> | undefined,
): Record<string, T> | undefined {
  const entries = Object.entries<T | null>({ ...before, ...patch })
    .filter((entry): entry is [string, T] => entry[1] !== null)
    .sort(([a], [b]) => compareText(a, b));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The change that leads from `before` to `after`; `undefined` where they are the same. Entries are compared as JSON. */
function diffNames<T>(
  before: Named<T> | undefined,
  after: Named<T> | undefined,
): Record<string, T | null> | undefined {
  // Names may be those of every object's own methods.
  const was = new Map(Object.entries(before ?? {}));
  const is = new Map(Object.entries(after ?? {}));
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => JSON.stringify(was.get(name)) !== JSON.stringify(is.get(name)),
  );
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((name) => [name, is.get(name) ?? null]));
}

/** A change by name: `null` takes a limit away. */
type LimitsPatch = { [K in LimitKind]?: Readonly<Record<string, number | null>> | undefined };

/** @returns the limits after the change, names in order; `undefined` where none is left */
export function mergeLimits(before: Limits | undefined, patch: LimitsPatch): Limits | undefined {
  const after: Record<string, unknown> = { ...before };
  for (const kind of LIMIT_KINDS) {
    const named = mergeNames(before?.[kind], patch[kind]);
    if (named === undefined) delete after[kind];
    else after[kind] = named;
  }
  return Object.keys(after).length === 0 ? undefined : (after as Limits);
}

/** The change that leads from `before` to `after`. */
function diffLimits(before: Limits | undefined, after: Limits | undefined): LimitsPatch {
  const patch: LimitsPatch = {};
  for (const kind of LIMIT_KINDS) {
    const changed = diffNames(before?.[kind], after?.[kind]);
    if (changed !== undefined) patch[kind] = changed;
  }
  return patch;
}
