import { WORK_STATUSES, type WorkItem, type WorkLedger, type WorkWithHistory } from '../../../index.ts';
import { resolveIds } from '../../../operations/ids.ts';
import { SHORT_STATUS, someOf } from '../../../operations/typed.ts';
import { command, count, FOLLOW, flag, IDS, set } from '../../command.ts';
import { showItems } from '../../render/item.ts';

const ANY_END = 'terminal';

export const waitCommand = command({
  summary: 'wait until items are completed, and show them',
  details: 'Where that can no longer come about, as when one has failed, it says so at once, with status 6.',
  args: [IDS],
  options: {
    for: set(
      '--for <status>',
      'until it is this, or `terminal` for any end; several with commas (default: completed)',
    ),
    timeout: count('--timeout <seconds>', 'how long at most; then it fails with status 12'),
    any: flag('--any', 'until the first of several items'),
    ...FOLLOW,
  },
  examples: ['wl wait 0001', 'wl wait 0001 0002 --for terminal --any --timeout 600 --json'],
  run: async ({ args, options, cli }) => {
    const ledger = await cli.open();
    const ids = [...new Set(await resolveIds(ledger, args))];
    const { waitForSeveral } = await import('../../../agents.ts');
    const wanted = someOf(
      options.for.filter((status) => status !== ANY_END),
      WORK_STATUSES,
      '--for',
      SHORT_STATUS,
    );
    const reached = await cli.busy('waiting', () =>
      waitForSeveral(ledger, ids, {
        ...cli.following(options.interval),
        for: options.for.includes(ANY_END) ? ANY_END : (wanted ?? ['completed']),
        any: options.any,
        timeout_s: options.timeout,
      }),
    );
    const items = await Promise.all(reached.map((item) => withHistory(ledger, item)));
    return { ...(await showItems(ledger, items, args.length > 1 && !options.any)), failures: [] };
  },
});

const withHistory = async (ledger: WorkLedger, item: WorkItem): Promise<WorkWithHistory> => ({
  ...item,
  history: await ledger.audit.history(item.id),
});
