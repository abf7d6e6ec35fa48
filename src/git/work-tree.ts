import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { checkedOutIn } from './branch-dangers.ts';
import { diskFs } from './files/fs.ts';
import { LockOwners } from './locks.ts';
import { type GitResult, gitFailure, runGit } from './process/run.ts';
import { LockFile } from './refs/swap-ref.ts';

/** As long as git is waited for. */
const LOCK_WAIT_MS = 2_500;

/** A person's work tree, in which a merge may be under way. Only what a person asks for in so many words changes it. */
export interface WorkTree {
  top: string;
  /** The ref that is checked out, such as `refs/heads/work-ledger`; `undefined` where it is none. */
  branch: string | undefined;
  /** The commit that is being merged in; `undefined` where no merge is under way. */
  merging: string | undefined;
  /** Paths that git could not merge. */
  unmerged: string[];
}

/** @throws LedgerError `INVALID_INPUT` where `dir` is in no work tree */
export async function readWorkTree(dir: string): Promise<WorkTree> {
  const tree = await findWorkTree(dir);
  if (tree !== undefined) return tree;
  throw new LedgerError('INVALID_INPUT', `${dir} is in no work tree, so no merge is under way in it.`);
}

/** The work tree that `dir` is in; `undefined` where it is in none. */
export async function findWorkTree(dir: string): Promise<WorkTree | undefined> {
  const top = await ask(dir, ['rev-parse', '--path-format=absolute', '--show-toplevel']);
  if (top === undefined || top === '') return undefined;
  // A path has an entry for each side. A diff would say the same, and compare the work tree's files, by filters, for it.
  const listed = await run(top, ['ls-files', '--unmerged', '-z'], 'reading the merge');
  return {
    top,
    branch: await branchOf(top),
    merging: await ask(top, ['rev-parse', '--verify', '--quiet', 'MERGE_HEAD']),
    unmerged: [...new Set(listed.stdout.toString().split('\0').filter(Boolean).map(pathOf))],
  };
}

/** The ref that is checked out in the work tree that `dir` is in; `undefined` where it is none. */
export const branchOf = (dir: string): Promise<string | undefined> =>
  ask(dir, ['symbolic-ref', '--quiet', 'HEAD']);

/** Of an entry as `git ls-files` lists it: mode, object and side stand before a tab. */
const pathOf = (entry: string): string => entry.slice(entry.indexOf('\t') + 1);

/** Puts `path` into work tree and index as `commit` has it, which may be not at all. */
export async function checkoutFrom(top: string, commit: string, path: string): Promise<void> {
  const has = await ask(top, ['rev-parse', '--verify', '--quiet', `${commit}:${path}`]);
  const literal = ['--', `:(literal)${path}`];
  const args =
    has === undefined
      ? ['rm', '--quiet', '--force', '--ignore-unmatch', ...literal]
      : ['checkout', commit, ...literal];
  await run(top, args, 'taking a side');
}

export async function abortMerge(top: string): Promise<void> {
  await run(top, ['merge', '--abort'], 'ending the merge');
}

/** What is under way in a work tree, by the file of its git directory that says so. */
const UNDER_WAY = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['BISECT_START', 'a bisection'],
] as const;

/** Where the work tree was as its branch moved on, while it follows: it stays where a process died in between. */
const LEFT_AT = 'work-ledger-left-at';
/** The index that is to be, beside the one that is. */
const NEXT_INDEX = 'work-ledger-index';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export interface BranchMove {
  /** The common git directory. */
  gitDir: string;
  /** Git directories of the work trees that have the branch checked out. */
  trees: readonly string[];
  ref: string;
  /** `undefined` where the branch is made. */
  from: string | undefined;
  to: string;
}

/**
 * Moves a branch together with the work trees that have it checked out, as `git pull --ff-only` does: a person's own changes stay, and
 * where they are in the way, nothing moves. Meanwhile the index of each is locked, so that nobody commits what is half there.
 *
 * @throws LedgerError `CHECKED_OUT` where a merge or its like is under way there, or changes are in the way; `CONTENDED` where git is at
 *   work there
 */
export async function moveWithTrees<T extends { moved: boolean }>(
  { gitDir, trees, ref, from, to }: BranchMove,
  swap: () => Promise<T>,
): Promise<T> {
  const following: FollowingTree[] = [];
  try {
    for (const dir of trees) {
      const top = await topOf(gitDir, dir);
      if (top === undefined) continue;
      const tree = await FollowingTree.open({ gitDir, dir, top, ref });
      following.push(tree);
      await tree.prepare(from ?? EMPTY_TREE, to);
    }
    const result = await swap();
    if (result.moved) for (const tree of following) await tree.follow(to);
    return result;
  } finally {
    for (const tree of following) await tree.close();
  }
}

interface TreePlace {
  gitDir: string;
  /** Of the work tree: `.git`, or a folder below `.git/worktrees`. */
  dir: string;
  top: string;
  ref: string;
}

class FollowingTree {
  readonly #place: TreePlace;
  readonly #lock: LockFile;
  /** Where work tree and index are, while that is noted for this move alone. */
  #noted: string | undefined;
  #at = EMPTY_TREE;

  private constructor(place: TreePlace, lock: LockFile) {
    this.#place = place;
    this.#lock = lock;
  }

  static async open(place: TreePlace): Promise<FollowingTree> {
    const { gitDir, dir, top, ref } = place;
    const busy = underWayIn(dir);
    if (busy !== undefined) {
      const hint = busy === 'a merge' ? 'wl resolve' : `git -C '${top}' status`;
      throw checkedOut(place, `${busy} is under way there`, `End it first; this shows how: ${hint}`);
    }
    const owners = new LockOwners(gitDir);
    const lock = await LockFile.acquire({ fs: diskFs, owners, lockWaitMs: LOCK_WAIT_MS }, join(dir, 'index'));
    return new FollowingTree({ gitDir, dir, top, ref }, lock);
  }

  /** Finds out whether it can follow, without moving anything. */
  async prepare(from: string, to: string): Promise<void> {
    const { dir } = this.#place;
    this.#at = leftBehindAt(dir) ?? from;
    const index = join(dir, 'index');
    if (existsSync(index)) copyFileSync(index, join(dir, NEXT_INDEX));
    // Files that were only touched are no changes.
    await this.#git(['update-index', '-q', '--refresh']);
    const tried = await this.#git(['read-tree', '-m', '-u', '--dry-run', this.#at, to]);
    if (tried.code !== 0) throw inTheWay(this.#place, tried.stderr);
    if (leftBehindAt(dir) !== undefined) return;
    this.#noted = join(dir, LEFT_AT);
    writeFileSync(this.#noted, `${this.#at}\n`);
  }

  /** The branch has moved. Where files cannot be written now, the note stays for the next move, and for the doctor. */
  async follow(to: string): Promise<void> {
    const { dir } = this.#place;
    this.#noted = undefined;
    const done = await this.#git(['read-tree', '-m', '-u', this.#at, to]);
    if (done.code !== 0) return;
    renameSync(join(dir, NEXT_INDEX), join(dir, 'index'));
    rmSync(join(dir, LEFT_AT));
  }

  async close(): Promise<void> {
    if (this.#noted !== undefined) rmSync(this.#noted);
    rmSync(join(this.#place.dir, NEXT_INDEX), { force: true });
    await this.#lock.release();
  }

  #git(args: readonly string[]): Promise<GitResult> {
    const { dir, top } = this.#place;
    const env = { GIT_INDEX_FILE: join(dir, NEXT_INDEX) };
    return runGit({ args: ['--git-dir', dir, '--work-tree', top, ...args], cwd: top, env });
  }
}

const underWayIn = (dir: string): string | undefined =>
  UNDER_WAY.find(([file]) => existsSync(join(dir, file)))?.[1];

/** How it is with a work tree that has a branch checked out; `undefined` where there is none. */
export async function lookAtTree({
  gitDir,
  dir,
}: Omit<TreePlace, 'top'>): Promise<
  { top: string; busy: string | undefined; left: string | undefined } | undefined
> {
  const top = await topOf(gitDir, dir);
  return top === undefined ? undefined : { top, busy: underWayIn(dir), left: leftBehindAt(dir) };
}

/** Brings a work tree to its branch that did not follow it. @throws LedgerError as `moveWithTrees` */
export async function bringUpToDate({ gitDir, dir, ref }: Omit<TreePlace, 'top'>): Promise<void> {
  const to = await ask(gitDir, ['--git-dir', gitDir, 'rev-parse', '--verify', '--quiet', ref]);
  if (to === undefined) return;
  await moveWithTrees({ gitDir, trees: [dir], ref, from: to, to }, async () => ({ moved: true }));
}

/** Where a work tree was when its branch moved on, and it did not follow; `undefined` where it did. */
function leftBehindAt(dir: string): string | undefined {
  const path = join(dir, LEFT_AT);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** Where a work tree is; `undefined` where there is none, as in a bare repository or where its folder was removed. */
async function topOf(gitDir: string, dir: string): Promise<string | undefined> {
  if (dir !== gitDir) {
    const top = dirname(readFileSync(join(dir, 'gitdir'), 'utf8').trimEnd());
    // One on a disk that comes and goes is locked, and is still there.
    return existsSync(top) || existsSync(join(dir, 'locked')) ? top : undefined;
  }
  const set = (...key: string[]): Promise<string | undefined> =>
    ask(gitDir, ['--git-dir', gitDir, 'config', ...key]);
  if ((await set('--type=bool', 'core.bare')) === 'true') return undefined;
  return resolve(gitDir, (await set('core.worktree')) ?? '..');
}

/** The git directories of the work trees in which a branch is checked out, where git alone knows. */
export async function treesOf(gitDir: string, ref: string): Promise<string[]> {
  const found: string[] = [];
  for (const tree of await checkedOutIn(gitDir, ref)) {
    const dir = await ask(tree, ['rev-parse', '--absolute-git-dir']);
    if (dir !== undefined) found.push(dir);
  }
  return found;
}

/** What git says stands in the way of its bringing files up to date. */
function inTheWay(place: TreePlace, said: string): LedgerError {
  const paths = [...said.matchAll(/^\t(.+)$/gm)].map(([, path = '']) => path);
  const [, one] = /'(.+)' (?:not uptodate|would be (?:overwritten|removed))/.exec(said) ?? [];
  const named = [...paths, ...(one === undefined ? [] : [one])];
  const what = named.length === 0 ? (said.trim().split('\n', 1)[0] ?? '') : `changes to ${named[0]}`;
  return checkedOut(
    place,
    `${what} there ${named.length === 0 ? 'is' : 'are'} in the way`,
    `Commit them, or leave the branch: git -C '${place.top}' switch --detach`,
    named,
  );
}

function checkedOut({ ref, top }: TreePlace, why: string, hint: string, paths: string[] = []): LedgerError {
  const branch = ref.replace('refs/heads/', '');
  return new LedgerError('CHECKED_OUT', `${branch} is checked out in ${top}, and ${why}; it was not moved.`, {
    hint,
    details: { branch, work_tree: top, paths },
  });
}

async function run(cwd: string, args: readonly string[], what: string): Promise<GitResult> {
  const result = await runGit({ args, cwd });
  if (result.code !== 0) throw gitFailure(what, result);
  return result;
}

/** @returns what git says; `undefined` where it says no */
async function ask(cwd: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await runGit({ args, cwd });
  return code === 0 ? stdout.toString().trim() : undefined;
}

/** The commit that git understands by `name`: a branch, a tag, a beginning of its own name. `undefined` where there is none. */
export async function commitNamed(dir: string, name: string): Promise<string | undefined> {
  // Nothing that could be read as an option.
  if (name.startsWith('-')) return undefined;
  return ask(dir, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
}
