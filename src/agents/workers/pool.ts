import type { WorkItem } from '../../domain/item.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Clock } from '../../sync/ports.ts';
import {
  type Agent,
  type AgentExecutionContext,
  CancelledError,
  type ExecutionEvent,
  PoolDrainingError,
} from './agent.ts';
import { type ExecuteOptions, Execution, type PoolParts } from './execution.ts';
import { type ExecutionMemory, memoryOf, type RememberedExecution } from './execution-memory.ts';
import { type Heartbeat, PresenceHeartbeat } from './heartbeat.ts';
import { standingOf } from './lease-handle.ts';
import { releaseOrphaned } from './orphaned-executions.ts';
import { Slots } from './slots.ts';

const MAX_CONCURRENT = 5;
const GRACE_S = 10;

export interface PoolOptions {
  ledger: WorkLedger;
  agent: Agent;
  /** How many executions run at once; others wait in order. Default 5. */
  max_concurrent?: number | undefined;
  /** The same, in the word of the design that this pool began with. */
  maxConcurrent?: number | undefined;
  /** Pools of one name in one clone look after what an earlier one left. Default: the ledger's actor. */
  name?: string | undefined;
  /** Lease in seconds; the ledger's where none is given. */
  ttl_s?: number | undefined;
  /** Signs of life. Default: presence, and checkpoints where the remote takes none. It is closed with the pool. */
  heartbeat?: Heartbeat | undefined;
  /** What people read in `wl presence` as the program that runs. */
  program?: string | undefined;
  /** Told once what a person should know, such as that the host takes no presence. */
  onNotice?: ((message: string) => void) | undefined;
  /** How long an agent has to end once it was told to, in seconds. Default 10. */
  abort_grace_s?: number | undefined;
  /** Drains on SIGTERM. Default false. */
  handle_signals?: boolean | undefined;
  clock?: Clock | undefined;
  memory?: ExecutionMemory | undefined;
}

/** Runs agents on work items: each execution holds one, for as long as its agent works. */
export class AgentExecutorPool {
  readonly #parts: PoolParts;
  readonly #running = new Set<Execution>();
  readonly #onSignal: (() => void) | undefined;
  #ready: Promise<void> | undefined;
  #draining: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    const { ledger, agent, name = ledger.actor, program = 'work-ledger' } = options;
    const max_concurrent = options.max_concurrent ?? options.maxConcurrent ?? MAX_CONCURRENT;
    if (!Number.isInteger(max_concurrent) || max_concurrent < 1)
      throw new RangeError('max_concurrent must be a whole number of at least 1');
    this.#parts = {
      name,
      ledger,
      agent,
      heartbeat: options.heartbeat ?? new PresenceHeartbeat(ledger, name, program, options.onNotice),
      memory: options.memory ?? memoryOf(connectionOf(ledger), name),
      slots: new Slots(max_concurrent),
      clock: options.clock ?? connectionOf(ledger).clock,
      ttl_s: options.ttl_s,
      abort_grace_ms: (options.abort_grace_s ?? GRACE_S) * 1000,
    };
    if (options.handle_signals) {
      this.#onSignal = () => void this.drain({ grace_s: GRACE_S });
      process.on('SIGTERM', this.#onSignal);
    }
  }

  /** How many more executions would run at once. */
  get free(): number {
    return this.#parts.slots.free;
  }

  /** How many executions run or wait. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether it is one of this pool's that is not over. */
  runs(execution_id: string): boolean {
    return [...this.#running].some((execution) => execution.id === execution_id);
  }

  /** Executions whose items are blocked, to be taken up again once those are not. */
  get parked(): RememberedExecution[] {
    return this.#parts.memory.list().filter(({ state }) => state === 'parked');
  }

  /** Items that were blocked while an execution of this pool had them, and are not any more, with the execution to link. */
  async unblocked(): Promise<{ item: WorkItem; link: string }[]> {
    const found: { item: WorkItem; link: string }[] = [];
    for (const parked of this.parked) {
      const item = await this.#parts.ledger.query.find(parked.id);
      const standing = standingOf(item, parked);
      if (standing === 'held' && item !== undefined) found.push({ item, link: parked.execution_id });
      else if (standing !== 'blocked') this.forget(parked.execution_id);
    }
    return found;
  }

  /** A parked execution is not to be taken up again. */
  forget(execution_id: string): void {
    this.#parts.memory.forget(execution_id);
  }

  /**
   * Runs the agent on an item, and yields what it and the pool say. Nothing happens before the first `next()`.
   *
   * With an item's id, the item is claimed; one that the same actor claimed in this clone is linked to this execution. Without, an item
   * is created from the prompt. The lease is renewed while the agent runs. The item is completed with its result, failed with
   * its error, or released where this is cancelled: by `return()`, which a `break` out of a loop calls, or by `options.signal`.
   *
   * @throws what the agent threw; LedgerError `ALREADY_CLAIMED` with the holder, and as `claimWork`; `SupersededError`
   *   (`STALE_EPOCH`) where someone else got the item; `LeaseLostError` (`REMOTE_UNREACHABLE`) where it could not be renewed;
   *   `PoolDrainingError`
   */
  execute(
    context: AgentExecutionContext,
    prompt: string,
    options: ExecuteOptions = {},
  ): AsyncIterableIterator<ExecutionEvent, undefined, undefined> {
    const execution = new Execution(this.#parts, context, prompt, options);
    const { channel } = execution.sink;
    let started = false;
    const begin = (): void => {
      started = true;
      this.#begin(execution);
    };
    const over = async (): Promise<IteratorResult<ExecutionEvent, undefined>> => {
      if (started) execution.stop(new CancelledError());
      started = true;
      channel.end();
      await execution.done;
      return { done: true, value: undefined };
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next() {
        if (!started) begin();
        return channel.next();
      },
      return: over,
    };
  }

  #begin(execution: Execution): void {
    if (this.#draining !== undefined) execution.stop(new PoolDrainingError());
    this.#running.add(execution);
    this.#ready ??= this.recover().then(
      () => undefined,
      // What cannot be given back now is left still, and must not keep new work from being done.
      () => undefined,
    );
    execution.start(this.#ready);
    void execution.done.then(() => this.#running.delete(execution));
  }

  /**
   * Gives back, at once, what earlier pools of this name in this clone left when their processes ended. The first execution does
   * so by itself.
   *
   * @returns the items that were given back
   * @throws LedgerError `REMOTE_UNREACHABLE`, `CONTENDED`: what is left then is left still
   */
  async recover(): Promise<WorkItem[]> {
    const { ledger, memory } = this.#parts;
    memory.takeOver();
    return releaseOrphaned(ledger, memory);
  }

  /**
   * Takes nothing more on, lets what runs go on for `grace_s`, then stops it: agents have their time to end, last checkpoints
   * are recorded, items are released. What waits for a place is stopped at once.
   */
  drain({ grace_s = 0 }: { grace_s?: number } = {}): Promise<void> {
    this.#draining ??= this.#drain(grace_s * 1000);
    return this.#draining;
  }

  async #drain(grace_ms: number): Promise<void> {
    const running = [...this.#running];
    const stop = (): void => {
      for (const execution of running) execution.stop(new PoolDrainingError());
    };
    for (const execution of running) if (execution.waits) execution.stop(new PoolDrainingError());
    const cancel = timerOf(this.#parts.ledger).holdFor(grace_ms, stop);
    await Promise.all(running.map(({ done }) => done));
    cancel();
  }

  /** Stops at once what drains. */
  stop(): void {
    this.#draining ??= this.#drain(0);
    for (const execution of this.#running) execution.stop(new PoolDrainingError());
  }

  /** Drains, and lets go of everything but the ledger. */
  async close(): Promise<void> {
    await this.drain();
    if (this.#onSignal !== undefined) process.off('SIGTERM', this.#onSignal);
    await this.#parts.heartbeat.close();
    this.#parts.memory.close();
  }

  /** As `close`: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
