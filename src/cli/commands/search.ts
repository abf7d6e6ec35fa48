import type { Run } from '../command.ts';
import { limited } from '../limit.ts';
import { itemsReply } from '../render/list.ts';
import type { searchOptions } from '../table/looking.ts';

export const run: Run<typeof searchOptions> = async ({ args, options, cli }) => {
  const ledger = await cli.openToAsk(options);
  const text = args.join(' ');
  const search = (limit: number | undefined) => cli.busy('searching', () => ledger.search(text, { limit }));
  return itemsReply(cli, await limited(cli, options.limit, search, () => ledger.countFound(text)));
};
