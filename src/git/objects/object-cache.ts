import { type GitObject, unpooled } from '../model/object.ts';

/** For commits and trees: trees of a large ledger are some ten kilobytes, and a walk along history meets them again and again. */
export const RECENT_BYTES = 16 * 1024 * 1024;
/** What an entry costs beside its bytes: its name, the object, its place in the map. By measurement, with room. */
const ENTRY_BYTES = 512;
/** So much more than it shows may stand behind an object: its header in a loose file. Where it is more, the bytes are copied. */
const SLACK_BYTES = 256;

/**
 * Objects that were met of late; those that were not asked for longest go first. Objects never change, so nothing here goes
 * stale.
 *
 * What counts is the memory that an entry keeps from being freed, not the bytes that it shows: small buffers are cut from one
 * large piece, and any of them keeps all of it.
 */
export class ObjectCache {
  readonly #budget: number;
  readonly #objects = new Map<string, GitObject>();
  #bytes = 0;

  /** @param budget bytes that it may hold */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The bytes that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): GitObject | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    this.#objects.set(key, object);
    return object;
  }

  /** @param key of ASCII characters */
  add(key: string, { type, bytes }: GitObject): void {
    if (this.#objects.has(key)) return;
    const isAlone = bytes.buffer.byteLength - bytes.byteLength <= SLACK_BYTES;
    const kept = { type, bytes: isAlone ? bytes : unpooled(bytes) };
    this.#objects.set(unsliced(key), kept);
    this.#bytes += costOf(kept);
    for (const [oldest, object] of this.#objects) {
      if (this.#bytes <= this.#budget) return;
      this.#objects.delete(oldest);
      this.#bytes -= costOf(object);
    }
  }

  clear(): void {
    this.#objects.clear();
    this.#bytes = 0;
  }
}

/** The same text: one that was cut from a longer one keeps all of that. */
const unsliced = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

const costOf = ({ bytes }: GitObject): number => bytes.buffer.byteLength + ENTRY_BYTES;
