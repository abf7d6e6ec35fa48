import type { Run } from '../command.ts';
import { lookUp, readSettings, settingText, unknownSetting } from '../settings.ts';

export const run: Run<Record<never, never>> = async ({ args: [key = ''], cli }) => {
  const settings = await readSettings(await cli.open());
  const found = lookUp(settings, key);
  if (found === undefined) throw unknownSetting(key, settings);
  const { value } = found;
  return { kind: 'setting', data: { key, value: value ?? null }, lines: [settingText(value)] };
};
