import type { ReadableLedger } from '../../../index.ts';
import { LIST_FILTER, READY_FILTER, readFilter } from '../../../operations/filter.ts';
import type { Cli } from '../../cli.ts';
import { command, count, flag, ID, type OptionTable, PAST, type Reply } from '../../command.ts';
import { grouped } from '../../render/line.ts';
import { itemsReply, tableLines } from '../../render/list.ts';

const LIMIT = count('-n, --limit <n>', 'no more than this; 0 for all (default: 50)');

const listOptions = {
  ...LIST_FILTER,
  limit: LIMIT,
  damaged: flag('--damaged', 'files that cannot be read, and why'),
  ...PAST,
} satisfies OptionTable;

export const listCommand = command({
  summary: 'list items, most urgent first; open ones unless told otherwise',
  options: listOptions,
  examples: ['wl list --mine', 'wl ls --status in_progress,blocked --label api --json'],
  run: async ({ options, cli }) => {
    const filter = readFilter(options);
    const ledger = await cli.openToAsk(options);
    if (options.damaged) return damagedReply(ledger, cli);
    const asked = await filter(ledger);
    const list = (limit: number | undefined) => ledger.query.list({ ...asked, limit });
    return itemsReply(cli, await limited(cli, options.limit, list, () => ledger.query.count(asked)));
  },
});

export const readyCommand = command({
  summary: 'list what can be claimed now, most urgent first',
  options: {
    ...READY_FILTER,
    limit: LIMIT,
    ...PAST,
  },
  examples: ['wl ready', 'wl ready --swarm dev --limit 5 --fetch'],
  run: async ({ options, cli }) => {
    const filter = readFilter(options);
    const ledger = await cli.openToAsk(options);
    const asked = { ...(await filter(ledger)), actor: ledger.actor };
    const ready = (limit: number | undefined) => ledger.query.ready({ ...asked, limit });
    return itemsReply(cli, await limited(cli, options.limit, ready, () => ledger.query.countReady(asked)));
  },
});

export const searchCommand = command({
  summary: 'find items in which every word occurs',
  args: [{ name: '<words...>', help: 'words, in whatever case' }],
  options: {
    limit: LIMIT,
    ...PAST,
  },
  examples: ['wl search signing keys', 'wl search timeout --limit 10 --json'],
  run: async ({ args, options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const text = args.join(' ');
    const search = (limit: number | undefined) =>
      cli.busy('searching', () => ledger.query.search(text, { limit }));
    return itemsReply(cli, await limited(cli, options.limit, search, () => ledger.query.countFound(text)));
  },
});

export const childrenCommand = command({
  summary: 'list the parts of an item, finished ones too',
  args: [ID],
  options: PAST,
  examples: ['wl children 0007', 'wl children 0007 --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const id = await ledger.query.resolveId(typed);
    return itemsReply(cli, await ledger.query.children(id));
  },
});

export const staleCommand = command({
  summary: 'list work in progress without a sign of life',
  options: {
    minutes: count('--minutes <n>', 'how long without a sign of life (default: 60)'),
    ...PAST,
  },
  examples: ['wl stale', 'wl stale --minutes 15'],
  run: async ({ options, cli }) => {
    const { minutes } = options;
    const ledger = await cli.openToAsk(options);
    return itemsReply(
      cli,
      await ledger.query.stale({ threshold_s: minutes === undefined ? undefined : minutes * 60 }),
    );
  },
});

async function damagedReply(ledger: ReadableLedger, cli: Cli): Promise<Reply> {
  const damaged = await cli.busy('reading every file', () => ledger.audit.damaged({ all: true }));
  // They are what was asked for.
  cli.notices.length = 0;
  const rows = damaged.map(({ path, problem: { rule, message, line, column } }) => [
    line === undefined ? path : `${path}:${line}:${column ?? 1}`,
    rule,
    message,
  ]);
  return {
    kind: 'damaged',
    data: damaged,
    lines: tableLines(cli, ['FILE', 'RULE', 'PROBLEM'], rows),
    ids: damaged.map(({ id, path }) => id ?? path),
  };
}

/** How many a list shows where nothing is said. */
const DEFAULT_LIMIT = 50;

/**
 * What a list shows of what there is; where it stops by itself, a notice says so.
 *
 * @param typed what `--limit` was given; 0 shows all
 */
async function limited<T>(
  cli: Cli,
  typed: number | undefined,
  find: (limit: number | undefined) => Promise<readonly T[]>,
  count: () => Promise<number>,
): Promise<readonly T[]> {
  if (typed !== undefined) return find(typed === 0 ? undefined : typed);
  // One more tells whether there are more.
  const found = await find(DEFAULT_LIMIT + 1);
  if (found.length <= DEFAULT_LIMIT) return found;
  const all = grouped(await count());
  cli.notice(`${DEFAULT_LIMIT} of ${all} shown; --limit 0 shows all`);
  return found.slice(0, DEFAULT_LIMIT);
}
