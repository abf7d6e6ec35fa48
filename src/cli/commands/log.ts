import type { Run } from '../command.ts';
import { historyLines } from '../render/history.ts';
import type { logOptions } from '../table/looking.ts';

const NEWEST = 20;

export const run: Run<typeof logOptions> = async ({ options, cli }) => {
  const ledger = await cli.openToRead(options);
  const entries = await cli.busy('reading history', () => ledger.log(options.limit ?? NEWEST));
  return { kind: 'log', data: entries, lines: historyLines(entries, true) };
};
