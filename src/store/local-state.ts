import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

/** Where a directory stands: it keeps its inode where it is moved, and its path where it is restored. */
export function placeOf(dir: string): { machine: string; path: string; inode: string } {
  const { ino } = statSync(dir, { bigint: true });
  return { machine: hostname(), path: realpathSync(dir), inode: String(ino) };
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
    try {
      writeFileSync(path, value);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, value);
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
