import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readLog } from './damaged-refs.ts';
import { type Fault, setAside } from './fault.ts';
import { runGit } from './process/run.ts';
import { lastWords } from './transport.ts';

// What keeps git from opening a repository at all.

/** Of the repository that `dir` seems to be in, where git opens none; `undefined` where nothing looks like one. */
export async function damagedRepository(
  dir: string,
  ledger: string,
  now: number,
): Promise<Fault | undefined> {
  const gitDir = seemingGitDir(resolve(dir));
  if (gitDir === undefined) return undefined;
  const head = damagedHead(gitDir, ledger, now);
  if (head !== undefined) return head;
  const asked = await runGit({ args: ['--git-dir', gitDir, 'rev-parse', '--git-dir'], cwd: gitDir });
  if (asked.code === 0) return undefined;
  const said = asked.stderr;
  const [, line, file] = /bad config (?:line (\d+)|variable .*) in (?:file )?(\S+)/.exec(said) ?? [];
  if (/config/.test(said))
    return {
      kind: 'config',
      wrong: `git cannot read its configuration: ${lastWords(said)}`,
      how:
        line === undefined
          ? `mend it by hand: git help config`
          : `look at line ${line} of ${file}, and mend it by hand`,
    };
  return {
    kind: 'repository',
    wrong: `git does not open ${gitDir}: ${lastWords(said)}`,
    how: 'ask git: git status',
  };
}

function seemingGitDir(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    for (const path of [join(folder, '.git'), folder])
      if (isFolder(join(path, 'objects')) && isFolder(join(path, 'refs'))) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const HEAD = /^(?:ref:\s*refs\/\S+|[0-9a-f]{40})\s*$/;

function damagedHead(gitDir: string, ledger: string, now: number): Fault | undefined {
  const path = join(gitDir, 'HEAD');
  const there = existsSync(path);
  if (there && HEAD.test(readFileSync(path, 'latin1'))) return undefined;
  const wrong = there ? `${path} names no branch and no commit` : `${path} is gone`;
  const branch = lastBranch(gitDir, ledger);
  if (branch === undefined)
    return {
      kind: 'repository',
      wrong: `${wrong}, and git opens no repository without it`,
      how: `write into it which branch is checked out: ref: refs/heads/BRANCH`,
    };
  return {
    kind: 'repository',
    wrong: `${wrong}, and git opens no repository without it`,
    how: `wl doctor --fix has it name ${branch} again`,
    async repair() {
      const done = there ? [setAside(gitDir, path, now)] : [];
      writeFileSync(path, `ref: refs/heads/${branch}\n`, { flag: 'wx' });
      return [...done, `wrote ${path}: ${branch} is checked out`].join('; ');
    },
  };
}

/** The branch that was checked out last, or the only one there is. */
function lastBranch(gitDir: string, ledger: string): string | undefined {
  const branches = branchesIn(gitDir);
  const moves = readLog(gitDir, 'HEAD').reverse();
  const checkouts = moves.flatMap(({ by }) => /^checkout: moving from \S+ to (\S+)$/.exec(by)?.[1] ?? []);
  const [last] = checkouts;
  if (last !== undefined) return branches.has(last) ? last : undefined;
  const others = [...branches].filter((name) => name !== ledger);
  // Nothing was ever checked out but what the repository began with.
  return others.length === 0 ? 'main' : others.length === 1 ? others[0] : undefined;
}

function branchesIn(gitDir: string): Set<string> {
  const folder = join(gitDir, 'refs', 'heads');
  const loose = isFolder(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
  const path = join(gitDir, 'packed-refs');
  const packed = existsSync(path) ? readFileSync(path, 'latin1').matchAll(/ refs\/heads\/(\S+)$/gm) : [];
  const files = loose.filter((name) => !name.endsWith('.lock') && !isFolder(join(folder, name)));
  return new Set([
    ...files.map((name) => name.replaceAll('\\', '/')),
    ...[...packed].map(([, name = '']) => name),
  ]);
}
