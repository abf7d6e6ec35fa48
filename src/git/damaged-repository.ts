import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  type Stats,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readLog } from './damaged-refs.ts';
import { type Fault, setAside } from './fault.ts';
import { errorCode } from './files/fs.ts';
import { LockOwners } from './locks.ts';
import { runGit } from './process/run.ts';
import { lastWords } from './transport.ts';

// What keeps git from opening a repository at all, or from changing it.

/** Of the repository that `dir` seems to be in, where git opens none; `undefined` where nothing looks like one. */
export async function damagedRepository(
  dir: string,
  ledger: string,
  now: number,
): Promise<Fault | undefined> {
  const gitDir = seemingGitDir(resolve(dir));
  if (gitDir === undefined) return undefined;
  const [closed] = closedParts(gitDir, [`refs/heads/${ledger}`]);
  if (closed !== undefined) return closed;
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
      if ([join(path, 'objects'), join(path, 'refs')].every((part) => isFolder(part))) return path;
    // A folder that cannot be entered.
    if (look(join(folder, '.git', 'HEAD')) === 'closed') return join(folder, '.git');
    if (folder === dirname(folder)) return undefined;
  }
}

function isFolder(path: string): boolean {
  const found = look(path);
  return typeof found === 'object' && found.isDirectory();
}

/** @returns `closed` where a folder above it cannot be entered */
function look(path: string): Stats | 'closed' | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return errorCode(error) === 'EACCES' ? 'closed' : undefined;
  }
}

/** Less than this is not enough for a transition. */
const LEAST_BYTES = 64 * 1024;

/** What is wrong with the disk that a repository is on, where nothing more fits on it. */
export function fullDisk(gitDir: string): Fault[] {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(gitDir);
    // Some file systems do not count files, or room.
    const isFull = (bavail * bsize < LEAST_BYTES && bsize > 0) || (files > 0 && ffree === 0);
    if (!isFull) return [];
    const what = files > 0 && ffree === 0 ? 'takes no more files' : 'is full';
    return [
      {
        kind: 'repository',
        wrong: `the disk of ${gitDir} ${what}, so that nothing can be fetched or made here`,
        how: 'free some space, then: wl doctor --fix',
      },
    ];
  } catch {
    // The system does not tell.
    return [];
  }
}

const PARTS = ['', 'HEAD', 'config', 'packed-refs', 'objects', 'objects/pack', 'refs', 'refs/heads'];

/** What of a repository this user may not read, or may not write. @param refs whose files and folders are parts of it, too */
export function closedParts(gitDir: string, refs: readonly string[]): Fault[] {
  const above = refs.flatMap((ref) => ref.split('/').map((_, at, words) => words.slice(0, at + 1).join('/')));
  const parts = [...new Set([...PARTS, ...above])].map((part) => join(gitDir, part));
  const unreadable: Fault[] = [];
  const unwritable: string[] = [];
  for (const path of parts) {
    const found = look(path);
    // Of what is in a folder that is closed, that is told.
    if (typeof found !== 'object') continue;
    const isFolderHere = found.isDirectory();
    if (!may(path, constants.R_OK | (isFolderHere ? constants.X_OK : 0)))
      unreadable.push(unreadablePart(path, found));
    else if (isFolderHere && !may(path, constants.W_OK)) unwritable.push(path);
  }
  const [first] = unwritable;
  if (unreadable.length > 0 || first === undefined) return unreadable;
  const more = unwritable.length === 1 ? '' : ` and ${unwritable.length - 1} folders more`;
  const wrong = `${first}${more} cannot be written, so that nothing can be made here`;
  return [
    { kind: 'repository', wrong, how: `where that is not meant, and they are yours: chmod u+w '${first}'` },
  ];
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function unreadablePart(path: string, { uid, mode }: Stats): Fault {
  const isFolderHere = (mode & constants.S_IFMT) === constants.S_IFDIR;
  const wrong = `${path} cannot be read`;
  if (uid !== process.geteuid?.())
    return { kind: 'repository', wrong, how: 'it belongs to another user: ask who owns it' };
  const right = isFolderHere ? 'u+rwx' : 'u+rw';
  return {
    kind: 'repository',
    wrong,
    how: `wl doctor --fix allows it to its owner: chmod ${right} '${path}'`,
    async repair() {
      chmodSync(path, (mode & 0o777) | (isFolderHere ? 0o700 : 0o600));
      return `allowed its owner to read and write ${path}`;
    },
  };
}

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

/** A lock that git takes is let go within moments. */
const OLD_MS = 10 * 60_000;

/** A lock that is in the way of a ledger's refs or of the configuration. */
export interface LockInTheWay {
  path: string;
  /**
   * `dead`: a process of this program made it, and is known to be gone. `old`: most likely nobody lets go of it any more. `taken`: it
   * may be somebody's who is at work.
   */
  state: 'dead' | 'old' | 'taken';
}

/** Files of a repository that a ledger's commands have git change, beside refs. */
const SHARED_FILES = ['packed-refs', 'config', 'HEAD', 'shallow'];

/** Locks on these refs, on those that only this program moves, and on files that all refs share. */
export function locksInTheWay(gitDir: string, refs: readonly string[], now: number): LockInTheWay[] {
  const owners = new LockOwners(gitDir);
  const own = locksBelow(join(gitDir, 'refs', 'work-ledger'));
  const paths = new Set([...[...refs, ...SHARED_FILES].map((name) => join(gitDir, `${name}.lock`)), ...own]);
  return [...paths].flatMap((path): LockInTheWay[] => {
    const made = dateOf(path);
    if (made === undefined) return [];
    const isOld = now - made > OLD_MS;
    return [{ path, state: owners.isDead(path, isOld) ? 'dead' : isOld ? 'old' : 'taken' }];
  });
}

/** Takes a lock away where the process that made it is known to be dead. @returns whether it did */
export const removeDeadLock = (gitDir: string, { path, state }: LockInTheWay): boolean =>
  state === 'dead' && new LockOwners(gitDir).breakDead(path, true);

/** When the file was made; `undefined` where there is none, or none that can be looked at. */
function dateOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch {
    return undefined;
  }
}

function locksBelow(folder: string): string[] {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile() && file.name.endsWith('.lock'))
      .map((file) => join(file.parentPath, file.name));
  } catch {
    // There are no such refs, or they cannot be listed: then `damaged-refs.ts` finds out.
    return [];
  }
}
