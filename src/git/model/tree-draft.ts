import { type NamedObject, nameObject, type ObjectSource } from './object.ts';
import {
  asBuffer,
  encodeLine,
  encodeLines,
  FILE,
  FOLDER,
  linesByName,
  measure,
  modeAt,
  nameAt,
  oidAt,
  rawPath,
  readTreeBytes,
  sortKey,
  type TreeLine,
  writtenMode,
} from './tree.ts';

const EMPTY = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A folder while it is changed: what stands in it, and the folders below that were opened so far. */
interface Folder {
  /** Undefined from a change on until the next `write`. */
  oid: string | undefined;
  lines: TreeEdit;
  open: Map<string, Folder>;
}

/** A tree that is changed file by file. Only folders on changed paths are read, and only they are written. */
export class TreeDraft {
  readonly #source: ObjectSource;
  readonly #root: Folder;

  private constructor(source: ObjectSource, root: Folder) {
    this.#source = source;
    this.#root = root;
  }

  /** @param tree the tree to begin with; `undefined` for an empty one */
  static async open(source: ObjectSource, tree: string | undefined): Promise<TreeDraft> {
    return new TreeDraft(source, await openFolder(source, tree));
  }

  /** Puts a plain file at `path`, in place of whatever is there; `undefined` removes it. */
  async set(path: string, oid: string | undefined): Promise<void> {
    const parts = rawPath(path).split('/');
    const name = parts.pop() ?? '';
    const folders = [this.#root];
    let folder = this.#root;
    for (const part of parts) {
      const below = await this.#enter(folder, part, oid !== undefined);
      if (below === undefined) return;
      folders.push(below);
      folder = below;
    }
    if (oid === undefined && folder.lines.get(name) === undefined && !folder.open.has(name)) return;
    folder.open.delete(name);
    if (oid === undefined) folder.lines.delete(name);
    else folder.lines.set({ mode: FILE, name, oid });
    for (const changed of folders) changed.oid = undefined;
  }

  /** Writes the tree of a folder as git would, whatever stands in it: the root's under an empty path. */
  async tidy(path: string): Promise<void> {
    const folders = [this.#root];
    for (const part of path === '' ? [] : rawPath(path).split('/')) {
      const below = await this.#enter(folders.at(-1) ?? this.#root, part, false);
      if (below === undefined) return;
      folders.push(below);
    }
    folders.at(-1)?.lines.tidy();
    for (const changed of folders) changed.oid = undefined;
  }

  /** The tree's name as it now stands, and the tree objects that were not in the repository when the draft began. */
  write(): { tree: string; made: NamedObject[] } {
    const made: NamedObject[] = [];
    return { tree: writeFolder(this.#root, made), made };
  }

  async #enter(folder: Folder, name: string, create: boolean): Promise<Folder | undefined> {
    const opened = folder.open.get(name);
    if (opened !== undefined) return opened;
    const line = folder.lines.get(name);
    const exists = line?.mode === FOLDER;
    if (!exists && !create) return undefined;
    const below = await openFolder(this.#source, exists ? line.oid : undefined);
    folder.open.set(name, below);
    return below;
  }
}

async function openFolder(source: ObjectSource, oid: string | undefined): Promise<Folder> {
  const bytes = oid === undefined ? new Uint8Array() : await readTreeBytes(source, oid);
  return { oid, lines: new TreeEdit(bytes), open: new Map() };
}

/** Git keeps no empty folders, except an empty root. */
function writeFolder(folder: Folder, made: NamedObject[]): string {
  if (folder.oid !== undefined) return folder.oid;
  for (const [name, below] of folder.open) {
    if (below.oid !== undefined) continue;
    const oid = writeFolder(below, made);
    if (oid !== EMPTY) folder.lines.set({ mode: FOLDER, name, oid });
    else {
      folder.lines.delete(name);
      folder.open.delete(name);
    }
  }
  const tree = folder.lines.write();
  folder.oid = tree.oid;
  made.push(tree);
  return tree.oid;
}

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
