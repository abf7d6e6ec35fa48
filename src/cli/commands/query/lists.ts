import {
  LedgerError,
  type LedgerQueries,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
} from '../../../index.ts';
import type { Cli } from '../../cli.ts';
import { command, count, flag, type OptionTable, type OptionValues, set, text } from '../../command.ts';
import { someOf } from '../../input.ts';
import { limited } from '../../limit.ts';
import { ID, NARROW, PAST, PRIORITIES, STATUSES } from '../../options.ts';
import { itemsReply, tableLines } from '../../render/list.ts';
import type { Reply } from '../../reply.ts';
import { SHORT_PRIORITY, SHORT_STATUS } from '../../short-names.ts';

const LIMIT = count('-n, --limit <n>', 'no more than this; 0 for all (default: 50)');

const listOptions = {
  status: set('--status <status>', `${STATUSES}; several with commas`),
  priority: set('--priority <priority>', `${PRIORITIES}; several with commas`),
  ...NARROW,
  owner: text('--owner <name>', 'owned by or assigned to'),
  mine: flag('--mine', 'owned by or assigned to whoever asks'),
  unassigned: flag('--unassigned', 'that nobody owns'),
  job: text('--job <id>', 'of this job'),
  parent: text('--parent <id>', 'parts of this item'),
  all: flag('--all', 'finished ones too'),
  limit: LIMIT,
  damaged: flag('--damaged', 'files that cannot be read, and why'),
  ...PAST,
} satisfies OptionTable;

export const listCommand = command({
  summary: 'list items, most urgent first; open ones unless told otherwise',
  options: listOptions,
  examples: ['wl list --mine', 'wl ls --status in_progress,blocked --label api --json'],
  run: async ({ options, cli }) => {
    const { parent, label } = options;
    const filter = {
      status: someOf(options.status, WORK_STATUSES, '--status', SHORT_STATUS),
      type: someOf(options.type, WORK_TYPES, '--type'),
      priority: someOf(options.priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY),
      swarm: options.swarm,
      job: options.job,
      labels: label.length === 0 ? undefined : label,
      all: options.all,
    };
    const ledger = await cli.openToAsk(options);
    if (options.damaged) return damagedReply(ledger, cli);
    const owner = ownerAsked(options, ledger.actor);
    const asked = { ...filter, owner, parent: parent && (await ledger.resolveId(parent)) };
    const list = (limit: number | undefined) => ledger.list({ ...asked, limit });
    return itemsReply(cli, await limited(cli, options.limit, list, () => ledger.count(asked)));
  },
});

export const readyCommand = command({
  summary: 'list what can be claimed now, most urgent first',
  options: {
    ...NARROW,
    priority: set('--priority <priority>', `${PRIORITIES}; several with commas`),
    parent: text('--parent <id>', 'parts of this item'),
    limit: LIMIT,
    ...PAST,
  },
  examples: ['wl ready', 'wl ready --swarm dev --limit 5 --fetch'],
  run: async ({ options, cli }) => {
    const { parent, label, swarm } = options;
    const type = someOf(options.type, WORK_TYPES, '--type');
    const priority = someOf(options.priority, WORK_PRIORITIES, '--priority', SHORT_PRIORITY);
    const ledger = await cli.openToAsk(options);
    const asked = {
      asker: ledger.actor,
      swarm,
      type,
      priority,
      labels: label.length === 0 ? undefined : label,
      parent: parent && (await ledger.resolveId(parent)),
    };
    const ready = (limit: number | undefined) => ledger.getReadyToStart({ ...asked, limit });
    return itemsReply(cli, await limited(cli, options.limit, ready, () => ledger.countReady(asked)));
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
    const search = (limit: number | undefined) => cli.busy('searching', () => ledger.search(text, { limit }));
    return itemsReply(cli, await limited(cli, options.limit, search, () => ledger.countFound(text)));
  },
});

export const childrenCommand = command({
  summary: 'list the parts of an item, finished ones too',
  args: [ID],
  options: PAST,
  examples: ['wl children 0007', 'wl children 0007 --json'],
  run: async ({ args: [typed = ''], options, cli }) => {
    const ledger = await cli.openToAsk(options);
    const id = await ledger.resolveId(typed);
    return itemsReply(cli, await ledger.getChildren(id));
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
    const ledger = await cli.openToAsk(options);
    return itemsReply(cli, await ledger.getStaleWork(options.minutes));
  },
});

function ownerAsked(
  { owner, mine, unassigned }: OptionValues<typeof listOptions>,
  actor: string,
): string | null | undefined {
  const asked = [owner !== undefined, mine, unassigned].filter((given) => given);
  if (asked.length > 1)
    throw new LedgerError('INVALID_INPUT', '--owner, --mine and --unassigned exclude each other.');
  if (unassigned) return null;
  return mine ? actor : owner;
}

async function damagedReply(ledger: LedgerQueries, cli: Cli): Promise<Reply> {
  const damaged = await cli.busy('reading every file', () => ledger.damaged({ all: true }));
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
