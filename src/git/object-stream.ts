import type { Readable } from 'node:stream';
import { LedgerError } from '../domain/errors.ts';

const LINE_END = 10;

/** An answer of `git cat-file --batch`: without `bytes` where the object is over the limit, without `type` where it is missing. */
export interface StreamedObject {
  oid: string;
  type: string | undefined;
  size: number;
  bytes: Buffer | undefined;
}

/**
 * Reads the output of `git cat-file --batch` as it comes, in the order of the questions. Never more is held than one object
 * of at most `maxBytes` and what the pipe gave last.
 *
 * @throws LedgerError `STORAGE_FAILED` where it ends in the middle
 */
export async function* readObjectStream(stdout: Readable, maxBytes: number): AsyncIterable<StreamedObject[]> {
  let held: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let wanted = 0;
  let skip = 0;
  for await (const part of stdout) {
    let chunk: Buffer = part;
    if (skip > 0) {
      const skipped = Math.min(skip, chunk.length);
      skip -= skipped;
      chunk = chunk.subarray(skipped);
    }
    waiting.push(chunk);
    wanted -= chunk.length;
    if (wanted > 0) continue;
    held = waiting.length === 1 && held.length === 0 ? chunk : Buffer.concat([held, ...waiting]);
    waiting = [];
    const found: StreamedObject[] = [];
    let at = 0;
    for (;;) {
      const end = held.indexOf(LINE_END, at);
      if (end < 0) break;
      const head = readHead(held.toString('latin1', at, end));
      const data = end + 1;
      if (head.type === undefined) {
        found.push(head);
        at = data;
        continue;
      }
      const next = data + head.size + 1;
      if (head.size > maxBytes) {
        found.push(head);
        skip = Math.max(0, next - held.length);
        at = Math.min(next, held.length);
        continue;
      }
      if (next > held.length) {
        wanted = next - held.length;
        break;
      }
      found.push({ ...head, bytes: held.subarray(data, next - 1) });
      at = next;
    }
    held = held.subarray(at);
    if (found.length > 0) yield found;
  }
  if (held.length > 0 || waiting.length > 0 || skip > 0) {
    throw new LedgerError('STORAGE_FAILED', 'git ended while objects were being read.');
  }
}

function readHead(line: string): StreamedObject {
  const [oid = '', type = '', size] = line.split(' ');
  return size === undefined
    ? { oid, type: undefined, size: 0, bytes: undefined }
    : { oid, type, size: Number(size), bytes: undefined };
}
