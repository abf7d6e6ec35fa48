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
  readonly #file: PackFile;
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
      this.#file = new PackFile(`${path}.pack`);
    } catch (error) {
      this.#index.close();
      throw error;
    }
    this.#end = this.#file.size - TRAILER;
    try {
      // Two that do not belong together stand there for a moment where a pack is put in another's place.
      const sum = this.#file.readExactly(this.#end, TRAILER);
      if (!sum.equals(this.#index.packSum())) throw new Error('a pack and its index differ');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#index.close();
    this.#file.close();
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
    const length = this.#file.readUpTo(offset, head);
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
    const compressed = this.#file.readExactly(data, Math.min(most, this.#end - data));
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
  readonly #file: PackFile;
  readonly #fanout: Buffer;
  readonly #count: number;

  /** @throws Error where it is of another version, or cut short */
  constructor(path: string) {
    this.#file = new PackFile(path);
    try {
      const head = this.#file.readExactly(0, HEADER + FANOUT);
      if (head.readUInt32BE(0) !== MAGIC || head.readUInt32BE(4) !== 2) throw new Error('not of version 2');
      this.#fanout = unpooled(head.subarray(HEADER));
      this.#count = this.#fanout.readUInt32BE(FANOUT - 4);
      const least = HEADER + FANOUT + this.#count * (NAME + 8) + INDEX_TRAILER;
      if (this.#file.size < least) throw new Error('cut short');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    this.#file.close();
  }

  /** The sum at the end of the pack that this is for. */
  packSum(): Buffer {
    return this.#file.readExactly(this.#file.size - INDEX_TRAILER, NAME);
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
    return this.#file.readExactly(HEADER + FANOUT + at * NAME, count * NAME);
  }

  #offset(at: number): number {
    const offsets = HEADER + FANOUT + this.#count * (NAME + 4);
    const offset = this.#file.readExactly(offsets + at * 4, 4).readUInt32BE(0);
    if (offset < 0x80000000) return offset;
    // Beyond 2 GB the offset stands in a table of its own.
    const large = offsets + this.#count * 4 + (offset - 0x80000000) * 8;
    return Number(this.#file.readExactly(large, 8).readBigUInt64BE(0));
  }
}

/** A file that is not larger is read at once and closed: of those that each transition makes there can be many. */
const SMALL = 32 * 1024;

/** A file of a pack, which never changes. */
class PackFile {
  readonly size: number;
  /** `undefined` where all of it is in memory. */
  readonly #fd: number | undefined;
  readonly #bytes: Buffer;

  constructor(path: string) {
    const fd = openSync(path, 'r');
    try {
      this.size = fstatSync(fd).size;
      const isSmall = this.size <= SMALL;
      this.#bytes = Buffer.allocUnsafeSlow(isSmall ? this.size : 0);
      if (!isSmall) this.#fd = fd;
      else if (readUpTo(fd, 0, this.#bytes) < this.size) throw new RangeError(ENDS_EARLY);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    if (this.#fd === undefined) closeSync(fd);
  }

  /** @throws RangeError where the file ends before */
  readExactly(position: number, length: number): Buffer {
    if (this.#fd === undefined && position >= 0 && position + length <= this.size)
      return this.#bytes.subarray(position, position + length);
    const bytes = Buffer.allocUnsafe(length);
    if (this.readUpTo(position, bytes) < length) throw new RangeError(ENDS_EARLY);
    return bytes;
  }

  /** @returns how much there was */
  readUpTo(position: number, bytes: Buffer): number {
    if (this.#fd !== undefined) return readUpTo(this.#fd, position, bytes);
    return position < 0 ? 0 : this.#bytes.copy(bytes, 0, position);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

const ENDS_EARLY = 'a file of a pack ends early';

function readUpTo(fd: number, position: number, bytes: Buffer): number {
  let read = 0;
  while (read < bytes.length) {
    const more = readSync(fd, bytes, read, bytes.length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}
