// Trees of a row of commits, each made here from the one before it and held against its name, instead of being read.
import { nodeCrypto } from '../../node.ts';
import type { ObjectSource } from './object.ts';
import { FILE, FOLDER, findFaults, rawPath, readTreeBytes, spansOf } from './tree.ts';
import type { FileDifference } from './tree-walk.ts';

/** What a commit is taken to have changed until its tree shows it. */
export interface Likely {
  /** Files that it took away, as far as there were any. */
  gone: readonly string[];
  /** The plain file that it left. */
  left: { path: string; oid: string } | undefined;
}

/**
 * Follows the trees of one commit after the other. A tree that is the one before it with a likely change has the name that this gives;
 * so it is known without being read, and so is that nothing else was changed.
 */
export class TreeFollower {
  readonly #source: ObjectSource;
  readonly #root: Folder;

  private constructor(source: ObjectSource, root: Folder) {
    this.#source = source;
    this.#root = root;
  }

  /** @param tree of a commit; `undefined` where it is not as git would write it */
  static async at(source: ObjectSource, tree: string): Promise<TreeFollower | undefined> {
    const root = await Folder.read(source, tree);
    return root && new TreeFollower(source, root);
  }

  /**
   * Goes on to the next tree.
   *
   * @returns what it changed, sorted by path; the tree is then as git would write it. `undefined` where it is another than this change
   *   gives, or that cannot be told: then nothing can be followed any more
   */
  async follow(tree: string, { gone, left }: Likely): Promise<FileDifference[] | undefined> {
    const found: FileDifference[] = [];
    for (const path of gone) if (!(await this.#set(path, undefined, found))) return undefined;
    if (left !== undefined && !(await this.#set(left.path, left.oid, found))) return undefined;
    if (this.#root.write() !== tree) return undefined;
    return found.length < 2 ? found : found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** @returns false where that is more than a plain file in a folder, or where what it is said to leave was there before */
  async #set(path: string, oid: string | undefined, found: FileDifference[]): Promise<boolean> {
    const names = rawPath(path).split('/');
    const last = names.pop() ?? '';
    let folder = this.#root;
    const above: Folder[] = [];
    for (const name of names) {
      above.push(folder);
      const below = await folder.enter(name, this.#source, oid !== undefined);
      if (below === 'other') return false;
      if (below === undefined) return true;
      folder = below;
    }
    const before = folder.get(last);
    if (before !== undefined && before.mode !== FILE) return false;
    if (before?.oid === oid) return oid === undefined;
    if (oid === undefined) folder.delete(last);
    else folder.set(last, FILE, oid);
    names.forEach((name, at) => {
      above[at]?.changedBelow.add(name);
    });
    found.push({ path, before, after: oid === undefined ? undefined : { mode: FILE, oid } });
    return true;
  }
}

const OID = 20;

interface Place {
  at: number;
  next: number;
}

/** One tree in memory, with the header that it is named with, changed in place. */
class Folder {
  readonly changedBelow = new Set<string>();
  readonly #below = new Map<string, Folder>();
  #bytes: Buffer;
  /** Where its lines begin. */
  #start: number;
  #places: Map<string, Place>;
  /** True where a name came since it was written last. */
  #grew = false;

  private constructor(lines: Uint8Array) {
    [this.#bytes, this.#start] = withHeader([lines], lines.length);
    this.#places = placesIn(this.#bytes, this.#start);
  }

  /** @returns `undefined` for a tree that is not as git would write it */
  static async read(source: ObjectSource, tree: string): Promise<Folder | undefined> {
    const bytes = await readTreeBytes(source, tree);
    return findFaults(bytes).length === 0 ? new Folder(bytes) : undefined;
  }

  /** @returns `other` where something else stands there; `undefined` where nothing does */
  async enter(name: string, source: ObjectSource, make: boolean): Promise<Folder | 'other' | undefined> {
    const known = this.#below.get(name);
    if (known !== undefined) return known;
    const there = this.get(name);
    if (there === undefined && !make) return undefined;
    if (there !== undefined && there.mode !== FOLDER) return 'other';
    const below = there === undefined ? new Folder(new Uint8Array()) : await Folder.read(source, there.oid);
    if (below === undefined) return 'other';
    this.#below.set(name, below);
    return below;
  }

  get(name: string): { mode: string; oid: string } | undefined {
    const place = this.#places.get(name);
    if (place === undefined) return undefined;
    const { at, next } = place;
    const mode = this.#bytes.toString('latin1', at, next - OID - name.length - 2);
    return { mode: mode.padStart(FILE.length, '0'), oid: this.#bytes.toString('hex', next - OID, next) };
  }

  set(name: string, mode: string, oid: string): void {
    const place = this.#places.get(name);
    if (place !== undefined && this.get(name)?.mode === mode) {
      this.#bytes.write(oid, place.next - OID, OID, 'hex');
      return;
    }
    if (place !== undefined) this.delete(name);
    else this.#grew = true;
    const line = Buffer.concat([
      Buffer.from(`${mode.replace(/^0/, '')} ${name}\0`, 'latin1'),
      Buffer.from(oid, 'hex'),
    ]);
    const at = this.#placeFor(sortKey(name, mode === FOLDER));
    this.#replace(at, at, line);
  }

  delete(name: string): void {
    const place = this.#places.get(name);
    if (place !== undefined) this.#replace(place.at, place.next, new Uint8Array());
    this.#below.delete(name);
  }

  /** @returns its name as it stands now; `undefined` where it is not as git would write it, or empty, which git does not keep */
  write(): string | undefined {
    for (const name of this.changedBelow) {
      const below = this.#below.get(name);
      if (below === undefined) continue;
      const oid = below.write();
      if (oid === undefined) return undefined;
      if (below.#places.size === 0) this.delete(name);
      else this.set(name, FOLDER, oid);
    }
    this.changedBelow.clear();
    if (this.#grew && findFaults(this.#bytes.subarray(this.#start)).length > 0) return undefined;
    this.#grew = false;
    return nodeCrypto().hash('sha1', this.#bytes, 'hex');
  }

  #placeFor(key: string): number {
    for (const [name, { at }] of this.#places)
      if (sortKey(name, this.#bytes[at] === FOLDER_BYTE) > key) return at;
    return this.#bytes.length;
  }

  #replace(from: number, to: number, line: Uint8Array): void {
    const lines = [this.#bytes.subarray(this.#start, from), line, this.#bytes.subarray(to)];
    [this.#bytes, this.#start] = withHeader(
      lines,
      this.#bytes.length - this.#start - (to - from) + line.length,
    );
    this.#places = placesIn(this.#bytes, this.#start);
  }
}

/** Of the modes that git writes, only a folder's begins with a four. */
const FOLDER_BYTE = 0x34;

const sortKey = (name: string, isFolder: boolean): string => (isFolder ? `${name}/` : name);

function withHeader(lines: readonly Uint8Array[], length: number): [bytes: Buffer, start: number] {
  const header = Buffer.from(`tree ${length}\0`, 'latin1');
  return [Buffer.concat([header, ...lines]), header.length];
}

function placesIn(bytes: Buffer, start: number): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { at, space, end, next } of spansOf(bytes, start))
    places.set(bytes.toString('latin1', space + 1, end), { at, next });
  return places;
}
