import {
  type Argument,
  type CommanderError,
  InvalidArgumentError,
  Option,
  type OutputConfiguration,
  Command as Parser,
} from 'commander';
import type { OptionSpec } from './command.ts';
import { FAMILIES, type FoundCommand, GROUPS, loadCommands } from './commands.ts';
import { GLOBAL_OPTIONS, mergeGlobals } from './globals.ts';
import type { ReadCall } from './plain-call.ts';
import { widthOf } from './render/line.ts';
import { UsageError } from './usage-error.ts';
import { readVersion } from './version.ts';
import type { World } from './world.ts';

/**
 * Reads any call, and gives help where that is asked for.
 *
 * @returns the call; where there is nothing to call any more, the exit status
 */
export async function readCall(argv: readonly string[], world: World): Promise<ReadCall | number> {
  let call: ReadCall | undefined;
  const program = buildProgram(await loadCommands(), world, (read) => {
    call = read;
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return call ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.report(isJsonAsked(argv), world.stderr);
  }
}

const isJsonAsked = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? undefined : end).includes('--json');
};

type Tell = (call: ReadCall) => void;

/** The parser for the whole table of commands. */
function buildProgram(commands: readonly FoundCommand[], world: World, tell: Tell): Parser {
  const program = new Parser('wl')
    .description('A work ledger for agents on separate machines, kept in git.')
    .usage('[options] <command>')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; also: wl <command> --help')
    .helpCommand('help [command]', 'print help of a command')
    // Else a global option would be found in the value of a command's own.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: termOf })
    .configureOutput(outputTo(world));
  stopQuietly(program);
  for (const spec of Object.values(GLOBAL_OPTIONS)) program.addOption(toOption(spec));
  for (const group of GROUPS) {
    for (const command of commands.filter((one) => one.group === group)) addCommand(program, command, tell);
  }
  return program;
}

/** Commands write their help where everything else goes; what they complain about is reported by `run`. */
function outputTo({ stdout, stderr }: World): OutputConfiguration {
  return {
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
    getOutHelpWidth: () => widthOf(stdout, HELP_WIDTH),
    getErrHelpWidth: () => widthOf(stderr, HELP_WIDTH),
    outputError: () => undefined,
  };
}

/** A command in the list of all: its name, what it takes, and the words that can follow. */
function termOf(parser: Parser): string {
  const names = [parser.name(), ...parser.aliases()].join('|');
  const words = parser.commands.map((one) => one.name()).join('|');
  const args = parser.registeredArguments.map((one) => humanReadable(one));
  return [names, ...(words === '' ? args : [`[${words}]`])].join(' ');
}

function humanReadable(argument: Argument): string {
  const text = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${text}>` : `[${text}]`;
}

function addCommand(program: Parser, command: FoundCommand, tell: Tell): void {
  const [first = '', second] = command.name.split(' ');
  const parent = second === undefined ? program : familyOf(program, first, command.group);
  const parser = parent
    .command(second ?? first)
    .description(command.summary)
    .summary(command.summary);
  parser.helpGroup(`${command.group}:`).helpOption('-h, --help', 'print this');
  if (command.alias !== undefined) parser.alias(command.alias);
  for (const { name, help } of command.args ?? []) parser.argument(name, help);
  for (const spec of Object.values(command.options)) parser.addOption(toOption(spec));
  for (const spec of Object.values(GLOBAL_OPTIONS)) parser.addOption(toOption(spec).hideHelp());
  parser.addHelpText('after', helpAfter(command));
  stopQuietly(parser);
  parser.action(() => {
    const given = parser.opts();
    const values = Object.fromEntries(
      Object.entries(command.options).map(([name, spec]) => [name, givenFor(toOption(spec), given)]),
    );
    const levels = [program.opts(), ...(parent === program ? [] : [parent.opts()]), given];
    tell({ command, args: parser.args, values, globals: mergeGlobals(levels) });
  });
}

/** Commander reads `--no-branch` as `branch`, true unless it is given. */
function givenFor(option: Option, given: Readonly<Record<string, unknown>>): unknown {
  const value = given[option.attributeName()];
  if (!option.negate) return value;
  return value === false ? true : undefined;
}

/** The command that others stand under, such as `dep`. */
function familyOf(program: Parser, name: string, group: string): Parser {
  const known = program.commands.find((one) => one.name() === name);
  if (known !== undefined) return known;
  const family = program
    .command(name)
    .description(FAMILIES[name] ?? '')
    .helpGroup(`${group}:`)
    .helpOption('-h, --help', 'print this')
    .helpCommand(false);
  for (const spec of Object.values(GLOBAL_OPTIONS)) family.addOption(toOption(spec).hideHelp());
  stopQuietly(family);
  return family;
}

/** Text below a command's options in its help. */
function helpAfter({ details, examples }: FoundCommand): string {
  const paragraphs = details === undefined ? '' : `\n${details}\n`;
  return `${paragraphs}\nExamples:\n${examples.map((example) => `  ${example}\n`).join('')}\n${GLOBAL_HINT}`;
}

const GLOBAL_HINT =
  'Also: --json, --actor NAME, --offline, -C DIR, -q, --verbose, --no-color (see: wl --help)';
const HELP_WIDTH = 100;

/** Throws where commander would end the process. */
function stopQuietly(parser: Parser): void {
  parser.exitOverride((error: CommanderError) => {
    throw new UsageError(error, pathOf(parser));
  });
}

function pathOf(parser: Parser): string {
  return parser.parent === null ? parser.name() : `${pathOf(parser.parent)} ${parser.name()}`;
}

function toOption({ kind, flags, help }: OptionSpec): Option {
  const option = new Option(flags, help);
  switch (kind) {
    case 'flag':
    case 'text':
      return option;
    case 'count':
      return option.argParser((value: string): number => {
        if (/^\d{1,12}$/.test(value)) return Number(value);
        throw new InvalidArgumentError('It must be a whole number, zero or more.');
      });
    case 'list':
      return option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    case 'set':
      return option.argParser((value: string, before: string[] | undefined) => [
        ...(before ?? []),
        ...value.split(','),
      ]);
    default:
      return kind satisfies never;
  }
}
