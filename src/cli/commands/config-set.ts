import { LedgerError, type LedgerSettings, type SettingsPatch, type WorkLedger } from '../../index.ts';
import type { Run } from '../command.ts';
import { configured } from '../configured.ts';
import { isShared, readLimitKey, readSettings, unknownSetting } from '../settings.ts';

export const run: Run<Record<never, never>> = async ({ args: [key = '', value = ''], cli }) => {
  const ledger = await cli.open();
  // What the library does not take, it refuses with the reason.
  const patch = patchOf(key, value, await ledger.settings());
  if (patch === undefined) throw await refusal(ledger, key, value);
  const changed = await ledger.configure(patch as SettingsPatch);
  const done = changed ? `${key} is ${value} now` : undefined;
  const data = { kind: 'setting', key, value: readValue(key, value) };
  return configured(ledger, data, done, `${key} is ${value} already`);
};

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
    throw new LedgerError('INVALID_INPUT', `${key} takes JSON: ${String(cause)}.`, {
      hint: `One name at a time: wl config set limits.owner.NAME 2. From a file: wl config apply FILE`,
    });
  }
}

async function refusal(ledger: WorkLedger, key: string, value: string): Promise<LedgerError> {
  const settings = await readSettings(ledger);
  if (Object.hasOwn(settings.clone, key)) {
    return new LedgerError('INVALID_INPUT', `${key} is a setting of this clone alone, and git keeps it.`, {
      hint: `git config ledger.${key} ${quote(value)}`,
    });
  }
  if (Object.hasOwn(settings.shared, key))
    return new LedgerError('INVALID_INPUT', `${key} cannot be changed.`);
  return unknownSetting(key, settings);
}

/** For a POSIX shell. */
const quote = (value: string): string =>
  /^[\w./:@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
