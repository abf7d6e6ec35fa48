import type { WorkId } from '../../domain/ids.ts';
import type { AgentEvent, ExecutionEvent, LifeEvent } from './agent.ts';
import { asError } from './as-error.ts';
import { Channel } from './channel.ts';

/** What the pool says, before it is told of which execution. */
export type Said = Told<LifeEvent>;
type Told<T> = T extends unknown ? Omit<T, 'work_id' | 'execution_id'> : never;

/** Where the events of one execution go: to whoever iterates, and to an observer. */
export class Outlet {
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
  async pass(event: AgentEvent): Promise<void> {
    await this.#send(event);
  }

  /** Says something about the execution. */
  async tell(said: Said): Promise<void> {
    await this.#send({ work_id: this.#work_id ?? '', execution_id: this.#execution_id, ...said });
  }

  async #send(event: ExecutionEvent): Promise<void> {
    const problem = await this.#observe(event);
    await this.channel.send(event);
    if (problem === undefined || this.#warned) return;
    // Once is enough: an observer that is broken would be so at each event.
    this.#warned = true;
    await this.tell({ type: 'warning', message: `onEvent failed: ${problem}` });
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
