import type { Run } from '../command.ts';
import { readSettings, settingText, unknownSetting } from '../settings.ts';

export const run: Run<Record<never, never>> = async ({ args: [key = ''], cli }) => {
  const settings = await readSettings(await cli.open());
  const all = { ...settings.clone, ...settings.shared };
  if (!Object.hasOwn(all, key)) throw unknownSetting(key, settings);
  return { kind: 'setting', data: { key, value: all[key] ?? null }, lines: [settingText(all[key])] };
};
