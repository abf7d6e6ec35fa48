import {
  escapeUnsafe,
  type HistoryEntry,
  isLedgerError,
  WORK_STATUSES,
  type WorkItem,
  type WorkLedger,
  type WorkWithHistory,
} from '../../../index.ts';
import { resolveIds } from '../../../operations/ids.ts';
import { SHORT_STATUS, someOf } from '../../../operations/typed.ts';
import { readVerbs } from '../../../operations/verbs.ts';
import type { Cli } from '../../cli.ts';
import { command, count, flag, IDS, type OptionTable, type OptionValues, set, text } from '../../command.ts';
import { untilStopped } from '../../process.ts';
import { historyLines } from '../../render/history.ts';
import { showItems } from '../../render/item.ts';
import { printLine } from '../../render/line.ts';

/** Of commands that follow the ledger. */
const FOLLOW = {
  interval: count('--interval <seconds>', 'the longest pause between two looks at the remote (default: 30)'),
} as const satisfies OptionTable;

type Options = OptionValues<typeof watchOptions>;

const watchOptions = {
  from: text('--from <commit>', 'the last commit that was handled (default: where the ledger is now)'),
  id: set('--id <id>', 'only of these items; several with commas'),
  verb: set('--verb <verb>', 'only these verbs; several with commas'),
  swarm: text('--swarm <name>', 'only of items of this swarm'),
  ...FOLLOW,
} satisfies OptionTable;

export const watchCommand = command({
  summary: 'print each transition as it arrives, until it is stopped',
  details:
    'Where the ledger is shared, what the remote has accepted. Lines of JSON, unless it prints to a terminal. Begun anew --from the ' +
    'last commit that was handled, it misses nothing; what comes twice has the same op.',
  options: watchOptions,
  examples: ['wl watch', 'wl watch --from 4f2c1d9 --verb complete,fail | while read -r line; do …; done'],
  run: async ({ options, cli }) => {
    const ledger = await cli.openToStay();
    const { watchLedger } = await import('../../../agents.ts');
    const isWanted = await toFilter(ledger, options);
    await untilStopped(async (signal) => {
      const entries = watchLedger(ledger, {
        ...cli.following(options.interval),
        from: options.from,
        signal,
        onStart: (from) => {
          if (!cli.globals.quiet) cli.noticeNow(`watching from ${from ?? 'the beginning'}`);
        },
      });
      for await (const entry of entries) if (await isWanted(entry)) await print(cli, entry);
    });
    return { kind: 'transition', data: undefined, lines: [] };
  },
});

async function print(cli: Cli, entry: HistoryEntry): Promise<void> {
  const { stdout } = cli.world;
  const lines =
    stdout.isTTY && !cli.globals.json
      ? historyLines([entry], true).map((line) => printLine(line, cli.colored))
      : [escapeUnsafe(JSON.stringify(entry))];
  for (const line of lines) stdout.write(`${line}\n`);
  // A reader that is slower is waited for, and not kept in memory.
  await stdout.flush?.();
}

async function toFilter(
  ledger: WorkLedger,
  { id, verb, swarm }: Options,
): Promise<(entry: HistoryEntry) => Promise<boolean>> {
  const ids = new Set(await resolveIds(ledger, id));
  const verbs = new Set(readVerbs(verb));
  return async (entry) =>
    (verbs.size === 0 || verbs.has(entry.verb)) &&
    (ids.size === 0 || (entry.id !== undefined && ids.has(entry.id))) &&
    (swarm === undefined || (entry.id !== undefined && (await mayBeOf(ledger, swarm, entry.id))));
}

/** Of what cannot be looked at any more nobody knows the swarm: it is shown rather than missed. */
async function mayBeOf(ledger: WorkLedger, swarm: string, id: string): Promise<boolean> {
  try {
    const item = await ledger.query.find(id);
    return item === undefined || item.swarm_name === swarm;
  } catch (error) {
    if (isLedgerError(error, 'DAMAGED_ITEM')) return true;
    throw error;
  }
}

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
    const ledger = await cli.openToStay();
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
