import { refuse } from '../operations/typed.ts';
import { type CommandEntry, type FoundCommand, GLOBAL_OPTIONS, type OptionSpec } from './command.ts';
import { EXIT, reportFailures } from './failure.ts';
import { HELP_FLAGS, PROGRAM_OPTIONS, type ReadCall, type Reading } from './grammar.ts';
import { readVersion } from './package.ts';
import type { World } from './process.ts';
import { widthOf } from './render/line.ts';

/** Words that only stand before another one. */
const FAMILIES: Readonly<Record<string, string>> = {
  dep: 'what an item has to wait for',
  files: 'what the branch holds beside items',
  hooks: 'what git itself refuses',
  review: 'work that waits to be accepted',
};

/** All commands: what help and docs/cli.md are made from. */
export const loadCommands = (index: readonly CommandEntry[]): Promise<FoundCommand[]> =>
  Promise.all(index.map(async ({ load, ...entry }) => ({ ...(await load()), ...entry })));

/** The headings under which commands are listed, in order. */
export const groupsOf = (commands: readonly FoundCommand[]): string[] => [
  ...new Set(commands.map(({ group }) => group)),
];

const HELP_WIDTH = 100;

/**
 * Answers what calls no command: gives help or the version, or says why the call cannot be read.
 *
 * @returns the exit status
 */
export async function answer(
  reading: Exclude<Reading, ReadCall>,
  index: readonly CommandEntry[],
  argv: readonly string[],
  { stdout, stderr }: World,
): Promise<number> {
  switch (reading.kind) {
    case 'version':
      stdout.write(`${readVersion()}\n`);
      return 0;
    case 'help': {
      const to = reading.asked ? stdout : stderr;
      to.write(helpText(reading.of, await loadCommands(index), widthOf(to, HELP_WIDTH)));
      return reading.asked ? 0 : EXIT.usage.status;
    }
    case 'mistake': {
      const { of, says, typed = '', among = [] } = reading;
      const near = similarTo(typed, among);
      const meant = near.length > 1 ? `one of ${near.join(', ')}` : near[0];
      const hint = meant === undefined ? `See: ${`wl ${of}`.trim()} --help` : `Did you mean ${meant}?`;
      const sentence = `${says.charAt(0).toUpperCase()}${says.slice(1)}.`;
      reportFailures([refuse(sentence, hint)], isJsonAsked(argv), stderr);
      return EXIT.usage.status;
    }
    default:
      return reading satisfies never;
  }
}

const isJsonAsked = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? undefined : end).includes('--json');
};

const FARTHEST = 3;
const LEAST_ALIKE = 0.4;

/** Those that are nearest to what was typed, where any is near enough to be meant. */
function similarTo(typed: string, among: readonly string[]): string[] {
  const bare = (word: string): string => word.replace(/^--/, '');
  const measured = [...new Set(among)].flatMap((word) => {
    const [a, b] = [bare(typed), bare(word)];
    const steps = distance(a, b);
    const length = Math.max(a.length, b.length);
    return b.length > 1 && steps <= FARTHEST && (length - steps) / length > LEAST_ALIKE
      ? [{ word, steps }]
      : [];
  });
  const best = Math.min(...measured.map(({ steps }) => steps));
  const nearest = measured.filter(({ steps }) => steps === best).map(({ word }) => word);
  return nearest.sort((a, b) => bare(a).localeCompare(bare(b)));
}

/** How many letters are to be put in, taken away, changed, or exchanged with their neighbour to make one word of the other. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > FARTHEST) return Math.max(a.length, b.length);
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}

/** What is listed under a heading: a word or an option, and what it is for. */
type Entry = readonly [term: string, help: string];

/** The help of the program (`''`), of a family, or of a command. */
function helpText(of: string, all: readonly FoundCommand[], width: number): string {
  const command = all.find(({ name }) => name === of);
  if (of === '') {
    const commands = [...new Set(all.map(({ name }) => name.split(' ')[0] ?? ''))];
    return page(
      width,
      'wl [options] <command>',
      'A work ledger for agents on separate machines, kept in git.',
      [
        [
          'Options',
          [
            ...optionEntries({ ...PROGRAM_OPTIONS, ...GLOBAL_OPTIONS }),
            [HELP_FLAGS, 'print help; also: wl <command> --help'],
          ],
        ],
        ...groupsOf(all).map((group): [string, Entry[]] => [
          group,
          commands.filter((name) => groupOf(name, all) === group).map((name) => wordEntry(name, all)),
        ]),
        ['Commands', [['help [command]', 'print help of a command']]],
      ],
    );
  }
  const under = all.filter(({ name }) => name.startsWith(`${of} `));
  const { alias, summary = FAMILIES[of] ?? '', args = [], options = {} } = command ?? {};
  const usage = [
    `wl ${of}${alias === undefined ? '' : `|${alias}`}`,
    '[options]',
    ...(under.length > 0 ? ['[command]'] : []),
    ...args.map(({ name }) => name),
  ];
  const text = page(width, usage.join(' '), summary, [
    ['Arguments', args.map(({ name, help }): Entry => [name.replaceAll(/[<>[\].]/g, ''), help])],
    ['Options', [...optionEntries(options), [HELP_FLAGS, 'print this']]],
    ...groupsOf(all).map((group): [string, Entry[]] => [
      group,
      under.filter((one) => one.group === group).map(({ name }) => wordEntry(name, all)),
    ]),
  ]);
  return command === undefined ? text : `${text}${closing(command)}`;
}

/** Stands below the options of a command. */
const closing = ({ details, examples }: FoundCommand): string =>
  [
    ...(details === undefined ? [] : ['', details]),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
    'Also: --json, --actor NAME, --offline, -C DIR, -q, --verbose, --no-color (see: wl --help)',
    '',
  ].join('\n');

const groupOf = (word: string, all: readonly FoundCommand[]): string | undefined =>
  all.find(({ name }) => name === word || name.startsWith(`${word} `))?.group;

/** A command or a family among others: its name, what it takes or the words that can follow, and what it does. */
function wordEntry(path: string, all: readonly FoundCommand[]): Entry {
  const command = all.find(({ name }) => name === path);
  const under = all.flatMap(({ name }) => (name.startsWith(`${path} `) ? [name.slice(path.length + 1)] : []));
  const { alias, summary = FAMILIES[path] ?? '', args = [] } = command ?? {};
  const word = path.split(' ').at(-1) ?? path;
  const operands = under.length > 0 ? [`[${under.join('|')}]`] : args.map(({ name }) => name);
  return [[alias === undefined ? word : `${word}|${alias}`, ...operands].join(' '), summary];
}

const optionEntries = (options: Readonly<Record<string, OptionSpec>>): Entry[] =>
  Object.values(options).map(({ flags, help }): Entry => [flags, help]);

const INDENT = 2;
/** Text that would get less room than this is not wrapped. */
const LEAST_ROOM = 40;

function page(
  width: number,
  usage: string,
  summary: string,
  sections: readonly (readonly [title: string, entries: readonly Entry[]])[],
): string {
  const termWidth = Math.max(...sections.flatMap(([, entries]) => entries.map(([term]) => term.length)));
  const column = termWidth + 2 * INDENT;
  const line = ([term, help]: Entry): string =>
    `${' '.repeat(INDENT)}${term.padEnd(termWidth + INDENT)}${wrap(help, width - column).join(`\n${' '.repeat(column)}`)}`;
  const shown = sections.filter(([, entries]) => entries.length > 0);
  return [
    `Usage: ${usage}`,
    '',
    ...wrap(summary, width),
    '',
    ...shown.flatMap(([title, entries]) => [`${title}:`, ...entries.map(line), '']),
  ].join('\n');
}

function wrap(text: string, width: number): string[] {
  if (width < LEAST_ROOM) return [text];
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    if (line !== undefined && line.length + 1 + word.length > width) {
      lines.push(line);
      line = undefined;
    }
    line = line === undefined ? word : `${line} ${word}`;
  }
  return line === undefined ? lines : [...lines, line];
}
