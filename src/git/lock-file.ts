import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LedgerError } from '../domain/errors.ts';
import { syncFolder } from './atomic-fs.ts';
import { errorCode, type FsLike, type OpenFile } from './fs-like.ts';

/** Long enough for many writers to take their turns, short enough that a person notices a lock that nobody holds. */
const LOCK_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 60;

/**
 * Git's lock on a file: `<file>.lock`, which only one process can create. Native git waits for it and is waited for.
 */
export class LockFile {
  readonly #fs: FsLike;
  readonly #target: string;
  readonly #file: OpenFile;
  #held = true;

  private constructor(fs: FsLike, target: string, file: OpenFile) {
    this.#fs = fs;
    this.#target = target;
    this.#file = file;
  }

  /**
   * Takes the lock, waiting its turn. A lock that another process left behind is never removed: whether its owner still
   * lives cannot be known from here.
   *
   * @throws LedgerError `CONTENDED` where it did not come free in `waitMs`
   */
  static async acquire(fs: FsLike, target: string, waitMs: number = LOCK_WAIT_MS): Promise<LockFile> {
    const path = `${target}.lock`;
    for (let waited = 0, pause = FIRST_PAUSE_MS; ; ) {
      try {
        return new LockFile(fs, target, await fs.promises.open(path, 'wx'));
      } catch (error) {
        const code = errorCode(error);
        if (code === 'ENOENT') await makeFolder(fs, dirname(path));
        else if (code !== 'EEXIST') throw error;
        else if (waited >= waitMs) throw stillLocked(path);
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
    await syncFolder(this.#fs, dirname(this.#target));
  }

  /** Gives the lock up; nothing happens where `publish` did. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#file.close().catch(() => undefined);
    await this.#fs.promises.unlink(`${this.#target}.lock`);
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

/** Whether a lock's owner still lives cannot be known from here, so it is named and never removed. */
export function stillLocked(path: string | undefined): LedgerError {
  const what = path ?? "a ref's lock";
  return new LedgerError('CONTENDED', `Another process holds ${what} and did not let go in time.`, {
    hint: 'Try again. If no git process is running here, one that died has left the file behind.',
    details: { lock: path ?? null },
  });
}
