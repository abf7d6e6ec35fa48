import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

  #write(path: string, value: string): void {
    try {
      writeFileSync(path, value);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      mkdirSync(this.#dir, { recursive: true });
      writeFileSync(path, value);
    }
  }
}

export class MemoryState {
  readonly #values = new Map<string, string>();
  get = (key: string): string | undefined => this.#values.get(key);
  set = (key: string, value: string): void => {
    this.#values.set(key, value);
  };
  delete = (key: string): void => {
    this.#values.delete(key);
  };
}
