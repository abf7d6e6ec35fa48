import type { z } from 'zod';
import { type Request, settingsPatchSchema } from './commands.ts';
import { withoutUndefined } from './item-check.ts';
import { diffLimits, mergeLimits } from './limits.ts';
import { CONFIGURABLE, type LedgerSettings, settingsSchema } from './settings.ts';
import { parseInput } from './validate.ts';

export type SettingsPatch = z.input<ReturnType<typeof settingsPatchSchema>>;

/** A file of the ledger's branch that is neither an item nor its settings; without `text` it goes. */
export interface FileBeside {
  path: string;
  text: string | undefined;
}

/** A change of `ledger.yaml`, or of files beside items: the one transition that is not of an item. */
export type ConfigureCommand = Request & {
  verb: 'configure';
  patch?: SettingsPatch | undefined;
  files?: readonly FileBeside[] | undefined;
};

/** @returns the settings as they will stand and the keys that change; no keys where there is nothing to do */
export function decideSettings(
  settings: LedgerSettings,
  { patch = {} }: ConfigureCommand,
): { after: LedgerSettings; keys: string[] } {
  const { limits, ...checked } = parseInput(settingsPatchSchema, patch, 'setting');
  // A key that the patch leaves out has its default in `checked`, and must not be set to it.
  const asked = Object.entries(checked).filter(([key]) => Object.hasOwn(patch, key));
  const merged = limits === undefined ? settings.limits : mergeLimits(settings.limits, limits);
  const changed = { ...settings, ...Object.fromEntries(asked), limits: merged };
  const after = parseInput(settingsSchema, withoutUndefined(changed), 'setting');
  return { after, keys: changedKeys(settings, after) };
}

const changedKeys = (before: LedgerSettings, after: LedgerSettings): (typeof CONFIGURABLE)[number][] =>
  CONFIGURABLE.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));

/** The change that leads from `before` to `after`, as far as `configure` can make it. */
export function diffSettings(
  before: LedgerSettings,
  after: LedgerSettings,
): { keys: string[]; patch: SettingsPatch } {
  const keys = changedKeys(before, after);
  const changed = keys.map((key) => [
    key,
    key === 'limits' ? diffLimits(before.limits, after.limits) : after[key],
  ]);
  return { keys, patch: Object.fromEntries(changed) as SettingsPatch };
}
