import type { WorkId } from '../../domain/ids.ts';
import { type AgentEvent, asError, type ExecutionEvent, type LifeEvent } from './agent.ts';

/** What the pool says, before it is told of which execution. */
type Unaddressed<T> = T extends unknown ? Omit<T, 'work_id' | 'execution_id'> : never;

/** Where the events of one execution go: to whoever iterates, and to an observer. */
export class EventSink {
  readonly channel = new Channel<ExecutionEvent>();
  readonly #observer: ((event: ExecutionEvent) => unknown) | undefined;
  readonly #execution_id: string;
  #work_id: WorkId | undefined;
  #warned = false;

  constructor(
    execution_id: string,
    work_id: WorkId | undefined,
    observer: ((event: ExecutionEvent) => unknown) | undefined,
  ) {
    this.#execution_id = execution_id;
    this.#work_id = work_id;
    this.#observer = observer;
  }

  /** The item is known now. */
  about(work_id: WorkId): void {
    this.#work_id = work_id;
  }

  /** Passes on what the agent said. @returns once it was taken */
  async forward(event: AgentEvent): Promise<void> {
    await this.#send(event);
  }

  /** Says something about the execution. */
  async report(said: Unaddressed<LifeEvent>): Promise<void> {
    await this.#send({ work_id: this.#work_id ?? '', execution_id: this.#execution_id, ...said });
  }

  async #send(event: ExecutionEvent): Promise<void> {
    const problem = await this.#observe(event);
    await this.channel.send(event);
    if (problem === undefined || this.#warned) return;
    // Once is enough: an observer that is broken would be so at each event.
    this.#warned = true;
    await this.report({ type: 'warning', message: `onEvent failed: ${problem}` });
  }

  async #observe(event: ExecutionEvent): Promise<string | undefined> {
    try {
      await this.#observer?.(event);
      return undefined;
    } catch (error) {
      return asError(error).message;
    }
  }
}

type Result<T> = IteratorResult<T, undefined>;

/** A rendezvous channel: hands values from a sender to a reader, one at a time, and a sender waits until its value was taken. */
class Channel<T> {
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

  /** From now on no sender waits: what is sent is kept until it is read. */
  unbound(): void {
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
