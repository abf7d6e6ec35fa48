import { parseId, type WorkId } from './ids.ts';

/** The highest number that stands for each prefix and day. */
export class Numbers {
  readonly #highest = new Map<string, number>();

  add(id: WorkId): void {
    const { prefix, date, number } = parseId(id);
    if (number !== undefined && number > this.highest(prefix, date)) this.#highest.set(prefix + date, number);
  }

  /** @param rest the ids that are left, among which the next highest is looked for */
  remove(id: WorkId, rest: () => Iterable<WorkId>): void {
    const { prefix, date, number } = parseId(id);
    if (number === undefined || number !== this.highest(prefix, date)) return;
    this.#highest.delete(prefix + date);
    for (const other of rest()) if (other.startsWith(`${prefix}-${date}-`)) this.add(other);
  }

  /** 0 where there is none. */
  highest(prefix: string, date: string): number {
    return this.#highest.get(prefix + date) ?? 0;
  }
}
