import type { z } from 'zod';
import { type Request, settingsPatchSchema } from './commands.ts';
import { CONFIGURABLE, type LedgerSettings, settingsSchema } from './settings.ts';
import { parseInput } from './validate.ts';

export type SettingsPatch = z.input<ReturnType<typeof settingsPatchSchema>>;

/** A change of `ledger.yaml`: the one transition that is not of an item. */
export type ConfigureCommand = Request & { verb: 'configure'; patch: SettingsPatch };

/** @returns the settings as they will stand and the keys that change; no keys where there is nothing to do */
export function decideSettings(
  settings: LedgerSettings,
  { patch }: ConfigureCommand,
): { after: LedgerSettings; keys: string[] } {
  const checked: Record<string, unknown> = parseInput(settingsPatchSchema, patch, 'setting');
  // A key that the patch leaves out has its default in `checked`, and must not be set to it.
  const keys = CONFIGURABLE.filter((key) => patch[key] !== undefined && checked[key] !== settings[key]);
  const changed = Object.fromEntries(keys.map((key) => [key, checked[key]]));
  const after = parseInput(settingsSchema, { ...settings, ...changed }, 'setting');
  return { after, keys };
}
