import { type Command, command, count, flag, list, type OptionTable, set, text } from '../command.ts';
import { ID, IDS, PRIORITIES, REASON, TYPES } from './options.ts';

const group = 'Work items';

export const createOptions = {
  description: text('-d, --description <text>', 'what is to be done: text, @FILE, or - for standard input'),
  template: text(
    '--template <name>',
    'begin with what a template says (see `wl templates`); options go before it',
  ),
  type: text('-t, --type <type>', `${TYPES} (default: task)`),
  priority: text('-p, --priority <priority>', `${PRIORITIES} (default: medium)`),
  labels: list('-l, --label <label>', 'a label (repeatable)'),
  parent: text('--parent <id>', 'make it a part of this item, and take over its swarm, job and references'),
  subtask_of: text('--subtask-of <id>', 'the same as --parent'),
  depends_on: set('--depends-on <id>', 'an item that has to be completed first (repeatable)'),
  assign: text('--assign <owner>', 'who may claim it'),
  swarm: text('--swarm <name>', 'the swarm it belongs to'),
  job: text('--job <id>', 'the job it belongs to'),
  context: list('--context <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
  acceptance: list('--acceptance <text>', 'when it counts as done (repeatable)'),
  not_before: text('--not-before <time>', 'not ready before this ISO time'),
  max_attempts: count('--max-attempts <n>', 'how often it may be tried'),
  key: text('--key <key>', 'create it only once: an open item with this key is returned instead'),
} as const satisfies OptionTable;

export const updateOptions = {
  title: text('--title <text>', 'a new title'),
  type: text('-t, --type <type>', TYPES),
  priority: text('-p, --priority <priority>', PRIORITIES),
  description: text('-d, --description <text>', 'text, @FILE, or - for standard input'),
  add_label: list('--add-label <label>', 'add a label (repeatable)'),
  remove_label: list('--remove-label <label>', 'remove a label (repeatable)'),
  parent: text('--parent <id>', 'the item it is a part of; none for no parent'),
  swarm: text('--swarm <name>', 'the swarm it belongs to; none for no swarm'),
  job: text('--job <id>', 'the job it belongs to; none for no job'),
  acceptance: list('--acceptance <text>', 'acceptance criteria, in place of those it has (repeatable)'),
  set_context: list('--set-context <entry>', 'KEY=VALUE, a JSON object, or @FILE with one (repeatable)'),
  unset_context: list('--unset-context <key>', 'remove an entry of its context (repeatable)'),
  not_before: text('--not-before <time>', 'not ready before this ISO time; none for at once'),
  max_attempts: count('--max-attempts <n>', 'how often it may be tried'),
  add_link: list('--add-link <kind:target>', 'such as related:WRK-20260103-0001 or commit:SHA (repeatable)'),
  remove_link: list('--remove-link <kind:target>', 'remove a link (repeatable)'),
} as const satisfies OptionTable;

export const assignOptions = {
  nobody: flag('--nobody', 'let anyone claim them again; all arguments are ids then'),
  ...REASON,
} as const satisfies OptionTable;

export const deleteOptions = {
  ...REASON,
  expired: flag('--expired', 'all that was kept for as long as the ledger says'),
  yes: flag('--yes', 'do it without asking'),
} as const satisfies OptionTable;

export const ITEMS: readonly Command[] = [
  command({
    name: 'create',
    alias: 'new',
    group,
    summary: 'create a work item',
    args: [{ name: '<title...>', help: 'one line; its words may stand without quotes' }],
    options: createOptions,
    examples: [
      'wl create "Rotate the signing keys" -t task -p high --label security',
      'wl create "The login page hangs" --template bug --parent 0001 -d @notes.md',
    ],
    load: () => import('../commands/create.ts'),
  }),
  command({
    name: 'update',
    group,
    summary: 'change fields of items',
    args: [IDS],
    options: updateOptions,
    examples: [
      'wl update 0001 -p critical --add-label urgent',
      'wl update 0001 0002 --parent 0007 --set-context branch=main',
    ],
    load: () => import('../commands/update.ts'),
  }),
  command({
    name: 'comment',
    group,
    summary: 'add a comment to an item',
    args: [ID, { name: '<text...>', help: 'the comment; - reads standard input' }],
    examples: ['wl comment 0001 "The old key is still in use"', 'git log -3 | wl comment 0001 -'],
    load: () => import('../commands/comment.ts'),
  }),
  command({
    name: 'assign',
    group,
    summary: 'name who may claim pending items',
    args: [{ name: '<ids-and-owner...>', help: 'ids, and the owner last' }],
    options: assignOptions,
    examples: ['wl assign 0001 0002 ada', 'wl assign 0001 --nobody'],
    load: () => import('../commands/assign.ts'),
  }),
  command({
    name: 'dep add',
    group,
    summary: 'let an item wait for others',
    args: [ID, { name: '<dependencies...>', help: 'items that have to be completed first' }],
    examples: ['wl dep add 0002 0001', 'wl dep add 0009 0003 0004'],
    load: () => import('../commands/dep-add.ts'),
  }),
  command({
    name: 'dep rm',
    group,
    summary: 'let an item wait for others no longer',
    args: [ID, { name: '<dependencies...>', help: 'items that it waits for now' }],
    examples: ['wl dep rm 0002 0001', 'wl dep rm 0009 0003 0004'],
    load: () => import('../commands/dep-rm.ts'),
  }),
  command({
    name: 'delete',
    group,
    summary: 'remove the files of finished items',
    details:
      'History stays, and an id is never given twice. Without a terminal it needs --yes. --expired stands for all that was kept for as long as `retention_days` says.',
    args: [{ ...IDS, name: '[ids...]' }],
    options: deleteOptions,
    examples: ['wl delete 0001 --yes', 'wl delete --expired --yes'],
    load: () => import('../commands/delete.ts'),
  }),
];
