import { isLedgerError, LedgerError } from '../../domain/errors.ts';
import type { WorkItem } from '../../domain/item.ts';
import { connectionOf, onlineHint } from '../../ledger/connection.ts';
import { processOf, timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { WorkFilter } from '../../query/filter.ts';
import type { Clock } from '../../sync/ports.ts';
import { Candidates } from '../following/candidates.ts';
import { recoverSilent } from '../presence/list.ts';
import {
  type Agent,
  type AgentExecutionContext,
  AgentUnusable,
  asError,
  PoolDrainingError,
} from './agent.ts';
import { BackOff } from './back-off.ts';
import type { ExecutionMemory } from './execution-memory.ts';
import type { Heartbeat } from './heartbeat.ts';
import { AgentExecutorPool } from './pool.ts';
import { Upkeep } from './upkeep.ts';
import {
  ENDINGS,
  isFatal,
  PASSING,
  Waiting,
  WorkerCount,
  type WorkerEvent,
  type WorkerReport,
} from './worker-event.ts';

export interface WorkerOptions {
  ledger: WorkLedger;
  agent: Agent;
  /** As of the pool: workers of one name in one clone look after what an earlier one left. Default: the ledger's actor. */
  name?: string | undefined;
  /** Items at a time. Default 1. */
  concurrency?: number | undefined;
  /** Which items it takes. Without types: all but escalations, which ask a person. */
  filter?: Pick<WorkFilter, 'swarm_name' | 'type' | 'labels'> | undefined;
  /** Ends after so many items. */
  max?: number | undefined;
  /** Takes nothing more on once so many items failed in a row, and ends when what runs is over. Default 5. */
  max_failures?: number | undefined;
  /** Ends where nothing is ready and nothing runs. */
  idle_exit?: boolean | undefined;
  /** Lease in seconds. */
  ttl_s?: number | undefined;
  heartbeat?: Heartbeat | undefined;
  /** What people read in `wl presence` as the program that runs. */
  program?: string | undefined;
  /** Gives back what is orphaned, now and then. Default: `recoverSilent`. */
  recover?: (() => Promise<readonly WorkItem[]>) | undefined;
  /** Takes nothing more on, and ends once what runs is over, at most `drain_grace_s` later: what runs then is given back. */
  signal?: AbortSignal | undefined;
  /** Gives back at once what runs. */
  stop_signal?: AbortSignal | undefined;
  /** Seconds that running work has once it drains. Default 30. */
  drain_grace_s?: number | undefined;
  onEvent?: ((event: WorkerEvent) => void) | undefined;
  clock?: Clock | undefined;
  /** As of the pool. */
  memory?: ExecutionMemory | undefined;
}

const DRAIN_GRACE_S = 30;
/** How often in a row a worker that is to end by itself may find the remote away before it ends with that. */
const PATIENCE = 4;
const MAX_FAILURES = 5;
/** How long an item is let alone that could not be claimed. */
const AVOID_MS = 5_000;

/**
 * Takes the next ready item, has the agent work on it, finishes it, and goes on. Waits where nothing is ready or the remote is
 * away; recovers orphaned work now and then.
 *
 * @returns what it did, once `max` items are done, `max_failures` failed in a row, nothing is ready (`idle_exit`), or it was told to end
 * @throws LedgerError what does not pass by itself, such as `HISTORY_REWRITTEN`; `AgentUnusable`. What ran is given back before.
 */
export async function runWorker(options: WorkerOptions): Promise<WorkerReport> {
  return new Worker(options).run();
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #ledger: WorkLedger;
  readonly #pool: AgentExecutorPool;
  readonly #candidates: Candidates;
  readonly #backOff: BackOff;
  readonly #upkeep: Upkeep;
  readonly #count = new WorkerCount();
  readonly #waiting = new Waiting((event) => this.#report(event));
  readonly #concurrency: number;
  readonly #running = new Map<string, Promise<void>>();
  #max: number;
  #fatal: { error: unknown } | undefined;
  /** What keeps it from going on for a while. */
  #trouble: { error: unknown } | undefined;
  /** How many times in a row something did. */
  #troubles = 0;
  #askRemote = true;

  constructor(options: WorkerOptions) {
    const { ledger, name = ledger.actor, clock = connectionOf(ledger).clock } = options;
    if (ledger.clone.mode === 'local')
      throw new LedgerError('INVALID_INPUT', 'A worker claims work, and a claim needs the remote.', {
        hint: onlineHint(connectionOf(ledger)),
      });
    this.#options = options;
    this.#concurrency = options.concurrency ?? 1;
    this.#max = options.max ?? Number.POSITIVE_INFINITY;
    this.#ledger = ledger;
    this.#pool = new AgentExecutorPool({
      ...options,
      name,
      max_concurrent: this.#concurrency,
      onNotice: (message) => this.#report({ type: 'notice', message }),
      clock,
    });
    this.#candidates = new Candidates(ledger, options.filter ?? {}, {
      actor: ledger.actor,
      key: `${name}\n${ledger.clone.place}\n${processOf(ledger).pid}`,
      avoid_ms: AVOID_MS,
    });
    this.#backOff = new BackOff(timerOf(ledger), clock.random, async () => (await ledger.query.asOf()).tip);
    this.#upkeep = new Upkeep({
      ledger,
      pool: this.#pool,
      recover: options.recover ?? (() => recoverSilent(ledger, { runs: (id) => this.#pool.runs(id) })),
      random: clock.random,
      report: (event) => this.#report(event),
    });
  }

  async run(): Promise<WorkerReport> {
    const { signal, stop_signal } = this.#options;
    const wake = (): void => this.#backOff.wake();
    const stop = (): void => {
      this.#pool.stop();
      wake();
    };
    signal?.addEventListener('abort', wake);
    stop_signal?.addEventListener('abort', stop);
    try {
      while (!this.#isOver()) await this.#round();
      await this.#end();
    } finally {
      signal?.removeEventListener('abort', wake);
      stop_signal?.removeEventListener('abort', stop);
      await this.#pool.close();
    }
    this.#report({ type: 'ended', ...this.#count.report });
    if (this.#fatal !== undefined) throw this.#fatal.error;
    return this.#count.report;
  }

  /** How many more items it may take now. */
  get #room(): number {
    return Math.min(this.#concurrency - this.#running.size, this.#max - this.#count.report.started);
  }

  #isOver(): boolean {
    const { signal, stop_signal } = this.#options;
    if (signal?.aborted || stop_signal?.aborted || this.#fatal !== undefined) return true;
    return this.#count.report.started >= this.#max && this.#running.size === 0;
  }

  /** Looks once what there is to do, and waits where that is nothing. */
  async #round(): Promise<void> {
    this.#trouble = undefined;
    const asked = this.#askRemote;
    try {
      await this.#upkeep.begin();
      await this.#contact();
      await this.#upkeep.run(this.#options.idle_exit === true && this.#running.size === 0);
      if ((await this.#acquireSome()) && this.#trouble === undefined) {
        this.#backOff.reset();
        return;
      }
    } catch (error) {
      this.#trouble = { error };
    }
    if (this.#trouble !== undefined) {
      this.#endure(this.#trouble.error);
      this.#askRemote = true;
    } else if (this.#room > 0 && this.#waiting.for !== 'limit')
      this.#waiting.begin('nothing_ready', 'nothing is ready');
    if (this.#trouble === undefined && this.#running.size === 0 && this.#options.idle_exit) {
      // Nothing is ready once the remote says so, too.
      if (asked) this.#max = this.#count.report.started;
      else this.#askRemote = true;
    } else if (!this.#isOver()) this.#askRemote = (await this.#backOff.wait()) || this.#askRemote;
  }

  /** Asks the remote how things stand, after each whole pause. */
  async #contact(): Promise<void> {
    if (!this.#askRemote || this.#ledger.clone.mode === 'none') return;
    await this.#ledger.clone.fetch();
    this.#askRemote = false;
    this.#troubles = 0;
    this.#waiting.answered();
  }

  /** @returns whether there was anything to acquire, also where others were faster */
  async #acquireSome(): Promise<boolean> {
    const room = this.#room;
    if (room <= 0) return false;
    const again = (await this.#pool.unblocked()).slice(0, room);
    const fresh = again.length < room ? await this.#candidates.next(room - again.length, this.#running) : [];
    const picked = [...again, ...fresh.map((item) => ({ item, link: false as const }))];
    await Promise.all(picked.map(({ item, link }) => this.#begin(item, link)));
    return picked.length > 0;
  }

  /** Resolves once the item is this worker's, or is not to be had. */
  #begin(item: WorkItem, link: string | false): Promise<void> {
    this.#count.report.claims += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = this.#work(item, link, resolve).finally(() => {
      this.#running.delete(item.id);
      resolve();
      this.#backOff.wake();
    });
    this.#running.set(item.id, run);
    return promise;
  }

  async #work(item: WorkItem, link: string | false, begun: () => void): Promise<void> {
    const { id } = item;
    let started = false;
    let told = false;
    try {
      const context = contextOf(item, this.#ledger.actor);
      for await (const event of this.#pool.execute(context, item.description || item.title, {
        work_id: id,
        link,
      })) {
        this.#report({ ...event, work_id: id });
        if (event.type === 'started') {
          started = true;
          this.#waiting.end();
          if (link === false) this.#candidates.won();
          else this.#pool.forget(link);
          begun();
        } else if (ENDINGS.has(event.type)) told = true;
      }
    } catch (error) {
      if (!started) this.#notAcquired(item, error);
      else if (error instanceof AgentUnusable || isFatal(error)) this.#fatal ??= { error };
      else if (!told) {
        const message = `it could not be told how this ended: ${asError(error).message}`;
        this.#report({ type: 'warning', work_id: id, execution_id: '', message });
      }
    }
  }

  #notAcquired({ id }: WorkItem, error: unknown): void {
    if (error instanceof PoolDrainingError) return;
    const refusal = isLedgerError(error) ? this.#candidates.refused(id, error) : undefined;
    if (refusal === undefined) this.#trouble = { error };
    else if (refusal === 'limit') this.#waiting.begin('limit', asError(error).message);
    else {
      this.#candidates.lost(id);
      this.#report({ type: 'lost', work_id: id, message: asError(error).message });
    }
  }

  #endure(error: unknown): void {
    this.#troubles += 1;
    const passing = isLedgerError(error) ? PASSING.get(error.code) : undefined;
    const inVain = this.#options.idle_exit && this.#running.size === 0 && this.#troubles >= PATIENCE;
    if (passing === undefined || inVain) this.#fatal ??= { error };
    else this.#waiting.begin(passing, asError(error).message);
  }

  async #end(): Promise<void> {
    if (this.#running.size > 0) {
      this.#report({ type: 'draining', running: this.#running.size });
      const grace_s = this.#fatal === undefined ? (this.#options.drain_grace_s ?? DRAIN_GRACE_S) : 0;
      await this.#pool.drain({ grace_s });
      await Promise.all(this.#running.values());
    }
    this.#count.report.unsynced = await this.#upkeep.shareLast();
  }

  #report(event: WorkerEvent): void {
    this.#count.add(event);
    if ('where' in event && event.where === 'local') this.#upkeep.owe(event.work_id);
    this.#options.onEvent?.(event);
    if (!this.#count.givesUp(this.#options.max_failures ?? MAX_FAILURES)) return;
    this.#max = this.#count.report.started;
    this.#report({ type: 'gave_up', failed: this.#count.failedInARow });
  }
}

function contextOf({ swarm_name, context }: WorkItem, actor: string): AgentExecutionContext {
  const { session_id } = context;
  return { actor, swarm_name, session_id: typeof session_id === 'string' ? session_id : undefined };
}
