import { findEach } from '../../../operations/ids.ts';
import { command, IDS, PAST } from '../../command.ts';
import { showItems } from '../../render/item.ts';

export const showCommand = command({
  summary: 'show items in full',
  args: [IDS],
  options: PAST,
  examples: ['wl show 0001', 'wl show 0001 0002 --json'],
  run: async ({ args, options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const { found, failures, several } = await findEach(args, async (typed) =>
      ledger.query.get(await ledger.query.resolveId(typed)),
    );
    return { ...(await showItems(ledger, found, several)), failures };
  },
});
