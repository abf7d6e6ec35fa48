import { readSettings } from '../../index.ts';
import type { Run } from '../command.ts';
import { configured } from '../configured.ts';
import { readText } from '../input.ts';

export const run: Run<Record<never, never>> = async ({ args: [file = ''], cli }) => {
  const text = await readText(file === '-' ? file : `@${file}`, cli.world);
  const patch = await readSettings(text);
  const ledger = await cli.open();
  const changed = await ledger.configure(patch);
  const keys = Object.keys(patch);
  const done = changed ? `${keys.join(', ')}: as the file says now` : undefined;
  return configured(ledger, { kind: 'settings_applied', keys, changed }, done, 'all of it stands already');
};
