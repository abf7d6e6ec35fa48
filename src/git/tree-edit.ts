import { type NamedObject, nameObject } from './object-format.ts';
import {
  asBuffer,
  encodeLine,
  encodeLines,
  linesByName,
  measure,
  modeAt,
  nameAt,
  oidAt,
  sortKey,
  type TreeLine,
  writtenMode,
} from './tree-object.ts';

/**
 * One tree object that is changed line by line. What does not change is copied as it stands, but for modes, which are written as
 * git reads them: a folder can hold a hundred thousand files, of which a transition changes one.
 */
export class TreeEdit {
  #bytes: Buffer;
  readonly #changes = new Map<string, TreeLine | undefined>();

  /** @param bytes the tree to begin with */
  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
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

  /** Leaves out what no path can name, and puts the rest in git's order. */
  tidy(): void {
    this.#bytes = encodeLines([...linesByName(this.#bytes).values()]);
  }

  /** The tree as it now stands. */
  write(): NamedObject {
    this.#bytes = merge(this.#bytes, this.#changes);
    this.#changes.clear();
    return nameObject({ type: 'tree', bytes: this.#bytes });
  }
}

function findLine(bytes: Buffer, name: string): TreeLine | undefined {
  const wanted = Buffer.from(name, 'latin1');
  for (let at = 0; at < bytes.length; ) {
    const span = measure(bytes, at);
    const { space, end, next } = span;
    if (end - space - 1 === wanted.length && wanted.compare(bytes, space + 1, end) === 0)
      return { mode: modeAt(bytes, span), name, oid: oidAt(bytes, span) };
    at = next;
  }
  return undefined;
}

function merge(bytes: Buffer, changes: ReadonlyMap<string, TreeLine | undefined>): Buffer {
  const added = [...changes.values()]
    .filter((line) => line !== undefined)
    .map((line) => ({ key: sortKey(line), bytes: encodeLine(line) }))
    .sort((a, b) => (a.key < b.key ? 1 : -1));
  const parts: Buffer[] = [];
  let kept = 0;
  for (let at = 0; at < bytes.length; ) {
    const span = measure(bytes, at);
    const [name, mode] = [nameAt(bytes, span), modeAt(bytes, span)];
    const key = sortKey({ mode, name });
    const replaced = changes.has(name);
    const odd = !replaced && writtenMode(bytes, span) === undefined;
    let due = added.at(-1);
    if (replaced || odd || (due !== undefined && due.key < key)) {
      parts.push(bytes.subarray(kept, at));
      for (; due !== undefined && due.key < key; due = added.at(-1)) {
        parts.push(due.bytes);
        added.pop();
      }
      if (odd) parts.push(encodeLine({ mode, name, oid: oidAt(bytes, span) }));
      kept = replaced || odd ? span.next : at;
    }
    at = span.next;
  }
  parts.push(bytes.subarray(kept), ...added.reverse().map((line) => line.bytes));
  return Buffer.concat(parts);
}
