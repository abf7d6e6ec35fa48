import { type GitObject, type NamedObject, nameObject } from '../../../src/git/model/object.ts';
import type { SizedObjects } from '../../../src/store/object-history.ts';
import type { Oid } from '../../../src/store/port.ts';

/**
 * All objects of a world. Their names say what is in them, so the clones and the remote share one map, and nothing is ever copied:
 * who has a ref has what it reaches.
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
