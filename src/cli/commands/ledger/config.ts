import {
  CONFIGURABLE,
  type LedgerError,
  type LedgerSettings,
  LIMIT_KINDS,
  type LimitKind,
  readSettings,
  type SettingsPatch,
  type WorkLedger,
} from '../../../index.ts';
import { refuse } from '../../../operations/typed.ts';
import { whereIf } from '../../../operations/writes.ts';
import { command, type Reply } from '../../command.ts';
import { readText } from '../../input.ts';
import { columns, type Line, type Span, styled } from '../../render/line.ts';
import { whereabouts } from '../../transition.ts';

export const configCommand = command({
  summary: 'show the settings that all clones share, and those of this clone',
  examples: ['wl config', 'wl config --json'],
  run: async ({ cli }) => {
    const settings = await settingsOf(await cli.open());
    return {
      kind: 'settings',
      data: settings,
      lines: [
        [styled('bold', 'shared by all clones (wl config set KEY VALUE):')],
        ...rows(settings.shared),
        [styled('bold', 'of this clone (git config ledger.KEY VALUE):')],
        ...rows(settings.clone),
      ],
    };
  },
});

export const configGetCommand = command({
  summary: 'show one setting',
  args: [{ name: '<key>', help: 'as `wl config` names it' }],
  examples: ['wl config get lease_ttl_s', 'wl config get actor'],
  run: async ({ args: [key = ''], cli }) => {
    const settings = await settingsOf(await cli.open());
    const found = lookUp(settings, key);
    if (found === undefined) throw unknownSetting(key, settings);
    const { value } = found;
    return { kind: 'setting', data: { key, value: value ?? null }, lines: [settingText(value)] };
  },
});

export const configSetCommand = command({
  summary: 'change a setting that all clones share',
  details:
    'A limit of work in progress is `limits.owner.NAME`, `limits.swarm.NAME` or `limits.label.NAME`, with a number, or `none` to take it away; `*` is everyone who is not named. `roles.NAME` takes names and patterns with commas. `limits`, `roles`, `allow` and `review` take JSON; `wl config apply` takes them from a file.',
  args: [
    { name: '<key>', help: 'as `wl config` names it' },
    { name: '<value>', help: 'its new value' },
  ],
  examples: ['wl config set limits.owner.ada 2', "wl config set roles.leads 'ada,humans/*'"],
  run: async ({ args: [key = '', value = ''], cli }) => {
    const ledger = await cli.open();
    // What the library does not take, it refuses with the reason.
    const patch = patchOf(key, value, await ledger.query.settings());
    if (patch === undefined) throw await refusal(ledger, key, value);
    const changed = await ledger.admin.configure(patch as SettingsPatch);
    const done = changed ? `${key} is ${value} now` : undefined;
    const data = { kind: 'setting', key, value: readValue(key, value) };
    return configured(ledger, data, done, `${key} is ${value} already`);
  },
});

export const configApplyCommand = command({
  summary: 'change settings, the policy among them, to what a file says',
  details:
    'The file is YAML with keys as `ledger.yaml` has them; what it does not name stays, and a key without a value takes a setting away. Roles and limits change by name, lists of rules as a whole.',
  args: [{ name: '<file>', help: 'the file, or - for standard input' }],
  examples: ['wl config apply policy.yaml', 'wl config apply policy.yaml --json'],
  run: async ({ args: [file = ''], cli }) => {
    const text = await readText(file === '-' ? file : `@${file}`, cli.world);
    const patch = await readSettings(text);
    const ledger = await cli.open();
    const changed = await ledger.admin.configure(patch);
    const keys = Object.keys(patch);
    const done = changed ? `${keys.join(', ')}: as the file says now` : undefined;
    return configured(ledger, { kind: 'settings_applied', keys, changed }, done, 'all of it stands already');
  },
});

function rows(values: Record<string, unknown>): Line[] {
  return columns(Object.entries(values).map(([key, value]): Span[] => [`  ${key}`, settingText(value)]));
}

/** The change that a key and a value mean; `undefined` where there is no such setting. */
function patchOf(key: string, value: string, { roles }: LedgerSettings): object | undefined {
  const limit = readLimitKey(key);
  if (limit?.name !== undefined) return { limits: { [limit.kind]: { [limit.name]: readValue(key, value) } } };
  const [, role] = /^roles\.(.+)$/.exec(key) ?? [];
  if (role !== undefined) {
    const members = value.split(',').map((name) => name.trim());
    // Its keys stay: who changes members does not mean to let go of signatures.
    return { roles: { [role]: value === 'none' ? null : { ...ownOf(roles, role), members } } };
  }
  return isShared(key) ? { [key]: readValue(key, value) } : undefined;
}

const ownOf = <T>(named: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  named !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;

const MAPS: readonly string[] = ['limits', 'roles', 'allow', 'review'];

/** Numbers as numbers, maps and lists from JSON; `none` takes away what need not be there. */
function readValue(key: string, value: string): unknown {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  if (value === 'none') return null;
  if (!MAPS.includes(key)) return value;
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw refuse(
      `${key} takes JSON: ${String(cause)}.`,
      `One name at a time: wl config set limits.owner.NAME 2. From a file: wl config apply FILE`,
    );
  }
}

async function refusal(ledger: WorkLedger, key: string, value: string): Promise<LedgerError> {
  const settings = await settingsOf(ledger);
  if (Object.hasOwn(settings.clone, key)) {
    return refuse(
      `${key} is a setting of this clone alone, and git keeps it.`,
      `git config ledger.${key} ${quote(value)}`,
    );
  }
  if (Object.hasOwn(settings.shared, key)) return refuse(`${key} cannot be changed.`);
  return unknownSetting(key, settings);
}

/** For a POSIX shell. */
const quote = (value: string): string =>
  /^[\w./:@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;

/** Settings as `wl config` shows them: `shared` ones are of every clone, the others of this one. */
export interface Settings {
  shared: Record<string, unknown>;
  clone: Record<string, unknown>;
}

export async function settingsOf(ledger: WorkLedger): Promise<Settings> {
  const { branch, remote, actor, mode } = await ledger.clone.status();
  const { presence = 'none', sign } = ledger.clone;
  const clone = { branch, remote: remote?.name ?? null, actor, mode, presence, sign };
  return { shared: await ledger.query.settings(), clone };
}

export const isShared = (key: string): boolean => (CONFIGURABLE as readonly string[]).includes(key);

/** @throws LedgerError `INVALID_INPUT` naming the keys that there are */
export function unknownSetting(key: string, { shared, clone }: Settings): LedgerError {
  return refuse(
    `There is no setting ${JSON.stringify(key)}.`,
    `There are: ${[...Object.keys(shared), ...Object.keys(clone)].join(', ')}`,
  );
}

/** What stands for maps and lists that nobody set. */
const ABSENT: Readonly<Record<string, unknown>> = { limits: {}, roles: {}, allow: [], review: [] };

/** What a key names, also within a setting: `limits.owner.ada`. @returns `undefined` where there is no such setting */
export function lookUp({ shared, clone }: Settings, key: string): { value: unknown } | undefined {
  const all: Record<string, unknown> = { ...clone, ...shared };
  if (Object.hasOwn(all, key)) return { value: all[key] };
  const { limits, roles } = shared as Pick<LedgerSettings, 'limits' | 'roles'>;
  const [, role] = /^roles\.(.+)$/.exec(key) ?? [];
  if (role !== undefined) return { value: roles && Object.hasOwn(roles, role) ? roles[role] : null };
  const limit = readLimitKey(key);
  if (limit === undefined) return isShared(key) ? { value: ABSENT[key] ?? null } : undefined;
  const named = limits?.[limit.kind] ?? {};
  if (limit.name === undefined) return { value: named };
  return { value: Object.hasOwn(named, limit.name) ? named[limit.name] : null };
}

/** Reads `limits.owner` and `limits.owner.NAME`; a name may have dots of its own. */
export function readLimitKey(key: string): { kind: LimitKind; name: string | undefined } | undefined {
  const [, word = '', name] = /^limits\.([a-z]+)(?:\.(.+))?$/.exec(key) ?? [];
  const kind = LIMIT_KINDS.find((one) => one === word);
  return kind && { kind, name };
}

/** Text for one value, as `wl config set` would take it. */
export const settingText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);

/** The reply to a change of the ledger itself: what was done and where that is, or that there was nothing to do. */
export function configured(
  ledger: WorkLedger,
  { kind, ...data }: { kind: string } & Record<string, unknown>,
  done: string | undefined,
  nothing: string,
): Reply {
  const where = ledger.clone.mode === 'push' ? 'remote' : 'local';
  return {
    kind,
    data,
    lines: [done === undefined ? nothing : `${done}${whereabouts(ledger, where)}`],
    ids: [],
    where: whereIf(ledger, where),
  };
}
