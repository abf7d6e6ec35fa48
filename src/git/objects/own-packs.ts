// The packs that this program makes: one for the objects of each transition, folded into larger ones as they gather.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { nodeCrypto } from '../../node.ts';
import { placeStaged, stage, storing, syncFolder } from '../files/durable.ts';
import { diskFs, errorCode } from '../files/fs.ts';
import type { NamedObject, ObjectType } from '../model/object.ts';

/** So many packs of one size become one. */
const FAN = 16;
/** Packs of fewer objects are of one size: those of single transitions, and what such packs became. Larger ones are git's. */
const SIZES = [100, 2_000];

/**
 * Writes each transition's objects as one pack: two files to make durable instead of eight. Small packs are folded into
 * larger ones as they gather, each object twice in its life, so that no reader meets many.
 */
export class OwnPacks {
  readonly #gitDir: string;
  readonly #folder: string;
  /** How many objects a pack has, by its name, as far as it was looked at. */
  readonly #sizes = new Map<string, number>();

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
    this.#folder = join(gitDir, 'objects', 'pack');
  }

  /** Makes the objects durable, all of them or none. */
  async write(objects: readonly NamedObject[]): Promise<void> {
    await storing('Writing git objects', () => this.#install(objects.map(encodeEntry)));
  }

  /**
   * Folds small packs where enough of them gathered. Whatever else works in the repository finds each object, before and
   * after: it stands in its new place before it leaves the old one, as when git repacks.
   */
  async fold(): Promise<void> {
    const packs = await this.#foldable();
    if (packs.length < FAN) return;
    for (const [at, size] of SIZES.entries()) {
      const least = SIZES[at - 1] ?? 0;
      const alike = packs.filter((name) => this.#isBetween(name, least, size));
      if (alike.length >= FAN) await this.#foldAll(alike);
    }
  }

  /** Packs that are nothing but a pack and its index, and that no index of many packs names. */
  async #foldable(): Promise<string[]> {
    const files = await diskFs.promises.readdir(this.#folder);
    const names = files.filter((file) => file.endsWith('.idx')).map((file) => file.slice(0, -4));
    // While git collects garbage, and where it indexes many packs at once, packs are not taken away under its hands.
    for (const name of this.#sizes.keys()) if (!files.includes(`${name}.idx`)) this.#sizes.delete(name);
    if (names.length < FAN || files.includes('multi-pack-index') || existsSync(join(this.#gitDir, 'gc.pid')))
      return [];
    const parts = new Map<string, number>();
    for (const file of files) {
      const name = file.slice(0, file.lastIndexOf('.'));
      parts.set(name, (parts.get(name) ?? 0) + 1);
    }
    return names.filter((name) => files.includes(`${name}.pack`) && parts.get(name) === 2);
  }

  #isBetween(name: string, least: number, below: number): boolean {
    let size = this.#sizes.get(name);
    if (size === undefined) {
      size = sizeOfIndex(join(this.#folder, `${name}.idx`));
      this.#sizes.set(name, size);
    }
    return size >= least && size < below;
  }

  async #foldAll(names: readonly string[]): Promise<void> {
    const folded: string[] = [];
    const entries: PackEntry[] = [];
    for (const name of names) {
      const read = readEntries(join(this.#folder, name));
      if (read === undefined) continue;
      folded.push(name);
      entries.push(...read);
    }
    if (folded.length < 2) return;
    const made = await this.#install(entries);
    for (const name of folded) {
      if (name === made) continue;
      this.#sizes.delete(name);
      for (const ending of ['idx', 'pack']) await remove(join(this.#folder, `${name}.${ending}`));
    }
  }

  /** Readers look for indexes, so the pack is there for them when its index is. */
  async #install(entries: Iterable<PackEntry>): Promise<string> {
    const { name, pack, index } = encodePack(entries);
    const [packFile, indexFile] = await this.#stageBoth(pack, index);
    await placeStaged(diskFs, packFile, join(this.#folder, `${name}.pack`));
    await placeStaged(diskFs, indexFile, join(this.#folder, `${name}.idx`));
    await syncFolder(diskFs, this.#folder);
    return name;
  }

  async #stageBoth(pack: Uint8Array, index: Uint8Array): Promise<[string, string]> {
    const staged = await Promise.allSettled([pack, index].map((bytes) => this.#stage(bytes)));
    const [first, second] = staged.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    if (first !== undefined && second !== undefined) return [first, second];
    for (const path of [first, second]) if (path !== undefined) await remove(path);
    throw staged.find((one) => one.status === 'rejected')?.reason;
  }

  async #stage(bytes: Uint8Array): Promise<string> {
    try {
      return await stage(diskFs, this.#folder, bytes, 0o444);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await diskFs.promises.mkdir(this.#folder, { recursive: true });
      return stage(diskFs, this.#folder, bytes, 0o444);
    }
  }
}

async function remove(path: string): Promise<void> {
  try {
    await diskFs.promises.unlink(path);
  } catch (error) {
    // Another process folded the same packs.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

const KINDS: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };
const PACK_HEADER = 12;
const INDEX_HEADER = Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]);

/** An object as it stands in a pack: header and compressed bytes. */
export interface PackEntry {
  oid: string;
  bytes: Uint8Array;
}

export interface EncodedPack {
  /** What git calls it: `pack-` and its checksum. */
  name: string;
  pack: Buffer;
  index: Buffer;
}

export const encodeEntry = ({ oid, type, bytes }: NamedObject): PackEntry => ({
  oid,
  bytes: Buffer.concat([entryHeader(KINDS[type], bytes.length), deflateSync(bytes)]),
});

/** Three bits of kind, and the size in groups of four and then seven bits, lowest first. */
function entryHeader(kind: number, size: number): Buffer {
  const header: number[] = [];
  let byte = (kind << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    header.push(byte | 0x80);
    byte = rest & 0x7f;
  }
  header.push(byte);
  return Buffer.from(header);
}

/**
 * A pack, version 2, and its index. No entry may lean on another one. One that is given twice stands there once: git counts
 * the names.
 *
 * @see https://git-scm.com/docs/pack-format
 */
export function encodePack(given: Iterable<PackEntry>): EncodedPack {
  const entries = [...new Map([...given].map((entry) => [entry.oid, entry])).values()];
  const header = Buffer.from('PACK\x00\x00\x00\x02\x00\x00\x00\x00', 'latin1');
  header.writeUInt32BE(entries.length, 8);
  const body = Buffer.concat([header, ...entries.map(({ bytes }) => bytes)]);
  const sum = sha1(body);
  let offset = PACK_HEADER;
  const places = entries.map(({ oid, bytes }) => {
    const place = { oid, crc: crc32(bytes), offset };
    offset += bytes.length;
    return place;
  });
  return {
    name: `pack-${sum.toString('hex')}`,
    pack: Buffer.concat([body, sum]),
    index: encodeIndex(places, sum),
  };
}

function encodeIndex(places: { oid: string; crc: number; offset: number }[], packSum: Buffer): Buffer {
  places.sort((a, b) => (a.oid < b.oid ? -1 : 1));
  const counts = new Array<number>(256).fill(0);
  for (const { oid } of places) {
    const first = Number.parseInt(oid.slice(0, 2), 16);
    counts[first] = (counts[first] ?? 0) + 1;
  }
  let total = 0;
  const fanout = counts.map((count) => {
    total += count;
    return total;
  });
  const body = Buffer.concat([
    INDEX_HEADER,
    words(fanout),
    Buffer.from(places.map(({ oid }) => oid).join(''), 'hex'),
    words(places.map(({ crc }) => crc)),
    words(places.map(({ offset }) => offset)),
    packSum,
  ]);
  return Buffer.concat([body, sha1(body)]);
}

function words(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

const sha1 = (bytes: Uint8Array): Buffer => nodeCrypto().createHash('sha1').update(bytes).digest();

const NAMES = 8 + 256 * 4;
const NAME = 20;
const TRAILER = 40;
const EACH = NAME + 4 + 4;
const KINDS_OF_DELTA = 5;
/** Of a larger one git makes more, with deltas. */
const LARGEST = 4 * 1024 * 1024;

/** How many objects a pack has whose index, of version 2, is this file; infinitely many where that cannot be told. */
function sizeOfIndex(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  const count = size === undefined ? Number.NaN : (size - NAMES - TRAILER) / EACH;
  return Number.isInteger(count) ? count : Number.POSITIVE_INFINITY;
}

/**
 * Every entry of a small pack, as it stands there.
 *
 * @param path without its ending
 * @returns `undefined` where the pack is gone, is large, is damaged, or has entries that lean on others
 */
function readEntries(path: string): PackEntry[] | undefined {
  try {
    if (statSync(`${path}.pack`).size > LARGEST) return undefined;
    return split(readFileSync(`${path}.pack`), readFileSync(`${path}.idx`));
  } catch {
    // Gone, or cut short: it is left as it is, for git to tell.
    return undefined;
  }
}

function split(pack: Buffer, index: Buffer): PackEntry[] | undefined {
  const end = pack.length - NAME;
  if (!pack.subarray(end).equals(index.subarray(-TRAILER, -NAME))) return undefined;
  const count = index.readUInt32BE(NAMES - 4);
  const entries = Array.from({ length: count }, (_, at) => ({
    oid: index.toString('hex', NAMES + at * NAME, NAMES + (at + 1) * NAME),
    crc: index.readUInt32BE(NAMES + count * NAME + at * 4),
    offset: index.readUInt32BE(NAMES + count * (NAME + 4) + at * 4),
  })).sort((a, b) => a.offset - b.offset);
  const found: PackEntry[] = [];
  for (const [at, { oid, crc, offset }] of entries.entries()) {
    const bytes = pack.subarray(offset, entries[at + 1]?.offset ?? end);
    const kind = ((bytes[0] ?? 0) >> 4) & 7;
    if (kind >= KINDS_OF_DELTA || crc32(bytes) !== crc) return undefined;
    found.push({ oid, bytes });
  }
  return found;
}
