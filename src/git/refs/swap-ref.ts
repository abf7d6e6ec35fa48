// Moves a ref as git does: under its lock, from the value that is expected, durably.
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LedgerError } from '../../domain/errors.ts';
import { traced } from '../../trace/channels.ts';
import { storing, syncFolder, writeWhole } from '../files/durable.ts';
import { errorCode, type FsLike, listFolder, type OpenFile, readText } from '../files/fs.ts';
import { type LockOwners, stillLocked } from '../locks.ts';
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

/** Long enough for many writers to take their turns, short enough that a person notices a lock that nobody holds. */
const LOCK_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 60;

/** Where locks are made, and how. */
export interface LockPlace {
  fs: FsLike;
  /** How long to wait for a lock, in milliseconds; the default suits everything but tests. */
  lockWaitMs?: number | undefined;
  /** What tells whose a lock is, where that can be told. */
  owners?: LockOwners | undefined;
}

/**
 * Git's lock on a file: `<file>.lock`, which only one process can create. Native git waits for it and is waited for.
 */
export class LockFile {
  readonly #fs: FsLike;
  readonly #target: string;
  readonly #file: OpenFile;
  readonly #owners: LockOwners | undefined;
  #held = true;

  private constructor({ fs, owners }: LockPlace, target: string, file: OpenFile) {
    this.#fs = fs;
    this.#target = target;
    this.#file = file;
    this.#owners = owners;
  }

  /**
   * Takes the lock, waiting its turn. A lock that another process left behind is removed only where its owner is
   * known to be dead: of git's own that cannot be known from here.
   *
   * @throws LedgerError `CONTENDED` where it did not come free in time
   */
  static async acquire(place: LockPlace, target: string): Promise<LockFile> {
    const path = `${target}.lock`;
    // A folder that was missing, or a lock whose owner is dead, is no wait.
    const first = (await LockFile.#try(place, target)) ?? (await LockFile.#try(place, target));
    if (first !== undefined) return first;
    const began = () => ({ lock: path, path, holder: place.owners?.holderOf(path) ?? null });
    return traced(
      'lock',
      began,
      () => LockFile.#wait(place, target),
      () => ({ outcome: 'taken' }),
    );
  }

  /** @returns `undefined` where another has the lock; where its folder was missing, or its owner is dead, the next try gets it */
  static async #try(place: LockPlace, target: string): Promise<LockFile | undefined> {
    const { fs, owners } = place;
    const path = `${target}.lock`;
    try {
      const file = await (owners?.create(path) ?? fs.promises.open(path, 'wx'));
      return new LockFile(place, target, file);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') await makeFolder(fs, dirname(path));
      else if (code !== 'EEXIST') throw error;
      else owners?.breakDead(path);
      return undefined;
    }
  }

  static async #wait(place: LockPlace, target: string): Promise<LockFile> {
    const { lockWaitMs: waitMs = LOCK_WAIT_MS } = place;
    for (let waited = 0, pause = FIRST_PAUSE_MS; ; ) {
      const file = await LockFile.#try(place, target);
      if (file !== undefined) return file;
      if (waited >= waitMs) {
        const path = `${target}.lock`;
        throw stillLocked(path, place.owners?.holderOf(path) ?? undefined);
      }
      const delay = Math.random() * pause;
      await wait(delay);
      waited += delay;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Puts `text` in the target's place and gives up the lock, in one step that other processes see whole or not at all. */
  async publish(text: string): Promise<void> {
    await this.#file.writeFile(Buffer.from(text));
    await this.#file.sync?.();
    await this.#file.close();
    await this.#fs.promises.rename(`${this.#target}.lock`, this.#target);
    this.#held = false;
    this.#owners?.forget(`${this.#target}.lock`);
    await syncFolder(this.#fs, dirname(this.#target));
  }

  /** Gives the lock up; nothing happens where `publish` did. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#file.close().catch(() => undefined);
    await this.#fs.promises.unlink(`${this.#target}.lock`);
    this.#owners?.forget(`${this.#target}.lock`);
  }
}

/** Git removes folders of refs that became empty, so one can go missing between two steps. */
async function makeFolder(fs: FsLike, path: string): Promise<void> {
  const first = await fs.promises.mkdir(path, { recursive: true });
  if (typeof first !== 'string') return;
  const top = dirname(first);
  for (let folder = dirname(path); folder.length >= top.length; folder = dirname(folder)) {
    await syncFolder(fs, folder);
    if (folder === dirname(folder)) return;
  }
}
