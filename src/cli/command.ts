import type { Cli } from './cli.ts';
import type { Line } from './render/line.ts';

// What a command is: what it is called with, what it does and what it replies; and the options that many of them share.

/** How an option's value is read. */
interface OptionValueByKind {
  /** Given or not. */
  flag: boolean;
  text: string | undefined;
  /** A whole number, zero or more. */
  count: number | undefined;
  /** Given any number of times. */
  list: string[];
  /** Given any number of times, or with commas. */
  set: string[];
}
type OptionKind = keyof OptionValueByKind;

export interface OptionSpec<K extends OptionKind = OptionKind> {
  kind: K;
  /** As help shows them: `-t, --title <text>`. */
  flags: string;
  help: string;
}
export type OptionTable = Readonly<Record<string, OptionSpec>>;
export type OptionValues<T extends OptionTable> = { [Key in keyof T]: OptionValueByKind[T[Key]['kind']] };

export const flag = (flags: string, help: string): OptionSpec<'flag'> => ({ kind: 'flag', flags, help });
export const text = (flags: string, help: string): OptionSpec<'text'> => ({ kind: 'text', flags, help });
export const count = (flags: string, help: string): OptionSpec<'count'> => ({ kind: 'count', flags, help });
export const list = (flags: string, help: string): OptionSpec<'list'> => ({ kind: 'list', flags, help });
export const set = (flags: string, help: string): OptionSpec<'set'> => ({ kind: 'set', flags, help });

interface Argument {
  /** As help shows it: `<id>`, `[id]`, `<ids...>`. */
  name: string;
  help: string;
}

/** One call of a command: its arguments in one flat list, its options by their names in the table. */
export interface Call<T extends OptionTable> {
  args: readonly string[];
  options: OptionValues<T>;
  cli: Cli;
}

/** What a command has to say: rendered as text, as one JSON envelope, or as bare ids. */
export interface Reply {
  /** Names the shape of `data`. */
  kind: string;
  /** `undefined` where nothing came of it: then nothing goes to standard output. */
  data: unknown;
  lines: readonly Line[];
  /** All that `--quiet` shows; without it `--quiet` changes nothing. */
  ids?: readonly string[];
  /** Where a write is. `undefined` for a read, and where there is no remote that it could be on. */
  where?: 'remote' | 'local' | undefined;
  /** The exit status where nothing went wrong in the call itself; 0 where none is given. */
  status?: number;
  /** What went wrong beside it, each reported on its own; the first decides the exit status. */
  failures?: readonly unknown[];
}

interface Described {
  summary: string;
  /** More for `--help`, in paragraphs. */
  details?: string;
  args?: readonly Argument[];
  examples: readonly [string, string];
}

/** A command with the types of its options forgotten, so that all stand in one table. */
export interface Command extends Described {
  options: OptionTable;
  invoke(cli: Cli, args: readonly string[], values: Readonly<Record<string, unknown>>): Promise<Reply>;
}

/** A command: what it is called with, and what it does: it parses its input, calls the library, and returns what is to be shown. */
export function command<const T extends OptionTable = Record<never, never>>(
  spec: Described & { options?: T; run(call: Call<T>): Promise<Reply> },
): Command {
  const { run, ...described } = spec;
  const options = (spec.options ?? {}) as T;
  return {
    ...described,
    options,
    invoke: (cli, args, values) => run({ args, options: readOptions(options, values), cli }),
  };
}

/** Options that were not given have their kind's own value, so that commands never ask twice. */
function readOptions<T extends OptionTable>(
  table: T,
  values: Readonly<Record<string, unknown>>,
): OptionValues<T> {
  const absent: OptionValueByKind = { flag: false, text: undefined, count: undefined, list: [], set: [] };
  const entries = Object.entries(table).map(([name, { kind }]) => [name, values[name] ?? absent[kind]]);
  return Object.fromEntries(entries) as OptionValues<T>;
}

/** Where a command is found. */
export interface CommandEntry {
  /** As typed: `create`, `dep add`. */
  name: string;
  alias: string | undefined;
  /** The heading under which help lists it. */
  group: string;
  load(): Promise<Command>;
}

/** A command with where it is found. */
export interface FoundCommand extends Command, Omit<CommandEntry, 'load'> {}

/** Options of every command, accepted before and after its name. */
export const GLOBAL_OPTIONS = {
  json: flag('--json', 'print one JSON envelope; errors are JSON on standard error'),
  actor: text('--actor <name>', 'who acts (default: WL_ACTOR, git config ledger.actor, git user.name)'),
  offline: flag('--offline', 'commit in this clone only; `wl sync` shares it later'),
  allow_secret: flag('--allow-secret', 'write also what looks like a key or token'),
  timeout: count('--timeout <seconds>', 'how long to wait for a remote that says nothing (default: 60)'),
  dir: text('-C, --dir <dir>', 'a directory of the repository (default: WL_DIR, the working directory)'),
  quiet: flag('-q, --quiet', 'print ids only'),
  verbose: flag('--verbose', 'tell each step on standard error, as WL_TRACE=1 does'),
  no_color: flag('--no-color', 'no colours, also on a terminal'),
} as const satisfies OptionTable;

export interface Globals {
  json: boolean;
  actor: string | undefined;
  offline: boolean;
  allow_secret: boolean;
  /** Seconds. */
  timeout: number | undefined;
  dir: string | undefined;
  quiet: boolean;
  verbose: boolean;
  color: boolean;
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

/** Of whatever changes an item. */
export const IF_REV = {
  if_rev: count('--if-rev <n>', 'only where the item still has this revision, as `wl show` prints it'),
} as const satisfies OptionTable;

/** Of verbs that only the holder may use. */
export const HOLDER = {
  execution: text(
    '--execution <id>',
    'the execution that holds it (default: WL_EXECUTION_ID, else the claim that this clone made)',
  ),
  epoch: count('--epoch <n>', 'refuse where the claim is no longer the one of this epoch'),
} as const satisfies OptionTable;
export const FENCE = { ...HOLDER, ...IF_REV } as const satisfies OptionTable;

export const REASON = {
  reason: text('--reason <text>', 'why; stands in the history'),
  ...IF_REV,
} as const satisfies OptionTable;

export const IDS = { name: '<ids...>', help: 'ids, or what is enough of them, such as 1 or 0103-1' } as const;
export const ID = { name: '<id>', help: 'an id, or what is enough of it, such as 1 or 0103-1' } as const;

/** What taking an item can be told. */
export const LEASE = {
  ttl: count('--ttl <seconds>', 'how long the claim lasts without a sign of life'),
  execution: text('--execution <id>', 'the execution that takes it (default: WL_EXECUTION_ID, else made up)'),
  tentative: flag('--tentative', 'claim in this clone alone; the next sync tells who won'),
} as const satisfies OptionTable;
