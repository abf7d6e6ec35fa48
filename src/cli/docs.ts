import { codesOf } from '../operations/refusal.ts';
import { type FoundCommand, GLOBAL_OPTIONS, type OptionTable } from './command.ts';
import { EXIT } from './failure.ts';
import { groupsOf, loadCommands } from './help.ts';
import { INDEX } from './program.ts';

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

/** docs/cli.md, from the table of commands: `node src/cli/docs.ts > docs/cli.md`. */
export async function documentation(): Promise<string> {
  const commands = await loadCommands(INDEX);
  const sections = groupsOf(commands).map((group) => groupSection(group, commands));
  const parts = [INTRODUCTION, globals(), environment(), exits(), ...sections];
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `# Command line

<!-- Generated from the table of commands: node src/cli/docs.ts > docs/cli.md -->

\`wl COMMAND [OPTIONS]\`. \`wl COMMAND --help\` tells what stands here.

- An id can be short. Digits alone are an item's number, with zeros in front or without: \`1\` or \`0001\` for \`WRK-20260103-0001\`;
  where no item has it, they are the whole id that an imported item had. With its day the number is \`0103-1\` or \`20260103-1\`. With a
  letter in it, the short form is the beginning, from four characters on, of the random part of an id that was made offline, or of the id
  that an imported item had; the whole of one goes before longer ones. No other part of an id stands for it.
- Where a short id fits several items and the verb needs an open one, the open one is meant, if there is one alone. Otherwise the call is
  refused with \`AMBIGUOUS_ID\`, and they are listed, newest first, with their titles. Lists on a terminal with colours mark of each id the
  shortest part that no other item has. Put \`--\` before what begins with a dash.
- Verbs take several ids: a commit for each, and one push. One that fails does not stop the others; each failure is reported, and
  the first decides the exit status.
- Results go to standard output, notices and errors to standard error. Lists are one line an item: id, status, priority, type,
  owner or \`-\`, title. Control and bidirectional characters of the ledger's texts show as \`\\uXXXX\`. \`list\`, \`ready\` and
  \`search\` stop at 50 and say so; \`--limit 0\` shows all.
- \`--json\` prints one envelope, \`{"schema_version":1,"kind":…,"data":…,"as_of":{"tip":…,"fetched_at":…}}\`; a write adds
  \`"where":"remote"\` or \`"local"\`, an empty list is \`[]\`. An error is
  \`{"error":{"code","message","hint","retryable","details"}}\` on standard error, one line each.
- Questions never ask the remote unless \`--fetch\` is given; \`presence\` does, unless \`--offline\` is. A write returns once the remote has it, and says so; where it is in
  this clone only, it says that.`;

function globals(): string {
  return `## Global options\n\nBefore or after the command.\n\n${optionTable(GLOBAL_OPTIONS)}`;
}

function environment(): string {
  const rows = Object.entries(ENVIRONMENT).map(([name, help]) => `| \`${name}\` | ${cell(help)} |`);
  return `## Environment\n\n| variable | meaning |\n|---|---|\n${rows.join('\n')}`;
}

function exits(): string {
  const rows = Object.entries(EXIT).map(([name, { status, meaning }]) => {
    const codes = codesOf(name).map((code) => `\`${code}\``);
    return `| ${status} | ${cell(meaning)} | ${codes.join(', ')} |`;
  });
  return `## Exit statuses\n\n| status | meaning | error codes |\n|---|---|---|\n${rows.join('\n')}\n\nA race that was lost exits with 5, whatever its code says about how.`;
}

function groupSection(group: string, all: readonly FoundCommand[]): string {
  const commands = all.filter((one) => one.group === group);
  return [`## ${group}`, ...commands.map(commandSection)].join('\n\n');
}

function commandSection(command: FoundCommand): string {
  const { name, summary, alias, details, args = [], options, examples } = command;
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const usage = [
    'wl',
    name,
    ...args.map((one) => one.name),
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
  ];
  return [
    `### wl ${name}`,
    alias === undefined ? sentence : `${sentence} Also: \`wl ${alias}\`.`,
    ...(details === undefined ? [] : [details]),
    `\`${usage.join(' ')}\``,
    ...(args.length === 0 ? [] : [args.map((one) => `- \`${one.name}\`: ${one.help}`).join('\n')]),
    ...(Object.keys(options).length === 0 ? [] : [optionTable(options)]),
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function optionTable(options: OptionTable): string {
  const rows = Object.values(options).map(({ flags, help }) => `| \`${flags}\` | ${cell(help)} |`);
  return `| option | meaning |\n|---|---|\n${rows.join('\n')}`;
}

/** Text that stands in one cell as it is. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');

if (process.argv[1] === import.meta.filename) process.stdout.write(await documentation());
