import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { LedgerError } from '../../index.ts';
import type { Run } from '../command.ts';
import { oneOf, required } from '../input.ts';
import type { exportOptions } from '../table/ledger.ts';

const FORMATS = ['json'] as const;

export const run: Run<typeof exportOptions> = async ({ options, cli }) => {
  const format = oneOf(options.format ?? 'json', FORMATS, '--format');
  const to = required(options.to, '--to', 'wl export --to DIR');
  await requireEmpty(to);
  const ledger = await cli.openToRead({ fetch: false });
  const count = await cli.busy('reading history', async (say) => {
    let files = 0;
    for (const { path, text } of await ledger.exportFiles()) {
      const target = join(to, path);
      await fs.mkdir(dirname(target), { recursive: true });
      await fs.writeFile(target, text);
      files += 1;
      say(`writing files: ${files}`);
    }
    return files;
  });
  const items = count - 1;
  return {
    kind: 'export',
    data: { to, format, items, files: count },
    lines: [`exported ${items} ${items === 1 ? 'item' : 'items'} to ${to}`],
    ids: [],
  };
};

/** Files of an earlier export would be taken for items of this one. */
async function requireEmpty(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new LedgerError(
      'INVALID_INPUT',
      `${JSON.stringify(folder)} cannot be written to: ${error.message}.`,
    );
  });
  if (names.length === 0) return;
  throw new LedgerError('INVALID_INPUT', `The folder ${JSON.stringify(folder)} is not empty.`, {
    hint: 'Name one that is new or empty.',
  });
}
