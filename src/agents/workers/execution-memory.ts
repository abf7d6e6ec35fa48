import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { WorkId } from '../../domain/ids.ts';
import type { Connection } from '../../ledger/connection.ts';
import { makeFolder, openSqlite } from '../../node.ts';

/** An execution that this clone remembers: `left` by a process that is gone, or `parked` while its item is blocked. */
export interface RememberedExecution {
  execution_id: string;
  id: WorkId;
  actor: string;
  state: 'running' | 'parked' | 'left';
  /** The process group that works for it, by `identify`; `null` where there is none, or it cannot be told from others. */
  process: string | null;
}

/** What the pools of one name in one clone remember of their executions, so that the next process finds what this one leaves. */
export interface ExecutionMemory {
  /** Remembered before the item is claimed: a claim can land after its process died. */
  remember(execution: RememberedExecution): void;
  forget(execution_id: string): void;
  /** All that this pool has to care for. */
  list(): RememberedExecution[];
  /** Takes over, as `left`, what processes of this name left that are certainly gone. */
  takeOver(): void;
  close(): void;
}

/** For pools whose ledger is in memory: what they leave goes with them. */
export class TransientMemory implements ExecutionMemory {
  readonly #known = new Map<string, RememberedExecution>();

  remember(execution: RememberedExecution): void {
    this.#known.set(execution.execution_id, execution);
  }
  forget(execution_id: string): void {
    this.#known.delete(execution_id);
  }
  list(): RememberedExecution[] {
    return [...this.#known.values()];
  }
  takeOver(): void {}
  close(): void {}
}

/**
 * A small SQLite file for each pool, locked as long as its process lives: the operating system lets go of it when the process
 * ends, however it ends. So who can lock another's file knows that its executions are left, on no word of a clock or a process id.
 */
export class FileMemory implements ExecutionMemory {
  readonly #dir: string;
  readonly #prefix: string;
  readonly #name: string;
  #opened: DatabaseSync | undefined;

  /** @param pool only what pools of this name left is taken over */
  constructor(dir: string, pool: string) {
    this.#dir = dir;
    this.#prefix = `${createHash('sha256').update(pool).digest('hex').slice(0, 16)}-`;
    this.#name = `${this.#prefix}${randomBytes(8).toString('hex')}.sqlite`;
  }

  remember({ execution_id, id, actor, state, process }: RememberedExecution): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO executions VALUES (?, ?, ?, ?, ?)')
      .run(execution_id, id, actor, state, process);
  }

  forget(execution_id: string): void {
    this.#database.prepare('DELETE FROM executions WHERE execution_id = ?').run(execution_id);
  }

  list(): RememberedExecution[] {
    return this.#opened === undefined ? [] : read(this.#opened);
  }

  takeOver(): void {
    if (!existsSync(this.#dir)) return;
    const others = readdirSync(this.#dir).filter(
      (name) => name.startsWith(this.#prefix) && name.endsWith('.sqlite') && name !== this.#name,
    );
    for (const name of others) this.#takeOver(join(this.#dir, name));
  }

  #takeOver(path: string): void {
    const other = tryOpen(path);
    if (other === undefined) return;
    try {
      for (const execution of read(other)) this.remember({ ...execution, state: 'left' });
    } finally {
      other.close();
    }
    remove(path);
  }

  close(): void {
    const left = this.list();
    this.#opened?.close();
    if (this.#opened !== undefined && left.length === 0) remove(join(this.#dir, this.#name));
    this.#opened = undefined;
  }

  get #database(): DatabaseSync {
    if (this.#opened !== undefined) return this.#opened;
    makeFolder(this.#dir);
    const database = tryOpen(join(this.#dir, this.#name));
    if (database === undefined) throw new Error(`${this.#name} is in use`);
    this.#opened = database;
    return database;
  }
}

/** What is remembered under a name is its clone's: a copy of the clone is not to give back what those of the other one do. */
export const memoryOf = ({ local, clone }: Connection, name: string): ExecutionMemory =>
  local === undefined ? new TransientMemory() : new FileMemory(join(local, 'pools', clone.name), name);

function remove(path: string): void {
  for (const file of [path, `${path}-journal`]) rmSync(file, { force: true });
}

/** @returns the file's database, locked until it is closed; `undefined` where another process has it */
function tryOpen(path: string): DatabaseSync | undefined {
  const database = openSqlite(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    database.exec(
      'CREATE TABLE IF NOT EXISTS executions (execution_id TEXT PRIMARY KEY, id TEXT, actor TEXT, state TEXT, process TEXT) STRICT',
    );
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
}

/** SQLite's own words for "someone else has it". */
const BUSY = 5;

const read = (database: DatabaseSync): RememberedExecution[] =>
  database
    .prepare('SELECT execution_id, id, actor, state, process FROM executions ORDER BY rowid')
    .all() as unknown as RememberedExecution[];
