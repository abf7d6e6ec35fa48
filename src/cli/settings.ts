import {
  CONFIGURABLE,
  LedgerError,
  type LedgerSettings,
  LIMIT_KINDS,
  type LimitKind,
  type WorkLedger,
} from '../index.ts';

/** Settings as `wl config` shows them: `shared` ones are of every clone, the others of this one. */
export interface Settings {
  shared: Record<string, unknown>;
  clone: Record<string, unknown>;
}

export async function settingsOf(ledger: WorkLedger): Promise<Settings> {
  const { branch, remote, actor, mode } = await ledger.status();
  const { presence = 'none', sign } = ledger.connection;
  const clone = { branch, remote: remote?.name ?? null, actor, mode, presence, sign };
  return { shared: await ledger.settings(), clone };
}

export const isShared = (key: string): boolean => (CONFIGURABLE as readonly string[]).includes(key);

/** @throws LedgerError `INVALID_INPUT` naming the keys that there are */
export function unknownSetting(key: string, { shared, clone }: Settings): LedgerError {
  return new LedgerError('INVALID_INPUT', `There is no setting ${JSON.stringify(key)}.`, {
    hint: `There are: ${[...Object.keys(shared), ...Object.keys(clone)].join(', ')}`,
  });
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
