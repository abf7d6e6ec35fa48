import { LedgerError, type SettingsPatch, type WorkLedger } from '../../index.ts';
import type { Run } from '../command.ts';
import { isShared, readLimitKey, readSettings, unknownSetting } from '../settings.ts';
import { whereabouts } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [key = '', value = ''], cli }) => {
  const ledger = await cli.open();
  const limit = readLimitKey(key);
  if (limit?.name === undefined && !isShared(key)) throw await refusal(ledger, key, value);
  const parsed = readSetting(key, value);
  // What the library does not take, it refuses with the reason.
  const patch =
    limit?.name === undefined ? { [key]: parsed } : { limits: { [limit.kind]: { [limit.name]: parsed } } };
  const changed = await ledger.configure(patch as SettingsPatch);
  const where = ledger.mode === 'push' ? 'remote' : 'local';
  return {
    kind: 'setting',
    data: { key, value: parsed },
    lines: [changed ? `${key} is ${value} now${whereabouts(ledger, where)}` : `${key} is ${value} already`],
    ids: [],
    where: ledger.remote === null ? undefined : where,
  };
};

/** Limits are maps, given as JSON, or one of them at a time; `none` takes one away. */
function readSetting(key: string, value: string): unknown {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  if (key.startsWith('limits.') && value === 'none') return null;
  if (key !== 'limits') return value;
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new LedgerError('INVALID_INPUT', `limits takes JSON: ${String(cause)}.`, {
      hint: `wl config set limits.owner.NAME 2, or: wl config set limits '{"owner":{"*":2}}'`,
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
