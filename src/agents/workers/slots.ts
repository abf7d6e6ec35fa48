/** A counting semaphore: who finds no place waits in order. */
export class Slots {
  readonly #count: number;
  #acquired = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get free(): number {
    return this.#count - this.#acquired;
  }

  /** Waits for a place. @throws the signal's reason, where it is aborted first */
  async acquire(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#acquired < this.#count) {
      this.#acquired += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      const at = this.#waiting.indexOf(resolve);
      // Whom a place was given has it, also where the signal came in the same moment.
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      reject(signal.reason);
    };
    this.#waiting.push(resolve);
    signal.addEventListener('abort', leave, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Gives a place back: to the first who waits. */
  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#acquired -= 1;
    else next();
  }
}
