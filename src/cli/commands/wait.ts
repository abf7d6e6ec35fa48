import { WORK_STATUSES, type WorkItem, type WorkLedger, type WorkWithHistory } from '../../index.ts';
import type { Run } from '../command.ts';
import { followOptions } from '../following.ts';
import { resolveIds } from '../ids.ts';
import { someOf } from '../input.ts';
import { SHORT_STATUS } from '../short-names.ts';
import type { waitOptions } from '../table/talking.ts';
import { showItems } from './show.ts';

const ANY_END = 'terminal';

export const run: Run<typeof waitOptions> = async ({ args, options, cli }) => {
  const ledger = await cli.open();
  const ids = [...new Set(await resolveIds(ledger, args))];
  const { waitForSeveral } = await import('../../agents.ts');
  const wanted = someOf(
    options.for.filter((status) => status !== ANY_END),
    WORK_STATUSES,
    '--for',
    SHORT_STATUS,
  );
  const reached = await cli.busy('waiting', () =>
    waitForSeveral(ledger, ids, {
      ...followOptions(cli, options.interval),
      for: options.for.includes(ANY_END) ? ANY_END : (wanted ?? ['completed']),
      any: options.any,
      timeout: options.timeout === undefined ? undefined : options.timeout * 1000,
    }),
  );
  const items = await Promise.all(reached.map((item) => withHistory(ledger, item)));
  return { ...(await showItems(ledger, items, args.length > 1 && !options.any)), failures: [] };
};

const withHistory = async (ledger: WorkLedger, item: WorkItem): Promise<WorkWithHistory> => ({
  ...item,
  history: await ledger.history(item.id),
});
