type Result<T> = IteratorResult<T, undefined>;

/** Hands values from one who sends to one who reads, a value at a time: who sends waits until its value was taken. */
export class Channel<T> {
  readonly #values: { value: T; taken: () => void }[] = [];
  readonly #readers: ((result: Result<T> | Promise<Result<T>>) => void)[] = [];
  #end: Promise<Result<T>> | undefined;
  #open = true;

  /** @returns once it was taken; at once where nobody will */
  send(value: T): Promise<void> {
    if (this.#end !== undefined) return Promise.resolve();
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value });
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#values.push({ value, taken: resolve });
    if (!this.#open) resolve();
    return promise;
  }

  /** From now on, who sends does not wait: what is sent is kept until it is read. */
  hurry(): void {
    this.#open = false;
    for (const { taken } of this.#values) taken();
  }

  /** No more values; what waits is still read, and `failure` after it. */
  end(failure?: { error: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = failure === undefined ? Promise.resolve(DONE) : Promise.reject(failure.error);
    this.#end.catch(() => undefined);
    for (const reader of this.#readers.splice(0)) reader(this.#end);
  }

  next(): Promise<Result<T>> {
    const waiting = this.#values.shift();
    if (waiting !== undefined) {
      waiting.taken();
      return Promise.resolve({ done: false, value: waiting.value });
    }
    if (this.#end !== undefined) {
      const end = this.#end;
      // An error is told once, as by any iterator.
      this.#end = Promise.resolve(DONE);
      return end;
    }
    return new Promise((resolve) => this.#readers.push(resolve));
  }
}

const DONE = { done: true, value: undefined } as const;
