import { count, flag, list, type OptionTable, set, text } from './command.ts';

export const TYPES =
  'task, feature, bug, research, review, design, refactor, test, documentation, escalation';
export const PRIORITIES = 'low, medium, high, critical';
export const STATUSES = 'pending, in_progress, blocked, in_review, completed, failed, cancelled';

/** Of every question. */
export const READ = {
  fetch: flag('--fetch', 'ask the remote first'),
} as const satisfies OptionTable;

/** Of questions that can be asked about the past, too. */
export const PAST = {
  ...READ,
  as_of: text('--as-of <when>', 'the ledger as it was: at a commit of its branch, or by a date'),
} as const satisfies OptionTable;

/** Of verbs that only the holder may use. */
export const FENCE = {
  execution: text(
    '--execution <id>',
    'the execution that holds it (default: WL_EXECUTION_ID, else the claim that this clone made)',
  ),
  epoch: count('--epoch <n>', 'refuse where the claim is no longer the one of this epoch'),
} as const satisfies OptionTable;

export const REASON = {
  reason: text('--reason <text>', 'why; stands in the history'),
} as const satisfies OptionTable;

/** Which of the open items are meant, for questions that several commands ask. */
export const NARROW = {
  swarm: text('--swarm <name>', 'of this swarm'),
  type: set('--type <type>', 'of this type; several with commas'),
  label: list('--label <label>', 'with this label (repeatable: with all of them)'),
} as const satisfies OptionTable;

export const IDS = { name: '<ids...>', help: 'ids, or what is enough of them, such as 1 or 0103-1' } as const;
export const ID = { name: '<id>', help: 'an id, or what is enough of it, such as 1 or 0103-1' } as const;

/** What taking an item can be told. */
export const LEASE = {
  ttl: count('--ttl <seconds>', 'how long the claim lasts without a sign of life'),
  execution: text('--execution <id>', 'the execution that takes it (default: WL_EXECUTION_ID, else made up)'),
  tentative: flag('--tentative', 'claim in this clone alone; the next sync tells who won'),
} as const satisfies OptionTable;
