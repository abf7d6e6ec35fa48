// The refs of a clone: by files and their logs, or by git where it keeps them otherwise.
import { dirname, join } from 'node:path';
import { CatFile } from './cat-file.ts';
import { PLAIN_TRAITS, type RepositoryTraits } from './config/interpret.ts';
import { diskFs, errorCode, type FsLike, readText } from './files/fs.ts';
import { LockOwners, stillLocked } from './locks.ts';
import { type GitResult, gitFailure, runGit } from './process/run.ts';
import { BRANCH, followRef, listRefs, type RefPlace, readRef, treesWith } from './refs/ref-files.ts';
import { type SwapResult, swapRef } from './refs/swap-ref.ts';
import type { RefReader } from './repository.ts';

/** As long as git is waited for. */
const LOCK_WAIT_MS = 2_500;

/** The refs of a clone: read, and moved by compare-and-swap. */
export interface Refs extends RefReader {
  /** @see swapRef in refs/swap-ref.ts */
  swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult>;
}

/** Refs as files, by git's own protocol; by git itself where a clone has them otherwise, or shares them in a group. */
export function openRefs(
  gitDir: string,
  traits: RepositoryTraits = PLAIN_TRAITS,
  log: Omit<RefLogOptions, 'reflogs'>,
): Refs {
  const refs =
    !traits.fileRefs || traits.groupShared
      ? new GitRefs(gitDir)
      : new DiskRefs({
          fs: diskFs,
          gitdir: gitDir,
          lockWaitMs: LOCK_WAIT_MS,
          owners: new LockOwners(gitDir),
          log: new RefLog({ ...log, reflogs: traits.reflogs }),
        });
  return new FollowedRefs(gitDir, traits.fileRefs, refs);
}

/** @see treesWith */
export const treesAt = (gitDir: string, ref: string): Promise<string[]> =>
  treesWith({ fs: diskFs, gitdir: gitDir }, ref);

/**
 * Refs whose work trees follow: where a branch is checked out, it moves as `git pull --ff-only` moves it, or not at all. A work tree that
 * stayed behind would look as if somebody had taken back there what the move brought, and the next commit would do so.
 */
class FollowedRefs implements Refs {
  readonly #gitDir: string;
  readonly #headIsFile: boolean;
  readonly #refs: Refs;

  constructor(gitDir: string, headIsFile: boolean, refs: Refs) {
    this.#gitDir = gitDir;
    this.#headIsFile = headIsFile;
    this.#refs = refs;
  }

  readRef(ref: string): Promise<string | undefined> {
    return this.#refs.readRef(ref);
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: string }[]> {
    return this.#refs.listRefs(prefix);
  }

  async swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult> {
    const swap = (): Promise<SwapResult> => this.#refs.swap(ref, expected, next);
    if (next === undefined || next === expected || !BRANCH.test(ref)) return swap();
    const trees = this.#headIsFile
      ? await treesAt(this.#gitDir, ref)
      : await (await import('./work-tree.ts')).treesOf(this.#gitDir, ref);
    if (trees.length === 0) return swap();
    const current = await this.#refs.readRef(ref);
    if (current !== expected) return { moved: false, current };
    const { moveWithTrees } = await import('./work-tree.ts');
    return moveWithTrees({ gitDir: this.#gitDir, trees, ref, from: expected, to: next }, swap);
  }

  close(): void {
    this.#refs.close();
  }
}

class DiskRefs implements Refs {
  readonly #place: RefPlace;

  constructor(place: RefPlace) {
    this.#place = place;
  }

  readRef(ref: string): Promise<string | undefined> {
    return readRef(this.#place, ref);
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: string }[]> {
    return listRefs(this.#place, prefix);
  }

  /** A ref that only points to another moves that one, as in git; it is not removed through it. */
  async swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult> {
    const name = next === undefined ? ref : (await followRef(this.#place, ref)).name;
    return swapRef(this.#place, name, expected, next);
  }

  close(): void {
    // Nothing stays open.
  }
}

const NONE = '0'.repeat(40);
const LOGGED = /^refs\/(heads|remotes|notes)\//;

export interface RefLogOptions {
  reflogs: RepositoryTraits['reflogs'];
  identity: { name: string; email: string };
  /** What stands beside each move. */
  message: string;
}

/** Writes down how refs move, where and as git does: `git reflog` shows it. */
export class RefLog {
  readonly #options: RefLogOptions;

  constructor(options: RefLogOptions) {
    this.#options = options;
  }

  /** Logs a move that is about to be made; its lock must be held. Where the ref is checked out, `HEAD` moves too. */
  async add(fs: FsLike, gitdir: string, ref: string, from: string | undefined, to: string): Promise<void> {
    const { identity, message } = this.#options;
    const at = Math.floor(Date.now() / 1000);
    const line = `${from ?? NONE} ${to} ${identity.name} <${identity.email}> ${at} +0000\t${message}\n`;
    await this.#append(fs, gitdir, ref, line);
    if ((await readText(fs, join(gitdir, 'HEAD')))?.trimEnd() === `ref: ${ref}`) {
      await this.#append(fs, gitdir, 'HEAD', line);
    }
  }

  async #append(fs: FsLike, gitdir: string, ref: string, line: string): Promise<void> {
    const path = join(gitdir, 'logs', ref);
    if (!this.#begins(ref) && (await readText(fs, path)) === undefined) return;
    try {
      await append(fs, path, line);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await fs.promises.mkdir(dirname(path), { recursive: true });
      await append(fs, path, line);
    }
  }

  /**
   * Whether a log is begun for a ref that has none. A branch always has one, also in a bare repository: where a fetch overwrites it
   * there, git then notes what it was, and keeps that.
   */
  #begins(ref: string): boolean {
    const { reflogs } = this.#options;
    return (
      reflogs === 'all' ||
      BRANCH.test(ref) ||
      (reflogs === 'branches' && (ref === 'HEAD' || LOGGED.test(ref)))
    );
  }
}

async function append(fs: FsLike, path: string, line: string): Promise<void> {
  const file = await fs.promises.open(path, 'a');
  try {
    await file.writeFile(Buffer.from(line));
  } finally {
    await file.close();
  }
}

/** Another process holds a ref's lock for a few milliseconds at most; each try waits 100 by itself. */
const REF_LOCK_TRIES = 20;

/** Refs by git itself, for a repository that keeps them in a way of its own. */
export class GitRefs {
  readonly #gitDir: string;
  readonly #names: CatFile;

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
    this.#names = new CatFile(gitDir, 'names');
  }

  async readRef(ref: string): Promise<string | undefined> {
    return (await this.#names.ask(ref))?.oid;
  }

  async listRefs(prefix: string): Promise<{ ref: string; oid: string }[]> {
    const pattern = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
    const result = await this.#run(
      ['for-each-ref', '--format=%(objectname) %(refname)', '--end-of-options', pattern],
      '',
    );
    if (result.code !== 0) throw gitFailure('reading refs', result);
    return result.stdout
      .toString()
      .split('\n')
      .map((line) => ({ ref: line.slice(41), oid: line.slice(0, 40) }))
      .filter(({ ref }) => ref !== '' && ref.startsWith(prefix));
  }

  /** @see swapRef in refs/swap-ref.ts */
  async swap(ref: string, expected: string | undefined, next: string | undefined): Promise<SwapResult> {
    const input = ['start', refChange(ref, expected, next), 'prepare', 'commit', ''].join('\n');
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#run(['update-ref', '--no-deref', '--stdin'], input);
      if (result.code === 0) return { moved: true };
      const current = await this.readRef(ref);
      // One that was killed may have moved the ref before.
      if (current === next && next !== expected && /was ended by/.test(result.stderr)) return { moved: true };
      if (current !== expected) return { moved: false, current };
      if (!/File exists|Unable to create '[^']+\.lock'/.test(result.stderr))
        throw gitFailure('moving a ref', result);
      if (attempt >= REF_LOCK_TRIES) throw lockedFor(result);
      await new Promise((resolve) => setTimeout(resolve, 2 + Math.random() * 10));
    }
  }

  close(): void {
    this.#names.close();
  }

  #run(args: readonly string[], input: string): Promise<GitResult> {
    return runGit({ args: ['--git-dir', this.#gitDir, ...args], cwd: this.#gitDir, input });
  }
}

function refChange(ref: string, expected: string | undefined, next: string | undefined): string {
  if (next === undefined) return `delete ${ref}${expected === undefined ? '' : ` ${expected}`}`;
  return expected === undefined ? `create ${ref} ${next}` : `update ${ref} ${next} ${expected}`;
}

const lockedFor = ({ stderr }: GitResult) =>
  stillLocked(/Unable to create '([^']+\.lock)'/.exec(stderr)?.[1]);
