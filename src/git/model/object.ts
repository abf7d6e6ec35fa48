// An object: what git names by its bytes, and a cache of those that were met of late.
import { nodeCrypto } from '../../node.ts';

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  type: ObjectType;
  bytes: Uint8Array;
  /** Of the whole object, where `bytes` are only its beginning. */
  whole_size?: number;
}

export interface NamedObject extends GitObject {
  oid: string;
}

/** Where objects are read from: a repository, or a set of them in memory. */
export interface ObjectSource {
  /**
   * @param atMost of a larger object, so many bytes are enough
   * @returns `undefined` where there is no such object
   */
  read(oid: string, atMost?: number): Promise<GitObject | undefined>;
}

const TYPES: readonly string[] = ['blob', 'tree', 'commit', 'tag'] satisfies ObjectType[];

export const isObjectType = (text: string): text is ObjectType => TYPES.includes(text);

/** What git hashes and compresses: a header and the bytes. */
export function wrapObject({ type, bytes }: GitObject): Uint8Array {
  return Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
}

export function nameObject(object: GitObject): NamedObject {
  return { ...object, oid: nodeCrypto().createHash('sha1').update(wrapObject(object)).digest('hex') };
}

/** The same bytes in memory of their own: whoever keeps them keeps nothing else. */
export function unpooled(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
}

/** The header of an object, as far as `start` shows it. */
export function readHeader(
  start: Uint8Array,
): { type: ObjectType; size: number; length: number } | undefined {
  const end = start.indexOf(0);
  const [type = '', size = ''] = Buffer.from(start.subarray(0, Math.max(end, 0)))
    .toString()
    .split(' ');
  return isObjectType(type) && /^\d+$/.test(size) ? { type, size: Number(size), length: end + 1 } : undefined;
}

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

  /**
   * @param key of ASCII characters
   * @returns the object as it is kept, and given from now on
   */
  add(key: string, { type, bytes }: GitObject): GitObject {
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    const isAlone = bytes.buffer.byteLength - bytes.byteLength <= SLACK_BYTES;
    const kept = { type, bytes: isAlone ? bytes : unpooled(bytes) };
    this.#objects.set(unsliced(key), kept);
    this.#bytes += costOf(kept);
    for (const [oldest, object] of this.#objects) {
      if (this.#bytes <= this.#budget) break;
      this.#objects.delete(oldest);
      this.#bytes -= costOf(object);
    }
    return kept;
  }

  clear(): void {
    this.#objects.clear();
    this.#bytes = 0;
  }
}

/** The same text: one that was cut from a longer one keeps all of that. */
const unsliced = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

const costOf = ({ bytes }: GitObject): number => bytes.buffer.byteLength + ENTRY_BYTES;
