// Reads one pack by its index, version 2 of both: one format, read from top to bottom. See git's Documentation/gitformat-pack.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { type GitObject, type ObjectCache, type ObjectType, unpooled } from '../model/object.ts';

const TYPES: readonly (ObjectType | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag'];
const OFFSET_DELTA = 6;
const NAME_DELTA = 7;
const NAME = 20;
const LONGEST_HEADER = 40;
const TRAILER = 20;
/** Git makes chains of 50; it reads up to 4095. */
const LONGEST_CHAIN = 4095;
/** What is larger is left to git. */
const LARGEST = 64 * 1024 * 1024;
const DELTA_HEAD = 32;
const SMALLEST_CHUNK = 64;

interface Entry {
  offset: number;
  kind: number;
  size: number;
  /** Where the compressed bytes begin. */
  data: number;
  /** Of a delta: where its base stands. */
  base: number;
}

/** One pack and its index, of which only what is asked for is read. Its checksums are git's to verify, as git does. */
export class Pack {
  readonly name: string;
  readonly #index: PackIndex;
  readonly #fd: number;
  readonly #end: number;
  readonly #bases: ObjectCache;

  /**
   * @param path without its ending
   * @param bases keeps bases of deltas, by their place: neighbours in a pack share them
   * @throws Error where it is not there, or of a kind that this does not read
   */
  constructor(path: string, name: string, bases: ObjectCache) {
    this.name = name;
    this.#bases = bases;
    this.#index = new PackIndex(`${path}.idx`);
    try {
      this.#fd = openSync(`${path}.pack`, 'r');
    } catch (error) {
      this.#index.close();
      throw error;
    }
    this.#end = fstatSync(this.#fd).size - TRAILER;
    try {
      // Two that do not belong together stand there for a moment where a pack is put in another's place.
      const sum = readExactly(this.#fd, this.#end, TRAILER);
      if (!sum.equals(this.#index.packSum())) throw new Error('a pack and its index differ');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#index.close();
    closeSync(this.#fd);
  }

  offsetOf(oid: string): number | undefined {
    return this.#index.offsetOf(oid);
  }

  /**
   * The object at `offset`, or its size alone where that is over `maxBytes`.
   *
   * @throws Error where it is damaged, or larger than is read here
   */
  read(offset: number, maxBytes: number): GitObject | { size: number } {
    const deltas: Entry[] = [];
    let at = offset;
    let object = this.#kept(at);
    for (; object === undefined; object = this.#kept(at)) {
      const entry = this.#entry(at);
      if (at === offset && this.#sizeOf(entry) > maxBytes) return { size: this.#sizeOf(entry) };
      const type = TYPES[entry.kind];
      if (type !== undefined) {
        object = { type, bytes: this.#inflate(entry) };
        this.#keep(at, object);
        break;
      }
      deltas.push(entry);
      if (deltas.length > LONGEST_CHAIN) throw new RangeError('a pack has a chain of deltas without an end');
      at = entry.base;
    }
    if (deltas.length === 0 && object.bytes.length > maxBytes) return { size: object.bytes.length };
    for (let entry = deltas.pop(); entry !== undefined; entry = deltas.pop()) {
      object = { type: object.type, bytes: applyDelta(object.bytes, this.#inflate(entry)) };
      this.#keep(entry.offset, object);
    }
    return object;
  }

  #kept(at: number): GitObject | undefined {
    return this.#bases.get(`${this.name} ${at}`);
  }

  #keep(at: number, object: GitObject): void {
    this.#bases.add(`${this.name} ${at}`, object);
  }

  #entry(offset: number): Entry {
    const head = Buffer.allocUnsafe(LONGEST_HEADER);
    const length = readUpTo(this.#fd, offset, head);
    let at = 0;
    const next = (): number => {
      if (at >= length) throw new RangeError('a pack ends early');
      return head[at++] ?? 0;
    };
    let byte = next();
    const kind = (byte >> 4) & 7;
    let size = byte & 15;
    for (let shift = 4; byte >= 0x80; shift += 7) {
      byte = next();
      size += (byte & 0x7f) * 2 ** shift;
    }
    if (size > LARGEST) throw new RangeError('an object is too large to be read here');
    let base = 0;
    if (kind === OFFSET_DELTA) {
      byte = next();
      let back = byte & 0x7f;
      while (byte >= 0x80) {
        byte = next();
        back = (back + 1) * 128 + (byte & 0x7f);
      }
      base = offset - back;
      if (back === 0 || base <= 0) throw new RangeError('a delta has no base');
    } else if (kind === NAME_DELTA) {
      const found = this.offsetOf(head.toString('hex', at, at + NAME));
      if (found === undefined) throw new RangeError('a delta has its base in another pack');
      base = found;
      at += NAME;
    } else if (TYPES[kind] === undefined) throw new RangeError('a pack holds an unknown kind of object');
    return { offset, kind, size, data: offset + at, base };
  }

  /** Of the whole object, also where the entry is a delta. */
  #sizeOf(entry: Entry): number {
    if (TYPES[entry.kind] !== undefined) return entry.size;
    const delta = this.#inflate(entry);
    return readDeltaSizes(delta.subarray(0, DELTA_HEAD)).result;
  }

  #inflate({ data, size }: Entry): Buffer {
    // No compressor needs more than this; where the object is the last of the pack, there is less.
    const most = size + (size >>> 3) + (size >>> 6) + 64;
    const compressed = readExactly(this.#fd, data, Math.min(most, this.#end - data));
    const bytes = inflateSync(compressed, {
      maxOutputLength: Math.max(size, 1),
      chunkSize: Math.max(size, SMALLEST_CHUNK),
    });
    if (bytes.length !== size) throw new RangeError('an object of a pack is damaged');
    return bytes;
  }
}

/** The two lengths at the head of a delta: of what it builds on, and of what it makes. */
function readDeltaSizes(delta: Uint8Array): { base: number; result: number; length: number } {
  const cursor = { at: 0 };
  const base = readSize(delta, cursor);
  const result = readSize(delta, cursor);
  return { base, result, length: cursor.at };
}

function readSize(bytes: Uint8Array, cursor: { at: number }): number {
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || shift > 49) throw new RangeError('a delta ends early');
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return size;
  }
}

/**
 * What a delta makes of its base.
 *
 * @throws RangeError where it is damaged
 * @see git's Documentation/gitformat-pack
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Buffer {
  const sizes = readDeltaSizes(delta);
  if (sizes.base !== base.length) throw new RangeError('a delta is for another base');
  const result = Buffer.allocUnsafe(sizes.result);
  let written = 0;
  for (let at = sizes.length; at < delta.length; ) {
    const op = delta[at++] ?? 0;
    if (op === 0) throw new RangeError('a delta has an unknown instruction');
    if (op < 0x80) {
      if (at + op > delta.length || written + op > result.length) throw new RangeError('a delta is damaged');
      result.set(delta.subarray(at, at + op), written);
      at += op;
      written += op;
      continue;
    }
    let from = 0;
    let length = 0;
    for (let bit = 0; bit < 4; bit += 1) if (op & (1 << bit)) from += (delta[at++] ?? 0) * 2 ** (8 * bit);
    for (let bit = 0; bit < 3; bit += 1) if (op & (16 << bit)) length += (delta[at++] ?? 0) << (8 * bit);
    length ||= 0x10000;
    if (from + length > base.length || written + length > result.length)
      throw new RangeError('a delta is damaged');
    result.set(base.subarray(from, from + length), written);
    written += length;
  }
  if (written !== result.length) throw new RangeError('a delta ends early');
  return result;
}

const MAGIC = 0xff744f63;
const HEADER = 8;
const FANOUT = 256 * 4;
const INDEX_TRAILER = 40;
/** A range of names this long is read at once and searched in memory. */
const AT_ONCE = 200;

/** The index of a pack, version 2: says where in the pack an object stands, with a few small reads. */
class PackIndex {
  readonly #fd: number;
  readonly #fanout: Buffer;
  readonly #count: number;

  /** @throws Error where it is of another version, or cut short */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    try {
      const head = readExactly(this.#fd, 0, HEADER + FANOUT);
      if (head.readUInt32BE(0) !== MAGIC || head.readUInt32BE(4) !== 2) throw new Error('not of version 2');
      this.#fanout = unpooled(head.subarray(HEADER));
      this.#count = this.#fanout.readUInt32BE(FANOUT - 4);
      const least = HEADER + FANOUT + this.#count * (NAME + 8) + INDEX_TRAILER;
      if (fstatSync(this.#fd).size < least) throw new Error('cut short');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The sum at the end of the pack that this is for. */
  packSum(): Buffer {
    return readExactly(this.#fd, fstatSync(this.#fd).size - INDEX_TRAILER, NAME);
  }

  /** Where the object begins in the pack. */
  offsetOf(oid: string): number | undefined {
    const name = Buffer.from(oid, 'hex');
    const first = name[0] ?? 0;
    let from = first === 0 ? 0 : this.#fanout.readUInt32BE((first - 1) * 4);
    let to = this.#fanout.readUInt32BE(first * 4);
    if (to > this.#count) throw new RangeError('the index of a pack is damaged');
    while (to - from > AT_ONCE) {
      const middle = (from + to) >>> 1;
      if (this.#names(middle, 1).compare(name) <= 0) from = middle;
      else to = middle;
    }
    if (from >= to) return undefined;
    const names = this.#names(from, to - from);
    for (let at = 0; at < names.length; at += NAME) {
      if (names.compare(name, 0, NAME, at, at + NAME) === 0) return this.#offset(from + at / NAME);
    }
    return undefined;
  }

  #names(at: number, count: number): Buffer {
    return readExactly(this.#fd, HEADER + FANOUT + at * NAME, count * NAME);
  }

  #offset(at: number): number {
    const offsets = HEADER + FANOUT + this.#count * (NAME + 4);
    const offset = readExactly(this.#fd, offsets + at * 4, 4).readUInt32BE(0);
    if (offset < 0x80000000) return offset;
    // Beyond 2 GB the offset stands in a table of its own.
    const large = offsets + this.#count * 4 + (offset - 0x80000000) * 8;
    return Number(readExactly(this.#fd, large, 8).readBigUInt64BE(0));
  }
}

/** @throws RangeError where the file ends before */
function readExactly(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (readUpTo(fd, position, bytes) < length) throw new RangeError('a file of a pack ends early');
  return bytes;
}

function readUpTo(fd: number, position: number, bytes: Buffer): number {
  let read = 0;
  while (read < bytes.length) {
    const more = readSync(fd, bytes, read, bytes.length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}
