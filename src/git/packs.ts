import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './fs-like.ts';
import { ObjectCache } from './object-cache.ts';
import type { GitObject } from './object-format.ts';
import { Pack } from './pack.ts';

/** Of bases of deltas, in all packs together. */
const BASES_BYTES = 16 * 1024 * 1024;
/** Each is two open files. Git packs anew at 50; where it may not, the others are read by git. */
const MOST_OPEN = 200;

/**
 * The packs of a repository, read in this process. What they do not give, git may: packs of another kind are passed over,
 * and so is one that another process took away.
 */
export class Packs {
  readonly #folder: string;
  readonly #bases = new ObjectCache(BASES_BYTES);
  #packs: Pack[] | undefined;

  constructor(gitDir: string) {
    this.#folder = join(gitDir, 'objects', 'pack');
  }

  /** The object, or its size alone where that is over `maxBytes`; `undefined` where no pack that was looked at has it. */
  read(oid: string, maxBytes: number): GitObject | { size: number } | undefined {
    const packs = this.#packs ?? this.look();
    for (const [at, pack] of packs.entries()) {
      try {
        const offset = pack.offsetOf(oid);
        if (offset === undefined) continue;
        const found = pack.read(offset, maxBytes);
        if (at > 0) packs.unshift(...packs.splice(at, 1));
        return found;
      } catch {
        // Damaged, or unlike what is read here. Another pack may have it, and git says what is wrong with this one.
      }
    }
    return undefined;
  }

  /** Looks for packs that came or went. */
  look(): Pack[] {
    const known = new Map((this.#packs ?? []).map((pack) => [pack.name, pack]));
    const now: Pack[] = [];
    for (const name of listIndexes(this.#folder)) {
      if (now.length >= MOST_OPEN) break;
      const pack = known.get(name) ?? this.#open(name);
      known.delete(name);
      if (pack !== undefined) now.push(pack);
    }
    // Another may come under the name of one that went.
    if (known.size > 0) this.#bases.clear();
    for (const gone of known.values()) gone.close();
    this.#packs = now;
    return now;
  }

  close(): void {
    for (const pack of this.#packs ?? []) pack.close();
    this.#packs = undefined;
    this.#bases.clear();
  }

  #open(name: string): Pack | undefined {
    try {
      return new Pack(join(this.#folder, name), name, this.#bases);
    } catch {
      // Taken away between the two looks, or of another version: git reads it.
      return undefined;
    }
  }
}

function listIndexes(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.idx'))
      .map((name) => name.slice(0, -4));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
