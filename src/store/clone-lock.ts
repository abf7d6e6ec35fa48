import { closeSync, constants, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { LedgerError } from '../domain/errors.ts';
import { makeFolder, modesAt, openSqlite } from '../node.ts';
import { type LockHolder, type LockTrace, traced } from '../trace/channels.ts';

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
    const path = join(this.#dir, `${name}.lock.sqlite`);
    const database = this.#open(path);
    try {
      const began = () => ({ lock: name, path, holder: null });
      const wait = (record?: LockTrace) => this.#wait(database, name, giveUp, pause, record);
      if (tryLock(database)) this.#waited.set(name, 0);
      else if (!(await traced('lock', began, wait, ended))) return undefined;
      leaveNote(path);
      return await task();
    } finally {
      database.close();
    }
  }

  /** @see CloneLock in src/sync/ports.ts */
  async holder(name: string): Promise<LockHolder | undefined> {
    return (await holderOf(join(this.#dir, `${name}.lock.sqlite`))) ?? undefined;
  }

  /** @returns false where what one came for is there without the lock */
  async #wait(
    database: DatabaseSync,
    name: string,
    giveUp: (() => Promise<boolean>) | undefined,
    pause: (ms: number) => Promise<void>,
    record: LockTrace | undefined,
  ): Promise<boolean> {
    const start = performance.now();
    for (let looks = 0; ; looks += 1) {
      if (record !== undefined) record.holder = (await holderOf(record.path)) ?? record.holder;
      // What one came for can have come with the lock: whoever let go did it.
      const isDone = await giveUp?.();
      const isOver = isDone || (looks > 0 && tryLock(database));
      if (isOver && looks > 0) this.#waited.set(name, performance.now() - start);
      if (isOver) return !isDone;
      await pause(spacing(performance.now() - start, this.#waited.get(name) ?? 0));
    }
  }

  #open(path: string): DatabaseSync {
    try {
      makeFolder(this.#dir);
      return openSqlite(path, { timeout: 0 });
    } catch (error) {
      throw new LedgerError('PERMISSION_DENIED', `The directory ${this.#dir} cannot be written.`, {
        hint: 'Check who owns the repository, and whether its disk is full or read-only.',
        cause: error,
      });
    }
  }
}

const ended = (locked: boolean): Partial<LockTrace> => ({ outcome: locked ? 'taken' : 'passed' });

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

/** SQLite's own range of bytes for locks, in every file. */
const FIRST_BYTE = 0x40000000;
const LAST_BYTE = FIRST_BYTE + 511;

/** What a holder leaves beside the lock about itself. It stays when the lock is let go, so the lock alone tells that it is held. */
type Note = Required<Pick<LockHolder, 'pid' | 'host' | 'since' | 'command'>>;

/** Longer than any note, so that nothing of the one before is left behind it. */
const NOTE_LENGTH = 500;
const LONGEST_COMMAND = 80;

const notePath = (path: string): string => path.replace(/sqlite$/, 'json');

function leaveNote(path: string): void {
  const [, program = 'node', verb = ''] = process.argv;
  const command = `${basename(program)} ${verb.startsWith('-') ? '' : verb}`.trim().slice(0, LONGEST_COMMAND);
  const note: Note = { pid: process.pid, host: hostname(), since: new Date().toISOString(), command };
  try {
    // Written over what was there: a file that is cut first goes to the disk at once on some systems.
    const file = openSync(notePath(path), constants.O_WRONLY | constants.O_CREAT, modesAt(path).file);
    writeSync(file, JSON.stringify(note).padEnd(NOTE_LENGTH));
    closeSync(file);
  } catch {
    // It is for those who wait to say whom they wait for; nothing rests on it.
  }
}

function readNote(path: string): Note | undefined {
  try {
    const { pid, host, since, command } = JSON.parse(readFileSync(notePath(path), 'utf8'));
    const texts = [host, since, command].every((text) => typeof text === 'string');
    return texts && Number.isSafeInteger(pid) ? { pid, host, since, command } : undefined;
  } catch {
    return undefined;
  }
}

/** The process that has a lock on the file: as the system tells, and what it left word of. */
async function holderOf(path: string): Promise<LockHolder | null> {
  // Loaded when somebody listens while somebody waits.
  const { stateOf } = await import('../git/locks.ts');
  const [note, pid] = [readNote(path), pidOf(path)];
  if (pid === null) return null;
  if (pid !== undefined) return { ...(note?.pid === pid ? note : { pid }), state: stateOf(pid) };
  if (note === undefined) return null;
  const state = note.host === hostname() ? stateOf(note.pid) : 'unknown';
  return state === 'ended' ? null : { ...note, state };
}

/** As the system lists locks, on Linux; `null` where nobody has it, `undefined` where that is not told. */
function pidOf(path: string): number | null | undefined {
  try {
    const inode = String(statSync(path).ino);
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      // 1: POSIX  ADVISORY  WRITE 4242 08:01:1311 1073741826 1073742335
      const [, kind, , access, pid = '', file = '', first = ''] = line.split(/ +/);
      if (kind !== 'POSIX' || access !== 'WRITE' || !file.endsWith(`:${inode}`)) continue;
      // Of a process that is not seen from here, as in another container, there is no id.
      if (Number(first) >= FIRST_BYTE && Number(first) <= LAST_BYTE)
        return Number(pid) > 0 ? Number(pid) : undefined;
    }
    return null;
  } catch {
    // Not on Linux, or locks are not shown.
  }
  return undefined;
}

/** The locks of these names that some process has now, and which, where the system tells. Waits for none. */
export async function heldLocks(
  dir: string,
  names: readonly string[],
): Promise<{ lock: string; holder: LockHolder | null }[]> {
  const held: { lock: string; holder: LockHolder | null }[] = [];
  for (const lock of names) {
    const path = join(dir, `${lock}.lock.sqlite`);
    if (existsSync(path) && isHeld(path)) held.push({ lock, holder: await holderOf(path) });
  }
  return held;
}

function isHeld(path: string): boolean {
  try {
    const database = openSqlite(path, { timeout: 0 });
    try {
      return !tryLock(database);
    } finally {
      database.close();
    }
  } catch {
    // It cannot be opened, or is no lock: nobody has it.
    return false;
  }
}
