import { readSettings } from '../../index.ts';
import type { Run } from '../command.ts';
import { readText } from '../input.ts';
import { whereabouts } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [file = ''], cli }) => {
  const text = await readText(file === '-' ? file : `@${file}`, cli.world);
  const patch = await readSettings(text);
  const ledger = await cli.open();
  const changed = await ledger.configure(patch);
  const where = ledger.mode === 'push' ? 'remote' : 'local';
  const keys = Object.keys(patch);
  return {
    kind: 'settings_applied',
    data: { keys, changed },
    lines: [
      changed
        ? `${keys.join(', ')}: as the file says now${whereabouts(ledger, where)}`
        : 'all of it stands already',
    ],
    ids: [],
    where: ledger.remote === null ? undefined : where,
  };
};
