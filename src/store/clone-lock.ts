import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../domain/errors.ts';

/** How often a waiter looks, as a part of how long the wait lasts: many who wait long must not keep the machine busy with it. */
const LOOKS = 6;
const SHORTEST_MS = 2;
const LONGEST_MS = 120;

/**
 * Locks of a clone as exclusive transactions on small SQLite files: the operating system lets go of them when the process
 * ends, however it ends.
 */
export class SqliteCloneLock {
  readonly #dir: string;
  /** How long this process waited the last time, in milliseconds. */
  readonly #waited = new Map<string, number>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @see CloneLock in src/sync/ports.ts */
  async run<T>(
    name: string,
    task: () => Promise<T>,
    giveUp?: () => Promise<boolean>,
    pause: (ms: number) => Promise<void> = sleep,
  ): Promise<T | undefined> {
    const database = this.#open(name);
    const start = performance.now();
    let looks = 0;
    try {
      while (!tryLock(database)) {
        if (await giveUp?.()) {
          // What one came for is there without the lock.
          if (looks > 0) this.#waited.set(name, performance.now() - start);
          return undefined;
        }
        looks += 1;
        await pause(spacing(performance.now() - start, this.#waited.get(name) ?? 0));
      }
      this.#waited.set(name, performance.now() - start);
      return await task();
    } finally {
      database.close();
    }
  }

  #open(name: string): DatabaseSync {
    try {
      mkdirSync(this.#dir, { recursive: true });
      return new DatabaseSync(join(this.#dir, `${name}.lock.sqlite`), { timeout: 0 });
    } catch (error) {
      throw new LedgerError('PERMISSION_DENIED', `The directory ${this.#dir} cannot be written.`, {
        hint: 'Check who owns the repository, and whether its disk is full or read-only.',
        cause: error,
      });
    }
  }
}

/** Who waited longer than the last time looks more often, so that nobody is passed over again and again. */
function spacing(waited: number, usual: number): number {
  const ms = waited > usual ? waited / LOOKS / 2 : usual / LOOKS;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ms)) * (0.5 + Math.random());
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** SQLite's own words for "someone else has it". */
const BUSY = 5;

function tryLock(database: DatabaseSync): boolean {
  try {
    // Nothing is ever written, so there is nothing to roll back: a journal would be a file made and removed each time.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return false;
    throw new LedgerError('STORAGE_FAILED', `The clone's lock cannot be taken: ${String(error)}.`, {
      cause: error,
    });
  }
}

/** The same order within one process, for ledgers in memory. */
export class MemoryCloneLock {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, task: () => Promise<T>): Promise<T | undefined> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const run = before.then(task, task);
    this.#tails.set(
      name,
      run.catch(() => undefined),
    );
    return run;
  }
}
