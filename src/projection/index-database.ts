import fs, { existsSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { messageOf } from '../domain/errors.ts';
import { makeFolder, openSqlite } from '../node.ts';
import { INDEX_VERSION, ITEM_INDEXES, LOG_INDEXES, TABLES } from './schema.ts';

/** Milliseconds that another process may take for one transaction. */
const BUSY_MS = 5_000;
/** Statements that are kept ready. How many values a question asks for is in its text, so there is no end of them. */
const MOST_STATEMENTS = 100;
/** SQLite's codes for a file that is no index: damaged, or something else altogether. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);
/** SQLite's code for a file that another process has. */
const BUSY = 5;
/** SQLite's code for a file that was removed or replaced while it was open. */
const MOVED = 1032;

export type Row = Readonly<Record<string, string | number | null>>;

/** Where the index is, and why it is not in its file, if so. */
export type IndexPlace = { kind: 'file'; path: string } | { kind: 'memory'; reason: string | undefined };

/**
 * The index's tables, in a file of the clone or, where that cannot be, in memory. Everything in it follows from git, so
 * what is damaged is made anew.
 */
export class IndexDatabase {
  readonly place: IndexPlace;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(database: DatabaseSync, place: IndexPlace) {
    this.#database = database;
    this.place = place;
  }

  /** @param dir where its file may stand; `undefined` keeps it in memory */
  static open(dir: string | undefined): IndexDatabase {
    if (dir === undefined) return IndexDatabase.inMemory(undefined);
    try {
      return IndexDatabase.#inFile(dir);
    } catch (error) {
      if (!isDamaged(error)) return IndexDatabase.inMemory(messageOf(error));
    }
    return IndexDatabase.renew(dir);
  }

  /** Removes the file and begins a new one. */
  static renew(dir: string): IndexDatabase {
    try {
      const path = indexPath(dir);
      for (const file of [path, `${path}-journal`]) rmSync(file, { force: true });
      return IndexDatabase.#inFile(dir);
    } catch (error) {
      return IndexDatabase.inMemory(messageOf(error));
    }
  }

  static inMemory(reason: string | undefined): IndexDatabase {
    const database = openSqlite(':memory:', { timeout: 0 });
    const index = new IndexDatabase(database, { kind: 'memory', reason });
    index.#makeTables();
    return index;
  }

  static #inFile(dir: string): IndexDatabase {
    const path = indexPath(dir);
    if (!existsSync(path)) makeFolder(dir);
    const database = openSqlite(path, { timeout: BUSY_MS });
    try {
      // Safe against a crash of the process and, unlike the faster modes, on a file that somebody removes or replaces.
      const index = new IndexDatabase(database, { kind: 'file', path });
      if (index.get('PRAGMA user_version')?.user_version !== INDEX_VERSION) index.#create();
      database.exec('PRAGMA synchronous = NORMAL');
      return index;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Of two processes that come first, one makes the tables. */
  #create(): void {
    this.#database.exec('PRAGMA journal_mode = TRUNCATE');
    this.write(() => {
      if (this.get('PRAGMA user_version')?.user_version === INDEX_VERSION) return;
      this.#makeTables();
      this.#database.exec(`PRAGMA user_version = ${INDEX_VERSION}`);
    });
  }

  #makeTables(): void {
    this.#database.exec(TABLES + LOG_INDEXES);
    this.makeItemIndexes();
  }

  dropItemIndexes(): void {
    for (const name of Object.keys(ITEM_INDEXES)) this.#database.exec(`DROP INDEX IF EXISTS ${name}`);
  }

  makeItemIndexes(): void {
    for (const [name, on] of Object.entries(ITEM_INDEXES))
      this.#database.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`);
  }

  /** While much is written that can be read again: no waiting for the disk, and room for all of it in memory. */
  set hurried(hurried: boolean) {
    this.#database.exec(
      hurried
        ? 'PRAGMA synchronous = OFF; PRAGMA cache_size = -65536'
        : 'PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000',
    );
  }

  /** Forgets every item, and the tip; history stays. */
  clearItems(): void {
    for (const table of ['items', 'edges', 'strays']) this.run(`DELETE FROM ${table}`);
    this.run("DELETE FROM meta WHERE key <> 'log'");
    this.run("INSERT INTO words (words) VALUES ('delete-all')");
  }

  clear(): void {
    this.clearItems();
    for (const table of ['meta', 'transitions', 'keys']) this.run(`DELETE FROM ${table}`);
  }

  /** Runs `task` on one state of the index, whatever other processes do. */
  read<T>(task: () => T): T {
    return this.#transaction('BEGIN', task);
  }

  /** Runs `task` alone among all processes: all of it is written, or nothing. */
  write<T>(task: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', task);
  }

  #transaction<T>(begin: string, task: () => T): T {
    this.#database.exec(begin);
    try {
      const result = task();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepared(sql).run(...values);
  }

  meta(key: string): string | undefined {
    const value = this.get('SELECT value FROM meta WHERE key = ?', key)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  setMeta(key: string, value: string | undefined): void {
    if (value === undefined) this.run('DELETE FROM meta WHERE key = ?', key);
    else this.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, value);
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    const statement = known ?? this.#database.prepare(sql);
    if (known !== undefined) this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > MOST_STATEMENTS && oldest !== undefined) this.#statements.delete(oldest);
    return statement;
  }
}

/** Versions of the program that differ in their tables have a file each. */
export const indexPath = (dir: string): string => join(dir, `index-v${INDEX_VERSION}.sqlite`);

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined;

/** A failure of the index: who makes it does not come to an end. */
export const heldIndex = (holder: string): Error =>
  Object.assign(new Error(`${holder} holds it`), { errcode: BUSY });

/** True for a failure of the index itself, which is never a failure of the ledger. */
export const isIndexFailure = (error: unknown): boolean => codeOf(error) !== undefined;

/** True where the file is to be thrown away: it is damaged, or no longer the one at its path. */
export function isDamaged(error: unknown): boolean {
  const code = codeOf(error);
  // A statement that does not fit the tables finds an index that something else has made.
  return code !== undefined && (DAMAGED.has(code & 0xff) || code === MOVED || code === 1);
}

/** Linux's numbers of file systems that are on another machine: NFS, SMB and CIFS, 9p, AFS, Ceph, and FUSE, which can be. */
const ELSEWHERE: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x00c36400, 0x65735546,
]);

/**
 * Where a clone's index may stand: with the clone, or in the user's cache where the clone is on a network file system, whose
 * locks SQLite cannot rely on.
 *
 * @param typeOf Linux's number of the file system that a folder is on
 * @returns `undefined` where there is no such place
 */
export function indexDirectory(
  local: string,
  typeOf: (dir: string) => number = (dir) => fs.statfsSync(dir).type,
): string | undefined {
  const isLocal = (dir: string): boolean => {
    try {
      return !ELSEWHERE.has(typeOf(dir));
    } catch {
      // It is not there, or the system does not tell: then opening the index tells.
      return true;
    }
  };
  // It was found to be a place for it before.
  if (existsSync(indexPath(local)) || isLocal(dirname(local))) return local;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  // Of two clones that come to one name, each finds the other's tip, and reads its own ledger again.
  const name = local.replaceAll(/[^\w.-]+/g, '_').slice(-150);
  return isLocal(cache) ? join(cache, 'work-ledger', name) : undefined;
}
