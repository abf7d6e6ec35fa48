import {
  chmodSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { makeFolder, modesAt, shareFolder } from '../node.ts';

/** Where a directory stands: it keeps its inode where it is moved, and its path where it is restored. */
export function placeOf(dir: string): { machine: string; path: string; inode: string } {
  const { ino } = statSync(dir, { bigint: true });
  return { machine: hostname(), path: realpathSync(dir), inode: String(ino) };
}

/**
 * Has local state believed only where nobody else can have put something there, and kept from everyone but its user, or the group that
 * git shares the repository with. A folder from before that was so is closed, once what lies in it is known to be of nobody else.
 *
 * @throws LedgerError `PERMISSION_DENIED` where the folder, or something in one that others could write to, is another user's or a link
 */
export function openState(local: string, { groupShared = false } = {}): void {
  if (groupShared) shareFolder(local);
  const found = lstatSync(local, { throwIfNoEntry: false });
  if (found === undefined) return;
  const [planted] = groupShared ? [] : foreignState(local, found);
  if (planted !== undefined) {
    throw new LedgerError(
      'PERMISSION_DENIED',
      `${planted} is local state, and not this user's: it is not believed.`,
      {
        hint: 'Look at it, and move the folder away; it is made anew. `wl doctor --fix` does that.',
      },
    );
  }
  const { folder } = modesAt(local);
  const isOwn = found.uid === process.geteuid?.();
  if (isOwn && (groupShared ? (found.mode & folder) !== folder : (found.mode & OTHERS) !== 0))
    chmodSync(local, folder);
}

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** What in a folder of local state is a link, or another user's than who acts, whom the repository belongs to, or root. */
export function foreignState(local: string, found: Stats = lstatSync(local)): string[] {
  const users = new Set([process.geteuid?.(), statSync(dirname(local)).uid, 0]);
  const isForeign = ({ uid }: Stats): boolean => process.geteuid !== undefined && !users.has(uid);
  if (!found.isDirectory() || isForeign(found)) return [local];
  // Of what nobody else could write to, nothing has to be looked at: this is asked by every call.
  if ((found.mode & OTHERS_WRITE) === 0) return [];
  return readdirSync(local, { recursive: true, encoding: 'utf8' })
    .map((name) => join(local, name))
    .filter((path) => {
      const one = lstatSync(path, { throwIfNoEntry: false });
      return one !== undefined && (one.isSymbolicLink() || isForeign(one));
    });
}

/**
 * Small facts of one clone as files, each replaced whole. Losing them costs time and nothing else: where they cannot be
 * written, as in a repository that is only read, they last as long as the process.
 */
export class FileState {
  readonly #dir: string;
  readonly #unwritten = new MemoryState();

  constructor(dir: string) {
    this.#dir = dir;
  }

  get(key: string): string | undefined {
    const kept = this.#unwritten.get(key);
    if (kept !== undefined) return kept;
    try {
      return readFileSync(join(this.#dir, key), 'utf8');
    } catch {
      // Not written yet, or not readable: either way nothing is known.
      return undefined;
    }
  }

  set(key: string, value: string): void {
    const temporary = join(this.#dir, `${key}.${process.pid}`);
    try {
      this.#write(temporary, value);
      renameSync(temporary, join(this.#dir, key));
      this.#unwritten.delete(key);
    } catch {
      this.#unwritten.set(key, value);
    }
  }

  add(key: string, value: string): boolean {
    const temporary = join(this.#dir, `${key}.${process.pid}`);
    try {
      this.#write(temporary, value);
      try {
        // Whole or not at all, as `set`, and only where nobody was first.
        linkSync(temporary, join(this.#dir, key));
      } finally {
        rmSync(temporary, { force: true });
      }
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      if (this.get(key) !== undefined) return false;
      this.set(key, value);
      return true;
    }
  }

  delete(key: string): void {
    this.#unwritten.delete(key);
    try {
      rmSync(join(this.#dir, key), { force: true });
    } catch {
      // It cannot be taken away; whoever reads it judges by what else is known.
    }
  }

  keys(folder: string): string[] {
    const written = new Set(this.#unwritten.keys(folder));
    try {
      for (const name of readdirSync(join(this.#dir, folder))) if (!TEMPORARY.test(name)) written.add(name);
    } catch {
      // Nothing was written there yet.
    }
    return [...written].sort();
  }

  #write(path: string, value: string): void {
    const mode = modesAt(path).file;
    try {
      writeFileSync(path, value, { mode });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      makeFolder(dirname(path));
      writeFileSync(path, value, { mode });
    }
  }
}

/** What a process that was killed while it wrote has left. */
const TEMPORARY = /\.\d+$/;

export class MemoryState {
  readonly #values = new Map<string, string>();
  get = (key: string): string | undefined => this.#values.get(key);
  set = (key: string, value: string): void => {
    this.#values.set(key, value);
  };
  add = (key: string, value: string): boolean => {
    if (this.#values.has(key)) return false;
    this.#values.set(key, value);
    return true;
  };
  delete = (key: string): void => {
    this.#values.delete(key);
  };
  keys = (folder: string): string[] =>
    [...this.#values.keys()]
      .filter((key) => key.startsWith(`${folder}/`))
      .map((key) => key.slice(folder.length + 1))
      .sort();
}
