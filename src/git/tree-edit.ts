import { type NamedObject, nameObject } from './object-format.ts';
import { encodeLine, FOLDER, type TreeLine, treeEndsEarly } from './tree-object.ts';

const SPACE = 32;
const OID = 20;

/**
 * One tree object that is changed line by line. What does not change is copied as it stands: a folder can hold a hundred
 * thousand files, of which a transition changes one.
 */
export class TreeEdit {
  #bytes: Buffer;
  readonly #changes = new Map<string, TreeLine | undefined>();

  /** @param bytes the tree to begin with */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get(name: string): TreeLine | undefined {
    return this.#changes.has(name) ? this.#changes.get(name) : findLine(this.#bytes, name);
  }

  set(line: TreeLine): void {
    this.#changes.set(line.name, line);
  }

  delete(name: string): void {
    this.#changes.set(name, undefined);
  }

  /** The tree as it now stands. */
  write(): NamedObject {
    this.#bytes = merge(this.#bytes, this.#changes);
    this.#changes.clear();
    return nameObject({ type: 'tree', bytes: this.#bytes });
  }
}

/** Where the parts of the line at `at` end. */
function measure(bytes: Buffer, at: number): { space: number; end: number; next: number } {
  const space = bytes.indexOf(SPACE, at);
  const end = bytes.indexOf(0, space);
  if (space < 0 || end < 0 || end + 1 + OID > bytes.length) throw treeEndsEarly();
  return { space, end, next: end + 1 + OID };
}

function findLine(bytes: Buffer, name: string): TreeLine | undefined {
  const wanted = Buffer.from(name, 'latin1');
  for (let at = 0; at < bytes.length; ) {
    const { space, end, next } = measure(bytes, at);
    if (end - space - 1 === wanted.length && wanted.compare(bytes, space + 1, end) === 0) {
      const mode = bytes.toString('latin1', at, space).padStart(6, '0');
      return { mode, name, oid: bytes.toString('hex', end + 1, next) };
    }
    at = next;
  }
  return undefined;
}

/** Git sorts a folder as if its name ended in a slash. */
const sortKey = ({ mode, name }: TreeLine): string => (mode === FOLDER ? `${name}/` : name);

function merge(bytes: Buffer, changes: ReadonlyMap<string, TreeLine | undefined>): Buffer {
  const added = [...changes.values()]
    .filter((line) => line !== undefined)
    .map((line) => ({ key: sortKey(line), bytes: encodeLine(line) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1));
  const parts: Buffer[] = [];
  let kept = 0;
  for (let at = 0; at < bytes.length; ) {
    const { space, end, next } = measure(bytes, at);
    const name = bytes.toString('latin1', space + 1, end);
    const key = isFolder(bytes, at, space) ? `${name}/` : name;
    const replaced = changes.has(name);
    let due = added.at(-1);
    if (replaced || (due !== undefined && due.key < key)) {
      parts.push(bytes.subarray(kept, at));
      for (; due !== undefined && due.key < key; due = added.at(-1)) {
        parts.push(due.bytes);
        added.pop();
      }
      kept = replaced ? next : at;
    }
    at = next;
  }
  parts.push(bytes.subarray(kept), ...added.reverse().map((line) => line.bytes));
  return Buffer.concat(parts);
}

/** A folder's mode is `40000`; the modes of all else have six digits. */
const isFolder = (bytes: Buffer, at: number, space: number): boolean =>
  space - at === 5 && bytes[at] === 0x34;
