import type { z } from 'zod';
import { type Request, settingsPatchSchema } from './commands.ts';
import { type LedgerSettings, settingsSchema } from './settings.ts';
import { parseInput } from './validate.ts';

export type SettingsPatch = z.input<typeof settingsPatchSchema>;

/** A change of `ledger.yaml`: the one transition that is not of an item. */
export type ConfigureCommand = Request & { verb: 'configure'; patch: SettingsPatch };

/** @returns the settings as they will stand and the keys that change; no keys where there is nothing to do */
export function decideSettings(
  settings: LedgerSettings,
  { patch }: ConfigureCommand,
): { after: LedgerSettings; keys: string[] } {
  const checked: Record<string, unknown> = parseInput(settingsPatchSchema, patch, 'setting');
  const keys = Object.keys(checked).filter(
    (key) => checked[key] !== undefined && checked[key] !== settings[key],
  );
  const after = parseInput(settingsSchema, { ...settings, ...checked }, 'setting');
  return { after, keys };
}
