import { parseId, type WorkId } from './ids.ts';

/** The highest number given for each prefix and day. Numbers only rise: a deleted item's is not given again. */
export class Numbers {
  readonly #highest = new Map<string, number>();

  add(id: WorkId): void {
    const { prefix, date, number } = parseId(id);
    if (number === undefined) return;
    const key = prefix + date;
    if (number > (this.#highest.get(key) ?? 0)) this.#highest.set(key, number);
  }

  next(prefix: string, date: string): number {
    return (this.#highest.get(prefix + date) ?? 0) + 1;
  }
}
