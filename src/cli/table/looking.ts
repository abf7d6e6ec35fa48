import { type Command, command, count, flag, type OptionTable, set, text } from '../command.ts';
import { ID, IDS, NARROW, PAST, PRIORITIES, STATUSES } from './options.ts';

const group = 'Looking';
const LIMIT = count('-n, --limit <n>', 'no more than this; 0 for all (default: 50)');

export const readOptions = PAST;
export const listOptions = {
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
} as const satisfies OptionTable;
export const readyOptions = {
  ...NARROW,
  priority: set('--priority <priority>', `${PRIORITIES}; several with commas`),
  parent: text('--parent <id>', 'parts of this item'),
  limit: LIMIT,
  ...PAST,
} as const satisfies OptionTable;
export const progressOptions = {
  direct: flag('--direct', 'count direct children only'),
  ...PAST,
} as const satisfies OptionTable;
export const staleOptions = {
  minutes: count('--minutes <n>', 'how long without a sign of life (default: 60)'),
  ...PAST,
} as const satisfies OptionTable;
const OF_ACTOR =
  '`--actor NAME` shows what that one did. Times are those of the requests, as whoever asked had them; `--long` shows when and where each was committed.';
const MATCHING = {
  verb: set('--verb <verb>', 'of this verb; several with commas'),
  since: text('--since <time>', 'asked for then or later'),
  until: text('--until <time>', 'asked for then or earlier; a day counts to its end'),
  long: flag('--long', 'in a few lines each: also the machine, the execution and the whole commit'),
} as const satisfies OptionTable;
export const historyOptions = {
  limit: count('-n, --limit <n>', 'only the newest'),
  ...MATCHING,
  ...PAST,
} as const satisfies OptionTable;
export const logOptions = {
  limit: count('-n, --limit <n>', 'how many; 0 for all (default: 20)'),
  item: text('--item <id>', 'of this item'),
  swarm: text('--swarm <name>', 'of items that are in this swarm now'),
  ...MATCHING,
  ...PAST,
} as const satisfies OptionTable;
export const searchOptions = {
  limit: LIMIT,
  ...PAST,
} as const satisfies OptionTable;

export const LOOKING: readonly Command[] = [
  command({
    name: 'show',
    group,
    summary: 'show items in full',
    args: [IDS],
    options: readOptions,
    examples: ['wl show 0001', 'wl show 0001 0002 --json'],
    load: () => import('../commands/show.ts'),
  }),
  command({
    name: 'list',
    alias: 'ls',
    group,
    summary: 'list items, most urgent first; open ones unless told otherwise',
    options: listOptions,
    examples: ['wl list --mine', 'wl ls --status in_progress,blocked --label api --json'],
    load: () => import('../commands/list.ts'),
  }),
  command({
    name: 'ready',
    group,
    summary: 'list what can be claimed now, most urgent first',
    options: readyOptions,
    examples: ['wl ready', 'wl ready --swarm dev --limit 5 --fetch'],
    load: () => import('../commands/ready.ts'),
  }),
  command({
    name: 'explain',
    group,
    summary: 'tell why an item is or is not ready',
    args: [ID],
    options: readOptions,
    examples: ['wl explain 0001', 'wl explain 0001 --actor ada --json'],
    load: () => import('../commands/explain.ts'),
  }),
  command({
    name: 'search',
    group,
    summary: 'find items in which every word occurs',
    args: [{ name: '<words...>', help: 'words, in whatever case' }],
    options: searchOptions,
    examples: ['wl search signing keys', 'wl search timeout --limit 10 --json'],
    load: () => import('../commands/search.ts'),
  }),
  command({
    name: 'dep tree',
    group: 'Work items',
    summary: 'show what an item waits for, and what that waits for',
    args: [ID],
    options: readOptions,
    examples: ['wl dep tree 0009', 'wl dep tree 0009 --json'],
    load: () => import('../commands/dep-tree.ts'),
  }),
  command({
    name: 'children',
    group,
    summary: 'list the parts of an item, finished ones too',
    args: [ID],
    options: readOptions,
    examples: ['wl children 0007', 'wl children 0007 --json'],
    load: () => import('../commands/children.ts'),
  }),
  command({
    name: 'progress',
    group,
    summary: 'tell how far the parts of an item are',
    args: [ID],
    options: progressOptions,
    examples: ['wl progress 0007', 'wl progress 0007 --direct --json'],
    load: () => import('../commands/progress.ts'),
  }),
  command({
    name: 'stale',
    group,
    summary: 'list work in progress without a sign of life',
    options: staleOptions,
    examples: ['wl stale', 'wl stale --minutes 15'],
    load: () => import('../commands/stale.ts'),
  }),
  command({
    name: 'history',
    group,
    summary: 'show the transitions of an item, oldest first',
    details: OF_ACTOR,
    args: [ID],
    options: historyOptions,
    examples: ['wl history 0001 --long', 'wl history 0001 --verb claim,release --json'],
    load: () => import('../commands/history.ts'),
  }),
  command({
    name: 'log',
    group,
    summary: 'show the transitions of the whole ledger, newest first',
    details: OF_ACTOR,
    options: logOptions,
    examples: ['wl log --actor ada --since 2026-01-03', 'wl log --verb recover -n 0 --json'],
    load: () => import('../commands/log.ts'),
  }),
];
