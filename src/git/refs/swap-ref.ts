import { dirname, join } from 'node:path';
import { LedgerError } from '../../domain/errors.ts';
import type { RepositoryTraits } from '../config/interpret.ts';
import { storing, syncFolder, writeWhole } from '../files/durable.ts';
import { errorCode, type FsLike, listFolder, readText } from '../files/fs.ts';
import { LockFile } from './lock-file.ts';
import {
  assertRefName,
  listRefs,
  type RefPlace,
  readOwnValue,
  readPackedRefs,
  withoutPackedRef,
} from './ref-files.ts';

export type SwapResult = { moved: true } | { moved: false; current: string | undefined };

/**
 * Moves `ref` from `expected` to `next` iff it is still at `expected`; `undefined` stands for a ref that does not exist.
 *
 * Speaks git's own protocol (`<ref>.lock`, compare, rename), so it holds against native git processes too. The move is
 * durable when this returns.
 *
 * @throws LedgerError `CONTENDED` where another process kept the lock; `INVALID_INPUT` where the name is no ref's, is a
 *   symbolic ref's, or stands in the way of another ref; `STORAGE_FAILED`
 */
export async function swapRef(
  place: RefPlace,
  ref: string,
  expected: string | undefined,
  next: string | undefined,
): Promise<SwapResult> {
  assertRefName(ref);
  return storing(`Moving ${ref}`, () => swap(place, ref, expected, next));
}

async function swap(
  place: RefPlace,
  ref: string,
  expected: string | undefined,
  next: string | undefined,
): Promise<SwapResult> {
  // Looking before locking keeps writers that have lost already out of the queue.
  const seen = await currentValue(place, ref);
  if (seen !== expected) return { moved: false, current: seen };
  const path = join(place.gitdir, ref);
  const lock = await lockRef(place, ref, path);
  try {
    const current = await currentValue(place, ref);
    if (current !== expected) return { moved: false, current };
    if (next === expected) return { moved: true };
    if (next === undefined) await removeRef(place, ref, path);
    else {
      if (current === undefined) await assertFree(place, ref, path);
      await place.log?.add(place.fs, place.gitdir, ref, current, next);
      await lock.publish(`${next}\n`);
    }
    return { moved: true };
  } finally {
    await lock.release();
  }
}

async function currentValue(place: RefPlace, ref: string): Promise<string | undefined> {
  const value = await readOwnValue(place, ref);
  if (value?.kind === 'symbolic') {
    throw new LedgerError(
      'INVALID_INPUT',
      `${ref} only points to ${value.target}, and is not moved by itself.`,
    );
  }
  return value?.oid;
}

async function lockRef(place: RefPlace, ref: string, path: string): Promise<LockFile> {
  try {
    return await LockFile.acquire(place, path);
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR' || errorCode(error) === 'EEXIST') throw inTheWay(ref);
    throw error;
  }
}

/** Git keeps refs as paths: `refs/a` and `refs/a/b` cannot both exist, not even when one of them is packed. */
async function assertFree(place: RefPlace, ref: string, path: string): Promise<void> {
  const packed = await readPackedRefs(place);
  const above = [...packed.keys()].some((other) => ref.startsWith(`${other}/`));
  if (above || (await listRefs(place, `${ref}/`)).length > 0) throw inTheWay(ref);
  await removeEmptyFolders(place.fs, path);
}

/** Folders that lost their last ref stay behind, and would be in the way of a file. */
async function removeEmptyFolders(fs: FsLike, path: string): Promise<void> {
  for (const name of await listFolder(fs, path)) await removeEmptyFolders(fs, join(path, name));
  await fs.promises.rmdir(path).catch(() => undefined);
}

function inTheWay(ref: string): LedgerError {
  return new LedgerError(
    'INVALID_INPUT',
    `${ref} cannot be made: another ref's name begins with it, or it with another's.`,
  );
}

/**
 * The packed value goes first, or the old one would come back to light for a moment. `packed-refs` stays locked to the end,
 * so that nobody packs the very ref that is being removed.
 */
async function removeRef(place: RefPlace, ref: string, path: string): Promise<void> {
  const packedPath = join(place.gitdir, 'packed-refs');
  const lock = await LockFile.acquire(place, packedPath);
  try {
    const text = (await readText(place.fs, packedPath)) ?? '';
    const rest = withoutPackedRef(text, ref);
    if (rest !== text) await writeWhole(place.fs, packedPath, Buffer.from(rest), 0o666);
    await removeFile(place.fs, path);
  } finally {
    await lock.release();
  }
  await place.fs.promises.unlink(join(place.gitdir, 'logs', ref)).catch(() => undefined);
}

async function removeFile(fs: FsLike, path: string): Promise<void> {
  try {
    await fs.promises.unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return;
  }
  await syncFolder(fs, dirname(path));
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

  /** Whether a log is begun for a ref that has none. */
  #begins(ref: string): boolean {
    const { reflogs } = this.#options;
    return reflogs === 'all' || (reflogs === 'branches' && (ref === 'HEAD' || LOGGED.test(ref)));
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
