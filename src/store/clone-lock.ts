import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../domain/errors.ts';

const POLL_MS = 4;

/**
 * Locks of a clone as exclusive transactions on small SQLite files: the operating system lets go of them when the process
 * ends, however it ends.
 */
export class SqliteCloneLock {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @see CloneLock in src/sync/ports.ts */
  async run<T>(
    name: 'commit' | 'push' | 'index',
    task: () => Promise<T>,
    giveUp?: () => Promise<boolean>,
  ): Promise<T | undefined> {
    const database = this.#open(name);
    try {
      while (!tryLock(database)) {
        if (await giveUp?.()) return undefined;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS * (0.5 + Math.random())));
      }
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

/** SQLite's own words for "someone else has it". */
const BUSY = 5;

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
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

  async run<T>(name: 'commit' | 'push' | 'index', task: () => Promise<T>): Promise<T | undefined> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const run = before.then(task, task);
    this.#tails.set(
      name,
      run.catch(() => undefined),
    );
    return run;
  }
}
