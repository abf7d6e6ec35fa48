import type { GitObject, NamedObject } from '../../../src/git/model/object.ts';
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

  copy(): ObjectPool {
    return new ObjectPool(this.#objects);
  }
}
