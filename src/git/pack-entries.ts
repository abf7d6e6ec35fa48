import { readFileSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { PackEntry } from './pack-encode.ts';

const NAMES = 8 + 256 * 4;
const NAME = 20;
const TRAILER = 40;
const EACH = NAME + 4 + 4;
const KINDS_OF_DELTA = 5;
/** Of a larger one git makes more, with deltas. */
const LARGEST = 4 * 1024 * 1024;

/** How many objects a pack has whose index, of version 2, is this file; infinitely many where that cannot be told. */
export function sizeOfIndex(path: string): number {
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
export function readEntries(path: string): PackEntry[] | undefined {
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
