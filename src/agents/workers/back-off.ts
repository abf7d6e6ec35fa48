import type { Timer } from '../../sync/ports.ts';

const SHORTEST_MS = 500;
const LONGEST_MS = 15_000;
const GROWTH = 1.6;
/** How often a waiting worker looks whether the ledger moved: one small file is read. */
const LOOK_MS = 250;

/** The waits of a worker with nothing to do: each longer than the one before, none as long as another's. */
export class BackOff {
  readonly #timer: Timer;
  readonly #random: () => number;
  readonly #moved: () => Promise<string>;
  #next = SHORTEST_MS;
  #wake = Promise.withResolvers<void>();

  /** @param moved gives something else whenever the ledger moved */
  constructor(timer: Timer, random: () => number, moved: () => Promise<string>) {
    this.#timer = timer;
    this.#random = random;
    this.#moved = moved;
  }

  /** There was something to do: the next wait is short again. */
  reset(): void {
    this.#next = SHORTEST_MS;
  }

  /** Ends the wait that is under way, or the next one. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Waits until it is woken, the ledger moves, or the pause is over. @returns whether the pause was waited out */
  async wait(): Promise<boolean> {
    const timer = this.#timer;
    const end = timer.elapsed() + this.#next * (0.5 + this.#random());
    const before = await this.#moved();
    let woken = false;
    const wake = this.#wake.promise.then(() => {
      woken = true;
    });
    while (!woken && timer.elapsed() < end) {
      await pause(timer, Math.min(LOOK_MS, end - timer.elapsed()), wake);
      if ((await this.#moved()) !== before) return false;
    }
    if (woken) {
      this.#wake = Promise.withResolvers();
      return false;
    }
    this.#next = Math.min(LONGEST_MS, this.#next * GROWTH);
    return true;
  }
}

async function pause(timer: Timer, ms: number, wake: Promise<void>): Promise<void> {
  let cancel = (): void => undefined;
  await Promise.race([
    wake,
    new Promise<void>((resolve) => {
      cancel = timer.holdFor(Math.max(1, ms), resolve);
    }),
  ]);
  cancel();
}
