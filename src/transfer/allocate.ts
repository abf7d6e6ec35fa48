import { idDate, isOfflineId, numberedId, parseId, type WorkId } from '../domain/ids.ts';
import type { ImportLedger } from './plan.ts';

/** A number above this is no counter's; what follows it would soon not fit into an id. */
const HIGHEST = 1_000_000_000;

/**
 * Gives ids of the day an item was created: one past the highest that the ledger or this plan has. Where nobody can be asked, a
 * number would be provisional until it is shared; ids are then drawn at random.
 */
export class IdAllocator {
  readonly #ledger: ImportLedger;
  readonly #next = new Map<string, number>();
  readonly #reserved = new Set<WorkId>();

  readonly #randomSuffix: (() => string) | undefined;

  constructor(ledger: ImportLedger, randomSuffix?: () => string) {
    this.#ledger = ledger;
    this.#randomSuffix = randomSuffix;
  }

  /** Why an id was not reserved. */
  get whyNot(): string {
    return this.#randomSuffix === undefined
      ? 'it was given before in this ledger'
      : 'the remote is not asked whether it was given before';
  }

  /** Takes `id` itself and returns true, unless it was ever given. */
  reserve(id: WorkId): boolean {
    if (this.#randomSuffix !== undefined && !isOfflineId(id)) return false;
    if (this.#reserved.has(id) || this.#ledger.wasUsed(id)) return false;
    this.#reserved.add(id);
    const { prefix, date, number } = parseId(id);
    if (number !== undefined && number < HIGHEST) this.#raise(prefix, date, number + 1);
    return true;
  }

  /** A new id for an item that was created at `created_at`. */
  take(created_at: string): WorkId {
    const prefix = this.#ledger.settings.id_prefix;
    const date = idDate(created_at);
    if (this.#randomSuffix !== undefined) return `${prefix}-${date}-${this.#randomSuffix()}`;
    let number = this.#peek(prefix, date);
    while (this.#reserved.has(numberedId(prefix, date, number))) number += 1;
    this.#raise(prefix, date, number + 1);
    return numberedId(prefix, date, number);
  }

  #peek(prefix: string, date: string): number {
    return this.#next.get(`${prefix}-${date}`) ?? this.#ledger.nextNumber(prefix, date);
  }

  #raise(prefix: string, date: string, next: number): void {
    this.#next.set(`${prefix}-${date}`, Math.max(this.#peek(prefix, date), next));
  }
}
