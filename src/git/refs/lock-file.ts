import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LedgerError } from '../../domain/errors.ts';
import { traced } from '../../trace/channels.ts';
import { syncFolder } from '../files/durable.ts';
import { errorCode, type FsLike, type OpenFile } from '../files/fs.ts';
import type { LockOwners } from '../locks.ts';

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
      if (waited >= waitMs) throw stillLocked(`${target}.lock`);
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

export function stillLocked(path: string | undefined): LedgerError {
  const what = path ?? "a ref's lock";
  return new LedgerError('CONTENDED', `Another process holds ${what} and did not let go in time.`, {
    hint: 'Try again. If no git process is running here, one that died has left the file behind.',
    details: { lock: path ?? null },
  });
}
