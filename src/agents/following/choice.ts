import type { WorkItem } from '../../domain/item.ts';
import { hashOf } from './candidates.ts';

const WIDEST = 64;
/** Among how many a worker picks once it met others: fewer, and they would meet again at once. */
const FEW = 16;
/** Claims won in a row after which a worker looks at half as many items. */
const CALM = 8;

/**
 * Which of the ready items a worker goes for. Alone, it takes the best. Where others are first, it picks among the first few that
 * are as urgent, each worker in an order of its own, so that they seldom meet; where they meet less, among fewer.
 */
export class Choice {
  readonly #worker: string;
  #width = 1;
  #won = 0;

  constructor(worker: string) {
    this.#worker = worker;
  }

  /** How many of the ready items it wants to see. */
  get width(): number {
    return this.#width;
  }

  won(): void {
    this.#won += 1;
    if (this.#won % CALM === 0) this.#width = Math.max(1, Math.floor(this.#width / 2));
  }

  lost(): void {
    this.#won = 0;
    this.#width = Math.min(WIDEST, Math.max(FEW, this.#width * 2));
  }

  /** @param ready most urgent first */
  pick(ready: readonly WorkItem[], count: number): WorkItem[] {
    const priority = ready[0]?.priority;
    const others = ready.findIndex((item, at) => item.priority !== priority || at >= this.#width);
    const first = others < 0 ? ready.slice() : ready.slice(0, others);
    const ranked = first
      .map((item) => ({ item, rank: this.#rankOf(item) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
    return [...ranked, ...ready.slice(first.length)].slice(0, count);
  }

  #rankOf({ id, rev }: WorkItem): number {
    return hashOf(`${this.#worker}\n${id}\n${rev}`);
  }
}
