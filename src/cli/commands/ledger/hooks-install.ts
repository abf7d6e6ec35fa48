import type { HookState, HooksReport } from '../../../hooks.ts';
import { refuse } from '../../../operations/typed.ts';
import { command, flag, text } from '../../command.ts';
import { ownProgram } from '../../package.ts';
import { columns, type Line, type Span, styled } from '../../render/line.ts';

const NOT_CURRENT = 1;

export const hooksInstallCommand = command({
  summary: 'put the hooks in place that keep what breaks a rule off the ledger',
  details:
    'Hooks that are there stay, under another name, and run after them. On a server git also checks each object that comes in (receive.fsckObjects), modes included (receive.fsck.badFilemode). Run it again after an update of the program.',
  options: {
    client: flag('--client', 'the hooks of this clone: commit-msg, pre-push, post-merge (the default)'),
    server: text('--server <dir>', 'the hook of the repository that is pushed to: pre-receive'),
    check: flag('--check', 'only tell what is there, and whether it is current'),
    shared: flag(
      '--shared',
      'also where core.hooksPath names a folder of other repositories, or of the work tree',
    ),
    remove: flag('--remove', 'take them away, and put back what was there before'),
  },
  examples: ['wl hooks install', 'wl hooks install --server /srv/git/project.git --check'],
  run: async ({ options, cli }) => {
    const { client, server, check, remove, shared } = options;
    if (client && server !== undefined)
      throw refuse('--client and --server are two things; ask for one at a time.');
    if (check && remove) throw refuse('--check changes nothing, and --remove does.');
    const { checkHooks, installHooks, removeHooks, warmIndex } = await import('../../../hooks.ts');
    const act = check ? checkHooks : remove ? removeHooks : installHooks;
    const dir = server ?? cli.openOptions.dir ?? '.';
    const report = await act({
      side: server === undefined ? 'client' : 'server',
      dir,
      program: ownProgram(),
      shared,
    });
    if (server !== undefined && act === installHooks)
      await cli.busy('making the index that pushes are judged by', () => warmIndex(server));
    return {
      kind: 'hooks',
      data: report,
      lines: linesOf(report),
      ids: report.hooks.filter(({ state }) => state === 'current').map(({ hook }) => hook),
      status: check && !report.current ? NOT_CURRENT : 0,
    };
  },
});

const WORDS: Readonly<Record<HookState['state'], Span>> = {
  current: styled('green', 'in place'),
  outdated: styled('yellow', 'outdated; wl hooks install'),
  other: styled('yellow', 'another hook'),
  missing: styled('dim', 'not there'),
};

function linesOf({ hooks, folder, reach }: HooksReport): Line[] {
  const lines = columns(
    hooks.map(({ hook, path, state, before }): Span[] => [
      styled('bold', hook),
      WORDS[state],
      before === undefined ? path : `${path}, then ${before}`,
    ]),
  );
  return [...lines, ...BEYOND[reach](folder)];
}

/** What is to be known of hooks that are not this repository's alone. */
const BEYOND: Readonly<Record<HooksReport['reach'], (folder: string) => Line[]>> = {
  repository: () => [],
  work_tree: (folder) => [
    `${folder} is part of the work tree (core.hooksPath): what is committed of it names paths of this machine`,
  ],
  others: (folder) => [
    `${folder} has the hooks of every repository that names it (core.hooksPath), and not of this one alone; for its own: git config core.hooksPath "$(git rev-parse --path-format=absolute --git-common-dir)/hooks"`,
  ],
};
