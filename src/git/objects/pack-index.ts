import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unpooled } from '../model/object.ts';

const MAGIC = 0xff744f63;
const HEADER = 8;
const FANOUT = 256 * 4;
const NAME = 20;
const TRAILER = 40;
/** A range of names this long is read at once and searched in memory. */
const AT_ONCE = 200;

/** The index of a pack, version 2: says where in the pack an object stands, with a few small reads. */
export class PackIndex {
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
      const least = HEADER + FANOUT + this.#count * (NAME + 8) + TRAILER;
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
    return readExactly(this.#fd, fstatSync(this.#fd).size - TRAILER, NAME);
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
export function readExactly(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (readUpTo(fd, position, bytes) < length) throw new RangeError('a file of a pack ends early');
  return bytes;
}

export function readUpTo(fd: number, position: number, bytes: Buffer): number {
  let read = 0;
  while (read < bytes.length) {
    const more = readSync(fd, bytes, read, bytes.length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}
