// What this package asks of Node. Any Node can read this file, and every layer may import it.
import type { DatabaseSync, DatabaseSyncOptions } from 'node:sqlite';

/** What has to be installed where `version` is too old; `undefined` where the package runs on it. */
export function lackOf(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  // Node 23 ended before it got what the index needs of SQLite; 22.16 has it.
  if (major >= 24 || (major === 22 && minor >= 16)) return undefined;
  return `work-ledger runs on Node 22.16 and newer, without 23, and this is Node ${version}: install Node 24 from https://nodejs.org, and put it first on PATH.`;
}

/** Folders that git shares with a group (`core.sharedRepository`). What is kept anywhere else is its user's alone. */
const shared = new Set<string>();
const isShared = (path: string): boolean =>
  shared.has(path) || [...shared].some((one) => path.startsWith(`${one}/`));

/** From now on, what is made at or below `folder` is for a group as well. */
export const shareFolder = (folder: string): unknown => shared.add(folder);

/** The permissions of what is made at `path`: none but its user's, whatever the umask lets through, unless a group shares it. */
export const modesAt = (path: string): { folder: number; file: number } =>
  isShared(path) ? { folder: 0o2770, file: 0o660 } : { folder: 0o700, file: 0o600 };

/** Makes a folder of local state, and those that it lies in, where they are not there. */
export function makeFolder(path: string): void {
  const { chmodSync, mkdirSync } = process.getBuiltinModule('node:fs');
  const { folder } = modesAt(path);
  const first = mkdirSync(path, { recursive: true, mode: folder });
  // The umask takes a group's permissions away, which git gives it all the same.
  if (first === undefined || !isShared(path)) return;
  for (let at = path; at.length >= first.length; at = at.slice(0, at.lastIndexOf('/'))) chmodSync(at, folder);
}

/** Makes an empty file of local state where there is none, so that whoever opens it then cannot give it other permissions. */
function makeFile(path: string): void {
  const { closeSync, existsSync, fchmodSync, openSync } = process.getBuiltinModule('node:fs');
  if (existsSync(path)) return;
  const { file } = modesAt(path);
  try {
    const made = openSync(path, 'wx', file);
    if (isShared(path)) fchmodSync(made, file);
    closeSync(made);
  } catch {
    // Another process was first; or it cannot be made, and whoever opens it is told why.
  }
}

type Sqlite = typeof import('node:sqlite');
let loaded: Sqlite | undefined;

const MEMORY = ':memory:';

/**
 * Opens a file of SQLite, or with `:memory:` none.
 *
 * @param timeout milliseconds to wait for another process that has it locked
 */
export function openSqlite(path: string, { timeout }: { timeout: number }): DatabaseSync {
  loaded ??= loadSqlite();
  if (path !== MEMORY) makeFile(path);
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
  const { realpathSync } = process.getBuiltinModule('node:fs');
  const { homedir } = process.getBuiltinModule('node:os');
  const { basename, dirname, join } = process.getBuiltinModule('node:path');
  try {
    const real = join(realpathSync(dirname(path)), basename(path));
    if (Buffer.byteLength(real) <= LONGEST_PATH) return undefined;
    const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'work-ledger', 'far');
    makeFolder(folder);
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
