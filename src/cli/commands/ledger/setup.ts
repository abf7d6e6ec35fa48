import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { CLIENTS, isClient } from '../../../clients/places.ts';
import { type Act, projectOf, type SetUpFile, type SetUpReport, setUp } from '../../../clients/setup.ts';
import { refuse } from '../../../operations/typed.ts';
import type { Cli } from '../../cli.ts';
import { command, flag } from '../../command.ts';
import { columns, type Line, type Span, styled } from '../../render/line.ts';

const NOT_CURRENT = 1;
const NAMES = Object.keys(CLIENTS);

export const setupCommand = command({
  summary: 'put in place what clients that run agents read: instructions, hooks, the MCP server',
  details: `Without a name, for each client that the project shows to be in use; where it shows none, for those that you have, and AGENTS.md, which most of them read. What a file has already stays as it is, and --remove leaves its bytes as they were. A client is one of ${NAMES.join(', ')}.`,
  args: [{ name: '[clients...]', help: `which clients: ${NAMES.join(', ')}` }],
  options: {
    check: flag('--check', 'only tell what is in place; exit 1 where something is missing or out of date'),
    remove: flag('--remove', 'take it away again'),
    print: flag('--print', 'show what would be written, and write nothing'),
    user: flag('--user', 'for all your projects, in your home folder'),
  },
  examples: ['wl setup', 'wl setup claude codex --print'],
  run: async ({ args, options: { check, remove, print, user }, cli }) => {
    if ([check, remove, print].filter(Boolean).length > 1)
      throw refuse('--check, --remove and --print are three things; ask for one at a time.');
    const unknown = args.find((name) => !isClient(name));
    if (unknown !== undefined)
      throw refuse(`There is no client ${JSON.stringify(unknown)}.`, `One of ${NAMES.join(', ')}.`);
    const act: Act = check ? 'check' : remove ? 'remove' : print ? 'print' : 'put';
    const home = cli.world.env.HOME || homedir();
    const root = user ? home : await folderOf(cli);
    const report = setUp({ act, reach: user ? 'user' : 'project', root, home, named: args.filter(isClient) });
    const failed = report.files.some(({ state }) => state === 'refused');
    if (report.files.length === 0) cli.notice(NONE[act]);
    else if (act === 'put') adviseOn(cli);
    return {
      kind: 'setup',
      data: report,
      lines: act === 'print' ? printed(report) : linesOf(report, act),
      ids: report.files.filter(({ state }) => state === 'current').map(({ path }) => path),
      status: failed || (act === 'check' && !report.current) ? NOT_CURRENT : 0,
    };
  },
});

/** What is set up calls the program by its name. */
function adviseOn(cli: Cli): void {
  const { PATH = '' } = cli.world.env;
  const isOnPath = PATH.split(delimiter).some((folder) =>
    ['wl', 'wl.cmd'].some((name) => existsSync(join(folder, name))),
  );
  if (!isOnPath)
    cli.notice(
      'wl is not on your PATH, so none of this finds it: put it there, with npm link or npm install -g',
    );
}

const NONE: Readonly<Record<Act, string>> = {
  put: 'no client is in use here; name one: wl setup claude',
  check: 'nothing is set up here; wl setup puts it in place',
  remove: 'nothing is set up here',
  print: 'no client is in use here; name one: wl setup claude --print',
};

async function folderOf(cli: Cli): Promise<string> {
  const dir = resolve(cli.openOptions.dir ?? '.');
  const top = await projectOf(dir);
  if (top !== undefined) return top;
  throw refuse(
    `${dir} is in no work tree of git.`,
    'Make one with `git init`, or set up your home folder: wl setup --user',
  );
}

function linesOf({ files }: SetUpReport, act: Act): Line[] {
  return columns(files.map((file): Span[] => [styled('bold', file.path), file.what, wordOf(file, act)]));
}

function wordOf({ state, changed, because }: SetUpFile, act: Act): Span {
  if (state === 'refused') return styled('red', `left as it is: ${because}`);
  if (act === 'remove') return changed ? 'taken away' : styled('dim', 'was not there');
  if (changed) return styled('green', 'written');
  if (state === 'current') return styled('dim', 'in place');
  return styled('yellow', state === 'stale' ? 'out of date; wl setup' : 'missing; wl setup');
}

const printed = ({ files }: SetUpReport): Line[] =>
  files.flatMap(({ path, what, state, because, shown }, at): Line[] => [
    ...(at === 0 ? [] : ['']),
    [styled('bold', path), `  ${what}${state === 'current' ? ', in place' : ''}`],
    ...(state === 'refused' ? [[styled('red', `left as it is: ${because}`)]] : shown.trimEnd().split('\n')),
  ]);
