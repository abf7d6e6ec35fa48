import type { GitObject } from './object-format.ts';

/** Trees of a large ledger are some ten kilobytes: this holds the ones that a walk along history meets again and again. */
const BUDGET_BYTES = 16 * 1024 * 1024;

/** Commits and trees that were read of late. Objects never change, so nothing here goes stale. */
export class RecentObjects {
  readonly #objects = new Map<string, GitObject>();
  #bytes = 0;

  get(oid: string): GitObject | undefined {
    const object = this.#objects.get(oid);
    if (object === undefined) return undefined;
    this.#objects.delete(oid);
    this.#objects.set(oid, object);
    return object;
  }

  add(oid: string, object: GitObject): void {
    if (object.type === 'blob' || this.#objects.has(oid)) return;
    this.#objects.set(oid, object);
    this.#bytes += object.bytes.length;
    for (const [oldest, { bytes }] of this.#objects) {
      if (this.#bytes <= BUDGET_BYTES) return;
      this.#objects.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }

  clear(): void {
    this.#objects.clear();
    this.#bytes = 0;
  }
}
