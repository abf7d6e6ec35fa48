import { count, flag, type OptionTable, text } from './command.ts';

/** Options of every command, accepted before and after its name. */
export const GLOBAL_OPTIONS = {
  json: flag('--json', 'print one JSON envelope; errors are JSON on standard error'),
  actor: text('--actor <name>', 'who acts (default: WL_ACTOR, git config ledger.actor, git user.name)'),
  offline: flag('--offline', 'commit in this clone only; `wl sync` shares it later'),
  dir: text('-C, --dir <dir>', 'a directory of the repository (default: WL_DIR, the working directory)'),
  quiet: flag('-q, --quiet', 'print ids only'),
  verbose: flag('--verbose', 'tell each step on standard error, as WL_TRACE=1 does'),
  no_color: flag('--no-color', 'no colours, also on a terminal'),
} as const satisfies OptionTable;

/** Variables of the environment, for help and documentation. */
export const ENVIRONMENT = {
  WL_ACTOR: 'who acts, where --actor does not say',
  WL_EXECUTION_ID: 'the execution that claims, and that a holder must be when it writes',
  WL_WORK_ID: 'the item that an agent works on: what `wl escalate` is about, where it names none',
  WL_DIR: 'a directory of the repository, where -C does not say',
  WL_REMOTE: 'name of the remote that the ledger is shared through',
  WL_NOW:
    'for tests, the clock: an ISO time; `+1d` or `-90m` for one that is off; `x2@` and an ISO time for one that runs twice as fast since',
  WL_TRACE:
    'where each step is told: `1` or `json` (standard error), or a file that lines are added to; see [debugging.md](debugging.md)',
  NO_COLOR: 'no colours, whatever its value',
} as const;

export interface Globals {
  json: boolean;
  actor: string | undefined;
  offline: boolean;
  dir: string | undefined;
  quiet: boolean;
  verbose: boolean;
  color: boolean;
}

/** What was given before and after the command's name; after it counts more. */
export function mergeGlobals(levels: readonly Readonly<Record<string, unknown>>[]): Globals {
  const last = (name: string): string | undefined => {
    const found = levels.map((level) => level[name]).findLast((value) => typeof value === 'string');
    return typeof found === 'string' ? found : undefined;
  };
  const any = (name: string): boolean => levels.some((level) => level[name] === true);
  return {
    json: any('json'),
    actor: last('actor'),
    offline: any('offline'),
    dir: last('dir'),
    quiet: any('quiet'),
    verbose: any('verbose'),
    color: !any('no_color'),
  };
}

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

export const IDS = { name: '<ids...>', help: 'ids, or what is enough of them, such as 1 or 0103-1' } as const;
export const ID = { name: '<id>', help: 'an id, or what is enough of it, such as 1 or 0103-1' } as const;

/** What taking an item can be told. */
export const LEASE = {
  ttl: count('--ttl <seconds>', 'how long the claim lasts without a sign of life'),
  execution: text('--execution <id>', 'the execution that takes it (default: WL_EXECUTION_ID, else made up)'),
  tentative: flag('--tentative', 'claim in this clone alone; the next sync tells who won'),
} as const satisfies OptionTable;
