import type { OptionSpec, OptionTable } from './command.ts';
import type { CommandEntry, FoundCommand } from './commands.ts';
import { GLOBAL_OPTIONS, type Globals, mergeGlobals } from './globals.ts';

/** A call that was read: which command, its arguments in one flat list, its options by their names in the table. */
export interface ReadCall {
  command: FoundCommand;
  args: readonly string[];
  values: Readonly<Record<string, unknown>>;
  globals: Globals;
}

/**
 * Reads a call that is as plain as most are, many times faster than the whole parser.
 *
 * @param commands among which it is looked for
 * @returns `undefined` where only the whole parser can tell: it then reads what is written in another way, gives help, or says
 *   what is wrong. What is returned is what that parser would have read.
 */
export async function readPlainCall(
  words: readonly string[],
  commands: readonly CommandEntry[],
): Promise<ReadCall | undefined> {
  const at = endOfGlobals(words);
  const [first = '', second = ''] = words.slice(at);
  const two = commands.find(({ name }) => name === `${first} ${second}`);
  const found = two ?? commands.find(({ name, alias }) => name === first || alias === first);
  if (found === undefined) return undefined;
  const { load, ...entry } = found;
  const command = { ...(await load()), ...entry };
  const before = readOptions(words.slice(0, at), {});
  const own = readOptions(words.slice(at + (two === undefined ? 1 : 2)), command.options);
  if (before === undefined || own === undefined || !fits(command, own.args.length)) return undefined;
  const globals = mergeGlobals([before.globals, own.globals]);
  return { command, args: own.args, values: own.values, globals };
}

/** How many words in front are global options and their values, as far as they are written apart. */
function endOfGlobals(words: readonly string[]): number {
  let at = 0;
  for (;;) {
    const [, option] = findOption(GLOBAL_OPTIONS, words[at] ?? '') ?? [];
    if (option === undefined) return at;
    at += option.kind === 'flag' ? 1 : 2;
  }
}

/** An option and its name in the table, by one of its flags as they are typed: `-n`, `--limit`. */
const findOption = (table: OptionTable, flag: string): [string, OptionSpec] | undefined =>
  Object.entries(table).find(([, { flags }]) => flags.split(/[ ,]+/).includes(flag));

interface Read {
  args: string[];
  values: Record<string, unknown>;
  globals: Record<string, unknown>;
}

/** Each option by itself: `--limit 5`, `--limit=5`, `-n 5`. What is written in another way is for the whole parser. */
export function readOptions(words: readonly string[], table: OptionTable): Read | undefined {
  const read: Read = { args: [], values: {}, globals: {} };
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (isPlain(word)) {
      read.args.push(word);
      continue;
    }
    const [, flag = word, joined] = /^(--[^=]+)=(.+)$/s.exec(word) ?? [];
    const own = findOption(table, flag);
    const [name, spec] = own ?? findOption(GLOBAL_OPTIONS, flag) ?? [];
    if (name === undefined || spec === undefined) return undefined;
    const into = own === undefined ? read.globals : read.values;
    const typed = spec.kind === 'flag' ? undefined : (joined ?? left.shift());
    if (spec.kind === 'flag' ? joined !== undefined : typed === undefined) return undefined;
    if (joined === undefined && typed !== undefined && !isPlain(typed)) return undefined;
    const value = readValue(spec, typed, into[name]);
    if (value === undefined) return undefined;
    // Commander reads `--no-color` as `color`, true unless it is given.
    if (name === 'no_color') into.color = false;
    else into[name] = value;
  }
  return read;
}

const isPlain = (word: string): boolean => word === '-' || !word.startsWith('-');

/** The value of an option that was `before`; `undefined` for one that the whole parser would not take. */
function readValue({ kind }: OptionSpec, typed = '', before: unknown = []): unknown {
  switch (kind) {
    case 'flag':
      return true;
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

function fits({ args = [] }: FoundCommand, given: number): boolean {
  const needed = args.filter(({ name }) => name.startsWith('<')).length;
  return given >= needed && (given <= args.length || args.some(({ name }) => name.includes('...')));
}
