import {
  type CommandEntry,
  type FoundCommand,
  flag,
  GLOBAL_OPTIONS,
  type Globals,
  type OptionSpec,
  type OptionTable,
} from './command.ts';

/** A call that was read: which command, its arguments in one flat list, its options by their names in its table. */
export interface ReadCall {
  kind: 'call';
  command: FoundCommand;
  args: readonly string[];
  values: Values;
  globals: Globals;
}

/** What was typed after the program's name, as it is understood. */
export type Reading =
  | ReadCall
  /** `of` is the command that it is about, or `''` for the program; it is not `asked` for where a word is missing. */
  | { kind: 'help'; of: string; asked: boolean }
  | { kind: 'version' }
  /** A call that cannot be read. What was `typed` may have been meant for one `among` others. */
  | { kind: 'mistake'; of: string; says: string; typed?: string; among?: readonly string[] };

type Values = Readonly<Record<string, unknown>>;

/** The program, a family such as `dep`, or a command: what has options of its own, and words that may follow. */
interface Level {
  /** As typed, without the program's own name: `''`, `dep`, `dep add`. */
  path: string;
  options: OptionTable;
  command?: FoundCommand;
}

export const HELP_FLAGS = '-h, --help';
export const PROGRAM_OPTIONS = { version: flag('-V, --version', 'print the version') } as const;

/**
 * Reads a call. Options of the program stand before the command or after it, those of a command after it, in any order with
 * its arguments: `--limit 5`, `--limit=5`, `-n 5`, `-n5`, `-qn5`. An option whose value stands in
 * brackets has none at the end and before another option. What follows `--` is an argument, whatever it looks like, and so
 * is a negative number.
 *
 * @param index the commands among which it is looked for
 */
export async function readWords(words: readonly string[], index: readonly CommandEntry[]): Promise<Reading> {
  if (words.length === 0) return { kind: 'help', of: '', asked: true };
  return readLevel({ path: '', options: PROGRAM_OPTIONS }, [], words, [], index);
}

async function readLevel(
  level: Level,
  before: readonly string[],
  words: readonly string[],
  above: readonly Values[],
  index: readonly CommandEntry[],
): Promise<Reading> {
  const { path, command } = level;
  const under = wordsUnder(path, index);
  const { values, globals, unknown, problem, ...scanned } = scan(words, level.options, under);
  if (command === undefined && values.version === true) return { kind: 'version' };
  if (problem !== undefined) return { kind: 'mistake', of: path, says: problem };
  const args = [...before, ...scanned.args];
  const [word = ''] = args;
  const levels = [...above, globals];
  const next = await findLevel(path, word, index);
  if (next !== undefined) return readLevel(next, args.slice(1), unknown, levels, index);
  if (path === '' && word === 'help') return helpOf(args[1], index);
  if (command === undefined && args.length + unknown.length === 0)
    return { kind: 'help', of: path, asked: false };
  if (unknown.some((one) => isFlagOf(HELP_FLAGS, one))) return { kind: 'help', of: path, asked: true };
  if (command === undefined && args.length > 0)
    return { kind: 'mistake', of: path, says: `unknown command '${word}'`, typed: word, among: [...under] };
  const [stray] = unknown;
  if (stray !== undefined)
    return {
      kind: 'mistake',
      of: path,
      says: `unknown option '${stray}'`,
      typed: stray,
      among: longFlags(stray, level),
    };
  if (command === undefined) return { kind: 'help', of: path, asked: false };
  const wrong = problemOfArgs(command, args);
  if (wrong !== undefined) return { kind: 'mistake', of: path, says: wrong };
  return { kind: 'call', command, args, values, globals: mergeGlobals(levels) };
}

/** Words that may follow, aliases and `help` among them. */
function wordsUnder(path: string, index: readonly CommandEntry[]): ReadonlySet<string> {
  const before = path === '' ? '' : `${path} `;
  const names = index.filter(({ name }) => name.startsWith(before) && name !== path);
  const words = names.flatMap(({ name, alias }) => [
    name.slice(before.length).split(' ')[0] ?? '',
    ...(path === '' && alias !== undefined ? [alias] : []),
  ]);
  return new Set(path === '' ? [...words, 'help'] : words);
}

/** What a word leads to at a level; `undefined` where it is an argument, or nothing that is known. */
async function findLevel(
  path: string,
  word: string,
  index: readonly CommandEntry[],
): Promise<Level | undefined> {
  if (word === '' || word.includes(' ')) return undefined;
  const name = path === '' ? word : `${path} ${word}`;
  const entry = index.find((one) => one.name === name || one.alias === name);
  if (entry !== undefined) {
    const { load, ...found } = entry;
    const command = { ...(await load()), ...found };
    return { path: entry.name, options: command.options, command };
  }
  return index.some((one) => one.name.startsWith(`${name} `)) ? { path: name, options: {} } : undefined;
}

/** `wl help dep` is `wl dep --help`. */
async function helpOf(word: string | undefined, index: readonly CommandEntry[]): Promise<Reading> {
  const found = word === undefined ? undefined : await findLevel('', word, index);
  return { kind: 'help', of: found?.path ?? '', asked: !word || found !== undefined };
}

function problemOfArgs({ name, args = [] }: FoundCommand, given: readonly string[]): string | undefined {
  const missing = args.find((one, at) => one.name.startsWith('<') && given[at] === undefined);
  if (missing !== undefined) return `missing required argument '${/\w[\w-]*/.exec(missing.name)?.[0]}'`;
  if (given.length <= args.length || args.some((one) => one.name.includes('...'))) return undefined;
  const expected = `${args.length} ${args.length === 1 ? 'argument' : 'arguments'}`;
  const own = name.split(' ').at(-1);
  return `too many arguments for '${own}'. Expected ${expected} but got ${given.length}: ${given.join(', ')}`;
}

/** What may have been meant by an option that is not known. */
function longFlags(typed: string, { path, options }: Level): string[] {
  if (!typed.startsWith('--')) return [];
  const known = Object.values(path === '' ? { ...options, ...GLOBAL_OPTIONS } : options);
  return [...known.map(({ flags }) => flags), HELP_FLAGS].flatMap((flags) => /--[\w-]+/.exec(flags) ?? []);
}

interface Scanned {
  values: Record<string, unknown>;
  globals: Record<string, unknown>;
  args: readonly string[];
  /** From the first word on that is no option here, and after the word of a command: for the next level to read. */
  unknown: readonly string[];
  problem?: string;
}

/**
 * Reads the options of one level.
 *
 * @param under the words that lead to the next one
 */
export function scan(words: readonly string[], options: OptionTable, under: ReadonlySet<string>): Scanned {
  const read = { values: {}, globals: {} } satisfies Partial<Scanned>;
  const args: string[] = [];
  const unknown: string[] = [];
  let into = args;
  let group: string | undefined;
  let at = 0;
  while (group !== undefined || at < words.length) {
    const word: string = group ?? words[at++] ?? '';
    group = undefined;
    if (word === '--') {
      if (into === unknown) into.push(word);
      break;
    }
    const option = isOption(word) ? findOption(word, options) : undefined;
    if (option === undefined) {
      if (isOption(word) && !(under.size === 0 && NEGATIVE_NUMBER.test(word))) into = unknown;
      into.push(word);
      if (into === unknown || args.length > 1 || !under.has(word)) continue;
      if (word !== 'help') into = unknown;
      break;
    }
    const { name, spec, joined } = option;
    const isFlag = spec.kind === 'flag';
    if (isFlag) group = joined;
    const isAlone = spec.flags.endsWith(']') && (at === words.length || isOption(words[at] ?? ''));
    const typed = isFlag ? undefined : (joined ?? (isAlone ? '' : words[at++]));
    const target: Record<string, unknown> = option.global ? read.globals : read.values;
    const value = readValue(spec, typed, target[name]);
    if (value === undefined) return { ...read, args, unknown, problem: problemOfValue(spec, typed) };
    target[name] = value;
  }
  const rest = words.slice(at);
  return {
    ...read,
    args: into === args ? args.concat(rest) : args,
    unknown: into === unknown ? unknown.concat(rest) : unknown,
  };
}

const NEGATIVE_NUMBER = /^-(?:\d+|\d*\.\d+)(?:[eE][+-]?\d+)?$/;
const isOption = (word: string): boolean => word.length > 1 && word.startsWith('-');
const isFlagOf = (flags: string, flag: string): boolean => flags.split(/[ ,]+/).includes(flag);

interface FoundOption {
  name: string;
  spec: OptionSpec;
  global: boolean;
  /** What is written together with it: its value, or after a flag of one letter the flags that follow. */
  joined?: string;
}

/** The option that a word is: alone, as `--limit=5`, or as the first of several letters, `-qn5`. */
function findOption(word: string, own: OptionTable): FoundOption | undefined {
  const whole = findFlag(word, own);
  if (whole !== undefined) return whole;
  if (!word.startsWith('--')) {
    const first = word.length > 2 ? findFlag(word.slice(0, 2), own) : undefined;
    return first && { ...first, joined: `${first.spec.kind === 'flag' ? '-' : ''}${word.slice(2)}` };
  }
  const equals = word.indexOf('=', 3);
  const long = equals < 0 ? undefined : findFlag(word.slice(0, equals), own);
  return long === undefined || long.spec.kind === 'flag'
    ? undefined
    : { ...long, joined: word.slice(equals + 1) };
}

function findFlag(typed: string, own: OptionTable): FoundOption | undefined {
  for (const table of [own, GLOBAL_OPTIONS])
    for (const [name, spec] of Object.entries<OptionSpec>(table))
      if (isFlagOf(spec.flags, typed)) return { name, spec, global: table !== own };
  return undefined;
}

/** The value of an option that was `before`; `undefined` for one that cannot be taken. */
function readValue({ kind }: OptionSpec, typed: string | undefined, before: unknown = []): unknown {
  if (kind === 'flag') return true;
  if (typed === undefined) return undefined;
  switch (kind) {
    case 'text':
      return typed;
    case 'count':
      return /^\d{1,12}$/.test(typed) ? Number(typed) : undefined;
    case 'list':
      return [...(before as string[]), typed];
    case 'set':
      return [...(before as string[]), ...typed.split(',')];
    default:
      return kind satisfies never;
  }
}

const problemOfValue = ({ flags }: OptionSpec, typed: string | undefined): string =>
  typed === undefined
    ? `option '${flags}' argument missing`
    : `option '${flags}' argument '${typed}' is invalid. It must be a whole number, zero or more`;

/** What was given before and after the command's name; after it counts more. */
function mergeGlobals(levels: readonly Readonly<Record<string, unknown>>[]): Globals {
  const last = (name: string): unknown =>
    levels.map((level) => level[name]).findLast((value) => value !== undefined);
  const text = (name: string): string | undefined => {
    const found = last(name);
    return typeof found === 'string' ? found : undefined;
  };
  const timeout = last('timeout');
  const any = (name: string): boolean => levels.some((level) => level[name] === true);
  return {
    json: any('json'),
    actor: text('actor'),
    offline: any('offline'),
    allow_secret: any('allow_secret'),
    timeout: typeof timeout === 'number' ? timeout : undefined,
    dir: text('dir'),
    quiet: any('quiet'),
    verbose: any('verbose'),
    color: !any('no_color'),
  };
}
