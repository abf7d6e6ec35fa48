import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small facts of one clone as files, each replaced whole. Losing them costs time and nothing else. */
export class FileState {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  get(key: string): string | undefined {
    try {
      return readFileSync(join(this.#dir, key), 'utf8');
    } catch {
      // Not written yet, or not readable: either way nothing is known.
      return undefined;
    }
  }

  set(key: string, value: string): void {
    mkdirSync(this.#dir, { recursive: true });
    const temporary = join(this.#dir, `${key}.${process.pid}`);
    writeFileSync(temporary, value);
    renameSync(temporary, join(this.#dir, key));
  }
}

export class MemoryState {
  readonly #values = new Map<string, string>();
  get = (key: string): string | undefined => this.#values.get(key);
  set = (key: string, value: string): void => {
    this.#values.set(key, value);
  };
}
