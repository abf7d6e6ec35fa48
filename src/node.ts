// What this package asks of Node. Any Node can read this file, and every layer may import it.
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite';

/** What has to be installed where `version` is too old; `undefined` where the package runs on it. */
export function lackOf(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // Node 23 ended before it got what the index needs of SQLite; 22.16 has it.
  if (major >= 24 || (major === 22 && minor >= 16)) return undefined;
  return `work-ledger runs on Node 22.16 and newer, without 23, and this is Node ${version}: install Node 24 from https://nodejs.org, and put it first on PATH.`;
}

type Sqlite = typeof import('node:sqlite');
let loaded: Sqlite | undefined;

/**
 * Opens a file of SQLite, or with `:memory:` none.
 *
 * @param timeout milliseconds to wait for another process that has it locked
 */
export function openSqlite(path: string, { timeout }: { timeout: number }): DatabaseSync {
  loaded ??= loadSqlite();
  // Node 22.16 has this option; the types of Node 22 leave it out.
  const options: DatabaseSyncOptions & { timeout: number } = { timeout };
  try {
    return new loaded.DatabaseSync(path, options);
  } catch (error) {
    const near = nearer(path);
    if (near === undefined) throw error;
    return new loaded.DatabaseSync(near, options);
  }
}

/** SQLite takes no longer path, and adds an ending to it. */
const LONGEST_PATH = 490;

/** A place in the user's cache for a file whose path is too long for SQLite; `undefined` where that is not what is wrong. */
function nearer(path: string): string | undefined {
  const { createHash } = nodeCrypto();
  const { mkdirSync, realpathSync } = process.getBuiltinModule('node:fs');
  const { homedir } = process.getBuiltinModule('node:os');
  const { basename, dirname, join } = process.getBuiltinModule('node:path');
  try {
    const real = join(realpathSync(dirname(path)), basename(path));
    if (Buffer.byteLength(real) <= LONGEST_PATH) return undefined;
    const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'work-ledger', 'far');
    mkdirSync(folder, { recursive: true });
    return join(folder, `${createHash('sha256').update(real).digest('hex')}.sqlite`);
  } catch {
    // There is no such folder, or no cache: what SQLite said stands.
    return undefined;
  }
}

/**
 * Node 22 warns once a process that SQLite is experimental. Which versions will do is decided above, so that is no news to whoever
 * runs this package; every other warning is given as it was.
 */
function loadSqlite(): Sqlite {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite ')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Loaded by whoever hashes or draws: most of what is read from packs needs neither, and it is large. */
export const nodeCrypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');
