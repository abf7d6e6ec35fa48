import { type GitObject, type NamedObject, nameObject } from '../../src/git/model/object.ts';
import type { SizedObjects } from '../../src/store/object-history.ts';
import type { Oid } from '../../src/store/port.ts';

/** More than a judge may read for one case: of a ledger of some hundred commits, a hundred times. */
const MOST_READS = 400_000;
const MOST_BYTES = 512 * 1024 * 1024;

/** A judge read more than anything that a case holds can need. */
class OverBudget extends Error {}

/** Objects in memory, which count what is read of them: a case that makes a judge read without end ends by that. */
export class FuzzObjects implements SizedObjects {
  readonly #objects: Map<Oid, GitObject>;
  readonly #below: Pick<FuzzObjects, 'get'> | undefined;
  #reads = 0;
  #bytes = 0;

  readonly #isLimited: boolean;

  /**
   * @param below what is there in any case
   * @param isLimited whether what is read of it has an end: where it is those of one case
   */
  constructor(below?: Pick<FuzzObjects, 'get'>, isLimited = false) {
    this.#objects = new Map();
    this.#below = below;
    this.#isLimited = isLimited;
  }

  /** What was read since it was asked last. */
  takeSteps(): { reads: number; bytes: number } {
    const taken = { reads: this.#reads, bytes: this.#bytes };
    [this.#reads, this.#bytes] = [0, 0];
    return taken;
  }

  /** @throws OverBudget */
  async read(oid: Oid): Promise<GitObject | undefined> {
    const object = this.get(oid);
    this.#reads += 1;
    this.#bytes += object?.bytes.length ?? 0;
    if (this.#isLimited && (this.#reads > MOST_READS || this.#bytes > MOST_BYTES))
      throw new OverBudget(`${this.#reads} objects of ${this.#bytes} bytes were read`);
    return object;
  }

  async readAtMost(oid: Oid, maxBytes: number): Promise<GitObject | { size: number } | undefined> {
    const object = await this.read(oid);
    return object !== undefined && object.bytes.length > maxBytes ? { size: object.bytes.length } : object;
  }

  async write(objects: readonly NamedObject[]): Promise<void> {
    for (const object of objects) this.put(object);
  }

  /** For whoever makes a case. */
  get(oid: Oid): GitObject | undefined {
    return this.#objects.get(oid) ?? this.#below?.get(oid);
  }

  put({ oid, type, bytes }: NamedObject): Oid {
    if (this.get(oid) === undefined) this.#objects.set(oid, { type, bytes });
    return oid;
  }

  add(type: GitObject['type'], bytes: Uint8Array): Oid {
    return this.put(nameObject({ type, bytes }));
  }

  /** What it has beside what was there in any case. */
  get own(): ReadonlyMap<Oid, GitObject> {
    return this.#objects;
  }
}
