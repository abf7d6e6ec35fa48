import { NEXT_FILTER, readFilter } from '../../../operations/filter.ts';
import { refuse } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import {
  command,
  count,
  flag,
  LEASE,
  type OptionTable,
  type OptionValues,
  type Reply,
} from '../../command.ts';
import { columns } from '../../render/line.ts';
import { itemColumns, itemsReply } from '../../render/list.ts';

const nextOptions = {
  claim: flag('--claim', 'claim it, and try the next one where someone else is first'),
  wait: flag('--wait', 'with --claim: wait until something is ready'),
  timeout: count('--timeout <seconds>', 'with --wait: no longer than this'),
  ...NEXT_FILTER,
  ...LEASE,
  fetch: flag('--fetch', 'ask the remote first; --claim always does'),
} satisfies OptionTable;
type Options = OptionValues<typeof nextOptions>;

export const nextCommand = command({
  summary: 'show the most urgent item that can be claimed',
  details: 'Where nothing is ready it says so on standard error and exits with 0; with --json, data is null.',
  options: nextOptions,
  examples: ['wl next', 'wl next --claim --type bug --json'],
  run: async ({ options, cli }) => {
    const filter = readFilter(options);
    requireUse(options);
    if (options.claim) {
      const { claimNext } = await import('./claim.ts');
      return (await claimNext(filter, options, cli)) ?? nothing(cli);
    }
    const ledger = await cli.openToRead(options);
    const asked = { ...(await filter(ledger)), actor: ledger.actor };
    const [item] = await ledger.getReadyToStart({ ...asked, limit: 1 });
    if (item === undefined) return nothing(cli);
    return { ...itemsReply(cli, [item]), kind: 'item', data: item, lines: columns([itemColumns(item)]) };
  },
});

function requireUse({ claim, wait, timeout }: Options): void {
  if (wait && !claim) throw refuse('--wait is for claiming: give --claim, too.');
  if (timeout !== undefined && !wait) throw refuse('--timeout is for --wait.');
}

function nothing(cli: Cli): Reply {
  cli.notice('nothing is ready; wl list shows what is open, and wl explain ID why it waits');
  return { kind: 'item', data: null, lines: [], ids: [] };
}
