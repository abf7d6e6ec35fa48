import type { Run } from '../command.ts';
import { historicId, matchingOf } from '../matching.ts';
import { historyLines, longHistory } from '../render/history.ts';
import type { historyOptions } from '../table/looking.ts';

export const run: Run<typeof historyOptions> = async ({ args: [typed = ''], options, cli }) => {
  const filter = matchingOf(cli, options);
  const ledger = await cli.openToAsk(options);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const entries = await cli.busy('reading history', async () =>
    (await ledger.log(limit, { ...filter, items: [await historicId(ledger, typed)] })).reverse(),
  );
  const lines = options.long ? longHistory(entries) : historyLines(entries, false);
  return { kind: 'history', data: entries, lines };
};
