import { command, IDS, PAST } from '../../command.ts';
import { showItems } from '../../render/item.ts';

export const showCommand = command({
  summary: 'show items in full',
  args: [IDS],
  options: PAST,
  examples: ['wl show 0001', 'wl show 0001 0002 --json'],
  run: async ({ args, options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const found = await Promise.allSettled(
      args.map(async (typed) => ledger.query.get(await ledger.query.resolveId(typed))),
    );
    const items = found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failures = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    return { ...(await showItems(ledger, items, args.length > 1)), failures };
  },
});
