import { LedgerError } from '../../../src/domain/errors.ts';
import { isAncestor } from '../../../src/git/model/history.ts';
import { type GitObject, type NamedObject, nameObject } from '../../../src/git/model/object.ts';
import type { SizedObjects } from '../../../src/store/object-history.ts';
import type { Oid } from '../../../src/store/port.ts';
import type { Clone } from './clone.ts';
import type { Freight } from './connection.ts';

/**
 * All objects of a world. Their names say what is in them, so the clones and the remote share one map, and nothing is ever copied:
 * who has a ref has what it reaches. A clone notes what it has not.
 */
export class ObjectPool implements SizedObjects {
  readonly #objects: Map<Oid, GitObject>;

  constructor(objects: ReadonlyMap<Oid, GitObject> = new Map()) {
    this.#objects = new Map(objects);
  }

  async read(oid: Oid): Promise<GitObject | undefined> {
    return this.#objects.get(oid);
  }

  async readAtMost(oid: Oid, maxBytes: number): Promise<GitObject | { size: number } | undefined> {
    const object = this.#objects.get(oid);
    return object !== undefined && object.bytes.length > maxBytes ? { size: object.bytes.length } : object;
  }

  async write(objects: readonly NamedObject[]): Promise<void> {
    for (const { oid, type, bytes } of objects) this.#objects.set(oid, { type, bytes });
  }

  /** For whoever looks from outside, in one step. */
  get(oid: Oid): GitObject | undefined {
    return this.#objects.get(oid);
  }

  has(oid: Oid): boolean {
    return this.#objects.has(oid);
  }

  names(): Iterable<Oid> {
    return this.#objects.keys();
  }

  /** All that commits reach, themselves included. */
  reachedFrom(commits: Iterable<Oid | undefined>): Set<Oid> {
    const [found, left] = [new Set<Oid>(), [...commits]];
    for (let oid = left.pop(); oid !== undefined || left.length > 0; oid = left.pop()) {
      const object = oid === undefined || found.has(oid) ? undefined : this.#objects.get(oid);
      if (oid === undefined || object === undefined) continue;
      found.add(oid);
      if (object.type === 'tree') for (const entry of entriesOf(object.bytes)) left.push(entry.oid);
      if (object.type === 'commit')
        // Git reads names in capitals as well.
        for (const [, named = ''] of this.#textOf(oid).matchAll(/^(?:tree|parent) (\w+)$/gm))
          left.push(named.toLowerCase());
    }
    return found;
  }

  parentOf(commit: Oid | undefined): Oid | undefined {
    return /^parent (\w+)$/m.exec(this.#textOf(commit))?.[1];
  }

  /** The same commit with another first line, as `git commit --amend` makes it. */
  reword(commit: Oid | undefined, word: string): Oid | undefined {
    return commit && this.#add(this.#textOf(commit).replace('\n\n', `\n\n${word}: `));
  }

  /** A commit without changes and without anything that this program writes. */
  commitOn(parent: Oid): Oid {
    const [tree = '', ...others] = this.#textOf(parent).split('\n');
    const people = others.filter((line) => /^(?:author|committer) /.test(line)).slice(0, 2);
    return this.#add([tree, `parent ${parent}`, ...people, '', 'By hand\n'].join('\n'));
  }

  #textOf(oid: Oid | undefined): string {
    return Buffer.from(this.#objects.get(oid ?? '')?.bytes ?? []).toString();
  }

  #add(commit: string): Oid {
    const { oid, type, bytes } = nameObject({ type: 'commit', bytes: Buffer.from(commit) });
    this.#objects.set(oid, { type, bytes });
    return oid;
  }

  copy(): ObjectPool {
    return new ObjectPool(this.#objects);
  }
}

/** The entries of a tree, by git's format; of one that breaks off, those that are whole. */
export function* entriesOf(tree: Uint8Array): Generator<{ mode: string; name: string; oid: Oid }> {
  const bytes = Buffer.from(tree);
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    if (end < 0 || end + 21 > bytes.length) return;
    const [mode = '', name = ''] = bytes.toString('utf8', at, end).split(' ');
    yield { mode, name, oid: bytes.toString('hex', end + 1, end + 21) };
    at = end + 21;
  }
}

/** The objects of a world that a clone has. */
export class CloneObjects implements SizedObjects {
  readonly #pool: ObjectPool;
  readonly #clone: Clone;

  constructor(pool: ObjectPool, clone: Clone) {
    this.#pool = pool;
    this.#clone = clone;
  }

  async read(oid: Oid): Promise<GitObject | undefined> {
    return this.#clone.has(oid) ? this.#pool.read(oid) : undefined;
  }

  async readAtMost(oid: Oid, maxBytes: number): Promise<GitObject | { size: number } | undefined> {
    return this.#clone.has(oid) ? this.#pool.readAtMost(oid, maxBytes) : undefined;
  }

  async write(objects: readonly NamedObject[]): Promise<void> {
    await this.#pool.write(objects);
    this.#clone.gets(objects.map(({ oid }) => oid));
  }
}

/** Nothing is carried where the host has the same objects; a clone notes what it has from now on. */
export class SharedObjects implements Freight {
  readonly #pool: ObjectPool;
  readonly #clone: Clone;

  constructor(pool: ObjectPool, clone: Clone) {
    this.#pool = pool;
    this.#clone = clone;
  }

  async send(tips: readonly (Oid | undefined)[]): Promise<void> {
    const missing = tips.find((tip) => tip !== undefined && !this.#clone.has(tip));
    if (missing !== undefined) throw new LedgerError('STORAGE_FAILED', `there is no object ${missing}`);
  }

  async receive(tips: Iterable<Oid | undefined>): Promise<void> {
    this.#clone.fetched(tips, this.#pool);
  }

  isAncestor(oid: Oid, of: Oid): Promise<boolean> {
    return isAncestor(new CloneObjects(this.#pool, this.#clone), oid, of);
  }
}
