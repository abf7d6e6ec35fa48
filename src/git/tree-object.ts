import { LedgerError } from '../domain/errors.ts';
import type { ObjectSource } from './object-format.ts';

export const FOLDER = '040000';
export const FILE = '100644';

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * One line of a tree.
 *
 * `name` holds a byte of the name in each character, so that names in any encoding come back as they were and compare as git
 * compares them. `rawPath` and `readablePath` are the way in and out.
 */
export interface TreeLine {
  /** Six digits, as git prints it. */
  mode: string;
  name: string;
  oid: string;
}

export const rawPath = (path: string): string => Buffer.from(path).toString('latin1');
export const readablePath = (raw: string): string =>
  PLAIN.test(raw) ? raw : Buffer.from(raw, 'latin1').toString();

/** Accepts what git accepts, and judges no name: a strange entry must not hide the others. */
function parseTree(bytes: Uint8Array): TreeLine[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: TreeLine[] = [];
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(32, at);
    const end = buffer.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > buffer.length) throw treeEndsEarly();
    lines.push({
      mode: buffer.toString('latin1', at, space).padStart(6, '0'),
      name: buffer.toString('latin1', space + 1, end),
      oid: buffer.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return lines;
}

export const encodeLine = ({ mode, name, oid }: TreeLine): Buffer =>
  Buffer.concat([Buffer.from(`${mode.replace(/^0+/, '')} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]);

export const treeEndsEarly = (): RangeError => new RangeError('a tree object ends early');

/** @throws LedgerError `STORAGE_FAILED` where it is missing, damaged, or no tree */
export async function readTreeBytes(source: ObjectSource, oid: string): Promise<Uint8Array> {
  const object = await source.read(oid);
  if (object?.type === 'tree') return object.bytes;
  throw new LedgerError('STORAGE_FAILED', `The repository has no tree ${oid}.`, { details: { oid } });
}

/** @throws LedgerError as `readTreeBytes` */
export async function readTreeLines(source: ObjectSource, oid: string): Promise<TreeLine[]> {
  return parseTree(await readTreeBytes(source, oid));
}
