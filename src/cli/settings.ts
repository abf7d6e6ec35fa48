import { CONFIGURABLE, LedgerError, type WorkLedger } from '../index.ts';

/** Settings as `wl config` shows them: `shared` ones are of every clone, the others of this one. */
export interface Settings {
  shared: Record<string, unknown>;
  clone: Record<string, unknown>;
}

export async function readSettings(ledger: WorkLedger): Promise<Settings> {
  const { branch, remote, actor, mode } = await ledger.status();
  return { shared: await ledger.settings(), clone: { branch, remote: remote?.name ?? null, actor, mode } };
}

export const isShared = (key: string): boolean => (CONFIGURABLE as readonly string[]).includes(key);

/** @throws LedgerError `INVALID_INPUT` naming the keys that there are */
export function unknownSetting(key: string, { shared, clone }: Settings): LedgerError {
  return new LedgerError('INVALID_INPUT', `There is no setting ${JSON.stringify(key)}.`, {
    hint: `There are: ${[...Object.keys(shared), ...Object.keys(clone)].join(', ')}`,
  });
}

/** Text for one value, as `wl config set` would take it. */
export const settingText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
