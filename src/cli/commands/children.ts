import type { Run } from '../command.ts';
import { itemsReply } from '../render/list.ts';
import type { readOptions } from '../table/looking.ts';

export const run: Run<typeof readOptions> = async ({ args: [typed = ''], options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const id = await ledger.resolveId(typed);
  return itemsReply(cli, await ledger.getChildren(id));
};
