import { isLedgerError } from '../../domain/errors.ts';
import { backoffMs, leaseOf } from '../../domain/holding.ts';
import { newSuffix, timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Clock } from '../../sync/ports.ts';
import { type AcquireRequest, acquireWork, createAndAcquire } from './acquire.ts';
import {
  type Agent,
  type AgentExecutionContext,
  type AgentRunContext,
  asError,
  type ExecutionEvent,
} from './agent.ts';
import { EventSink } from './event-sink.ts';
import type { ExecutionMemory } from './execution-memory.ts';
import type { Heartbeat } from './heartbeat.ts';
import { LeaseHandle, watchLease } from './lease-handle.ts';
import { identify } from './orphaned-executions.ts';
import { type Finished, finish, runAgent } from './run-agent.ts';
import type { Slots } from './slots.ts';

/** What all executions of a pool share. */
export interface PoolParts {
  name: string;
  ledger: WorkLedger;
  agent: Agent;
  heartbeat: Heartbeat;
  memory: ExecutionMemory;
  slots: Slots;
  clock: Clock;
  ttl_s: number | undefined;
  /** How long an agent has to end once it was told to, in milliseconds. */
  abort_grace_ms: number;
}

export interface ExecuteOptions {
  system_prompt?: string | undefined;
  /** Told each event as well. One that throws is reported as a `warning`, and the work goes on. */
  onEvent?: ((event: ExecutionEvent) => unknown) | undefined;
  /** The item to work on; without one, an item is created from the prompt. */
  work_id?: string | undefined;
  /** The same two, in the words of the design that the pool began with. */
  systemPrompt?: string | undefined;
  workId?: string | undefined;
  /** Cancels the execution: its item is released. */
  signal?: AbortSignal | undefined;
  /** Lease in seconds; the pool's, else the ledger's, where none is given. */
  ttl_s?: number | undefined;
  /** May it take over from another execution of the same actor: from one of this clone (the default), from this one, or from none. */
  link?: boolean | string | undefined;
}

/** One piece of work of an agent: from waiting for a place to what is remembered at the end. */
export class Execution {
  readonly id: string;
  readonly sink: EventSink;
  /** The item that was asked for. */
  readonly work_id: string | undefined;
  /** Resolves once it is over, however it ended. */
  done: Promise<void> = Promise.resolve();
  readonly #parts: PoolParts;
  readonly #context: AgentExecutionContext;
  readonly #prompt: string;
  readonly #options: ExecuteOptions;
  readonly #stop = new AbortController();
  #waits = true;

  constructor(parts: PoolParts, context: AgentExecutionContext, prompt: string, options: ExecuteOptions) {
    this.#parts = parts;
    this.#context = context;
    this.#prompt = prompt;
    this.#options = options;
    this.id = `exec-${slug(parts.name)}-${newSuffix(parts.ledger)}`;
    this.work_id = options.work_id ?? options.workId ?? context.work_id;
    this.sink = new EventSink(this.id, this.work_id, options.onEvent);
  }

  /** True until it has a place. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Tells the agent to end; the first reason counts. */
  stop(reason: Error): void {
    this.#stop.abort(reason);
    this.sink.channel.unbound();
  }

  start(ready: Promise<void>): void {
    const { signal } = this.#options;
    const cancel = (): void => this.stop(asError(signal?.reason));
    if (signal?.aborted) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
    const { channel } = this.sink;
    this.done = ready
      .then(() => this.#inPlace())
      .then(
        () => channel.end(),
        (error: unknown) => channel.end({ error }),
      )
      .finally(() => signal?.removeEventListener('abort', cancel));
  }

  async #inPlace(): Promise<void> {
    const { slots } = this.#parts;
    await slots.acquire(this.#stop.signal);
    this.#waits = false;
    try {
      this.#stop.signal.throwIfAborted();
      const { failure } = await this.#work(await this.#acquire());
      if (failure !== undefined) throw failure.error;
    } finally {
      slots.release();
    }
  }

  async #acquire(): Promise<LeaseHandle> {
    const { ledger, memory } = this.#parts;
    const { work_id } = this;
    const execution_id = this.id;
    const actor = this.#context.actor ?? ledger.actor;
    const { ttl_s = this.#parts.ttl_s, link = true } = this.#options;
    const request: AcquireRequest = { execution_id, actor, ttl_s, link };
    const remembered = { execution_id, id: work_id ?? '', actor, process: null };
    memory.remember({ ...remembered, state: 'running' });
    const since = timerOf(ledger).elapsed();
    try {
      const item =
        work_id === undefined
          ? await createAndAcquire(ledger, this.#prompt, this.#context, request)
          : await acquireWork(ledger, work_id, request);
      this.sink.about(item.id);
      return new LeaseHandle(ledger, item, since);
    } catch (error) {
      // A claim that may yet land is one that nobody works on.
      if (isLedgerError(error) && error.details.unknown === true)
        memory.remember({ ...remembered, state: 'left' });
      else memory.forget(execution_id);
      throw error;
    }
  }

  async #work(handle: LeaseHandle): Promise<Finished> {
    const { memory } = this.#parts;
    const { execution_id, id, owner } = handle;
    let remember: Finished['remember'] = 'left';
    try {
      const finished = await this.#watched(handle);
      remember = finished.remember;
      return finished;
    } finally {
      if (remember === 'nothing') memory.forget(execution_id);
      else memory.remember({ execution_id, id, actor: owner, state: remember, process: null });
    }
  }

  async #watched(handle: LeaseHandle): Promise<Finished> {
    const { ledger, heartbeat, memory, agent, abort_grace_ms, clock } = this.#parts;
    const { execution_id, id, epoch, item, owner } = handle;
    const { sink } = this;
    const { signal } = this.#stop;
    const settings = await ledger.query.settings();
    const lease = leaseOf(item, settings);
    heartbeat.start({ id, execution_id, epoch, ttl_s: lease.ttl_ms / 1000, renew: () => handle.renew() });
    const watch = watchLease({ ledger, heartbeat, timer: timerOf(ledger) }, handle, lease, (reason) => {
      handle.close(reason);
      this.stop(reason);
    });
    try {
      const context = this.#contextOf(handle, settings.max_attempts);
      const { attempts: attempt, title, checkpoint } = item;
      await sink.report({ type: 'started', title, epoch, attempt, resumed: checkpoint !== undefined });
      const ending = await runAgent({
        agent,
        context,
        prompt: this.#prompt,
        handle,
        heartbeat,
        sink,
        signal,
        stop: (reason) => this.stop(reason),
        runs: (pid) => {
          const process = identify(pid) ?? null;
          memory.remember({ execution_id, id, actor: owner, state: 'running', process });
        },
        abort_grace_ms,
        timer: timerOf(ledger),
      });
      await watch.end();
      // The work is over: whoever reads slowly must not keep its place.
      sink.channel.unbound();
      const dueAgain = (attempts: number, after_s: number | undefined): string => {
        const ms = after_s === undefined ? backoffMs(attempts, clock.random()) : after_s * 1000;
        return new Date(clock.now().getTime() + ms).toISOString();
      };
      const stopped = signal.aborted ? asError(signal.reason) : undefined;
      return await finish({ handle, sink, ending, stopped, dueAgain });
    } finally {
      await watch.end();
      // A sign of life that is still under way is not given any more.
      handle.close(new Error('it is over'));
      await heartbeat.end(execution_id);
    }
  }

  #contextOf({ item, id, execution_id, epoch, owner }: LeaseHandle, max_attempts: number): AgentRunContext {
    const { ledger } = this.#parts;
    return {
      ...this.#context,
      actor: owner,
      swarm_name: this.#context.swarm_name ?? item.swarm_name,
      work_id: id,
      item,
      execution_id,
      epoch,
      attempt: item.attempts,
      max_attempts: item.max_attempts ?? max_attempts,
      checkpoint: item.checkpoint,
      system_prompt: this.#options.system_prompt ?? this.#options.systemPrompt,
      ledger_dir: ledger.clone.local === undefined ? undefined : ledger.clone.place,
    };
  }
}

/** A name as it can stand in an execution's. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .match(/[a-z0-9]+/g)
    ?.join('-')
    .slice(0, 40) ?? 'pool';
