import type { Run } from '../command.ts';
import { itemsReply } from '../render/list.ts';
import type { staleOptions } from '../table/looking.ts';

export const run: Run<typeof staleOptions> = async ({ options, cli }) => {
  const ledger = await cli.openToAsk(options);
  return itemsReply(cli, await ledger.getStaleWork(options.minutes));
};
