import type { Run } from '../command.ts';
import { historicId, matchingOf } from '../matching.ts';
import { historyLines, longHistory } from '../render/history.ts';
import type { logOptions } from '../table/looking.ts';

const NEWEST = 20;

export const run: Run<typeof logOptions> = async ({ options, cli }) => {
  const { item, swarm, limit = NEWEST, long } = options;
  const filter = matchingOf(cli, options);
  const ledger = await cli.openToAsk(options);
  const entries = await cli.busy('reading history', async () => {
    const items = item === undefined ? undefined : [await historicId(ledger, item)];
    return ledger.log(limit === 0 ? Number.POSITIVE_INFINITY : limit, { ...filter, items, swarm });
  });
  return { kind: 'log', data: entries, lines: long ? longHistory(entries) : historyLines(entries, true) };
};
