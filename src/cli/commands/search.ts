import type { Run } from '../command.ts';
import { cutList } from '../limit.ts';
import { itemsReply } from '../render/list.ts';
import type { searchOptions } from '../table/looking.ts';

export const run: Run<typeof searchOptions> = async ({ args, options, cli }) => {
  const ledger = await cli.openToRead(options);
  const found = await cli.busy('searching', () => ledger.search(args.join(' ')));
  return itemsReply(cli, cutList(cli, found, options.limit));
};
