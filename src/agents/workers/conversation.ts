import { isLedgerError } from '../../domain/errors.ts';
import { isHeld, requireOwner } from '../../domain/holding.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { WorkItem } from '../../domain/item.ts';
import { connectionOf } from '../../ledger/connection.ts';
import type { TransitionResult, Won } from '../../ledger/results.ts';
import { newSuffix, timerOf } from '../../ledger/seam.ts';
import type { ClaimOptions } from '../../ledger/transition-inputs.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { WorkFilter } from '../../query/filter.ts';
import { claimNext } from '../following/claim-next.ts';
import { recoverSilent } from '../presence/list.ts';
import { type ExecutionMemory, memoryOf } from './execution-memory.ts';
import { type Heartbeat, PresenceHeartbeat } from './heartbeat.ts';
import { LeaseHandle, standingOf } from './lease-handle.ts';
import { releaseOrphaned } from './orphaned-executions.ts';

export interface ConversationOptions {
  ledger: WorkLedger;
  /** The execution that it is, where whoever began it says so. That one outlives it: what it holds is left to it. */
  execution_id?: string | undefined;
  /** What people read in `wl presence` as the program that runs. */
  program: string;
  /** Told once what a person should know, such as that the host takes no presence. */
  onNotice?: ((message: string) => void) | undefined;
}

const LONGEST_MS = 60_000;

/**
 * An agent's conversation as an execution: what is claimed in it is its own, has signs of life while it lasts, and is given back
 * when it ends. What one left that was killed, the next one of the same actor in the same clone gives back at once.
 */
export class Conversation {
  readonly #ledger: WorkLedger;
  /** Of an execution that others began, they remember. */
  readonly #memory: ExecutionMemory | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #name: string;
  /** When others are looked after again, by the ledger's timer. */
  #due = 0;

  constructor({ ledger, execution_id, program, onNotice }: ConversationOptions) {
    this.#ledger = ledger;
    this.#name = execution_id ?? `talk-${newSuffix(ledger)}`;
    this.#memory =
      execution_id === undefined ? memoryOf(connectionOf(ledger), `talk:${ledger.actor}`) : undefined;
    this.#heartbeat = new PresenceHeartbeat(ledger, ledger.actor, program, onNotice);
  }

  /** The execution, as the next claim has it. Who holds several items has a number behind it for each but the first. */
  get execution_id(): string {
    const used = new Set(this.#memory?.list().map(({ execution_id }) => execution_id));
    const names = [this.#name, ...Array.from(used, (_, at) => `${this.#name}.${at + 2}`)];
    return names.find((name) => !used.has(name)) ?? this.#name;
  }

  /**
   * Gives back what conversations left that were killed.
   *
   * @returns the items that were given back
   * @throws LedgerError `REMOTE_UNREACHABLE`, `CONTENDED`: what is left then is left still
   */
  async recover(): Promise<WorkItem[]> {
    if (this.#memory === undefined) return [];
    this.#memory.takeOver();
    return releaseOrphaned(this.#ledger, this.#memory);
  }

  /**
   * Gives back what others left whose leases are over, as every worker does now and then: a quarter of a lease after the last time.
   *
   * @throws LedgerError as `recoverOrphanedWork`
   */
  async recoverOthers(): Promise<void> {
    const timer = timerOf(this.#ledger);
    if (timer.elapsed() < this.#due) return;
    const { lease_ttl_s } = await this.#ledger.query.settings();
    this.#due = timer.elapsed() + Math.min(LONGEST_MS, lease_ttl_s * 250);
    await recoverSilent(this.#ledger, { runs: (execution_id) => this.#isOwn(execution_id) });
  }

  /** What it holds, blocked items too. */
  async held(): Promise<WorkItem[]> {
    const items = await this.#ledger.query.held();
    return items.filter(({ claim }) => claim !== undefined && this.#isOwn(claim.execution_id));
  }

  /** Claims an item; one that it holds is answered as it is. @throws LedgerError as `claimWork` */
  async claim(id: WorkId, options: Omit<ClaimOptions, 'execution_id'> = {}): Promise<TransitionResult> {
    const claimed = (await this.#ledger.query.find(id))?.claim?.execution_id;
    const own = claimed !== undefined && this.#isOwn(claimed) ? claimed : undefined;
    return this.#take(own ?? this.execution_id, id, (execution_id) =>
      this.#ledger.claimWork(id, { ...options, execution_id }),
    );
  }

  /** Claims the most urgent item that is ready. @returns `undefined` where nothing is @throws LedgerError as `claimNext` */
  async claimNext(
    filter: WorkFilter,
    options: Omit<ClaimOptions, 'execution_id'> = {},
  ): Promise<Won | undefined> {
    return this.#take(this.execution_id, '', (execution_id) =>
      claimNext(this.#ledger, filter, { ...options, execution_id }),
    );
  }

  /** Remembered before it is asked for: a claim can land after its process died. */
  async #take<T extends TransitionResult | undefined>(
    execution_id: string,
    id: WorkId,
    take: (execution_id: string) => Promise<T>,
  ): Promise<T> {
    const { actor } = this.#ledger;
    const began = timerOf(this.#ledger).elapsed();
    this.#memory?.remember({ execution_id, id, actor, state: 'running', process: null });
    try {
      const result = await take(execution_id);
      if (result?.ok) this.#took(result.item, began);
      return result;
    } finally {
      await this.#settle(execution_id);
    }
  }

  #took(item: WorkItem, began: number): void {
    const { claim, id } = item;
    if (claim === undefined) return;
    const { execution_id, epoch, ttl_s } = claim;
    this.#memory?.remember({ execution_id, id, actor: this.#ledger.actor, state: 'running', process: null });
    const handle = new LeaseHandle(this.#ledger, item, began);
    this.#heartbeat.start({ id, execution_id, epoch, ttl_s, renew: () => handle.renew() });
  }

  /**
   * Makes a transition as the item's holder.
   *
   * @param write gets what proves that: an execution that others have is not taken for its own
   * @throws LedgerError `STALE_EPOCH` where another execution holds it; `NOT_OWNER` where none does
   */
  async write<T>(id: WorkId, write: (proof: { execution_id: string }) => Promise<T>): Promise<T> {
    const claimed = (await this.#ledger.query.find(id))?.claim?.execution_id;
    const execution_id = claimed !== undefined && this.#isOwn(claimed) ? claimed : this.#name;
    try {
      return await write({ execution_id });
    } catch (error) {
      const item = isLedgerError(error, 'STALE_EPOCH') ? await this.#ledger.query.find(id) : undefined;
      // Of what nobody holds there is nothing to stop: it is to be claimed first.
      if (item !== undefined && !isHeld(item)) requireOwner(item, this.#ledger.actor);
      throw error;
    } finally {
      await this.#settle(execution_id);
    }
  }

  /** Tells others what an item is at, with the next sign. */
  step({ claim }: WorkItem, text: string): void {
    if (claim !== undefined) this.#heartbeat.step(claim.execution_id, text);
  }

  /** Ends the signs of an execution that holds nothing any more. */
  async #settle(execution_id: string): Promise<void> {
    const held = (await this.#ledger.query.held()).find(({ claim }) => claim?.execution_id === execution_id);
    const standing = standingOf(held, { execution_id });
    if (standing === 'held' || standing === 'blocked') return;
    await this.#heartbeat.end(execution_id);
    this.#memory?.forget(execution_id);
  }

  #isOwn(execution_id: string): boolean {
    const known = this.#memory?.list() ?? [];
    return execution_id === this.#name || known.some((one) => one.execution_id === execution_id);
  }

  /**
   * Ends it: what it holds is given back with its last checkpoint, what waits for an answer stays blocked. What others began is
   * left as it is, and so is what cannot be given back now: the next conversation here does that.
   */
  async close(signal?: AbortSignal): Promise<void> {
    try {
      if (this.#memory !== undefined) await this.#giveBack(signal);
    } finally {
      await this.#heartbeat.close();
      this.#memory?.close();
    }
  }

  async #giveBack(signal: AbortSignal | undefined): Promise<void> {
    const held = (await this.held()).filter(({ status }) => status === 'in_progress');
    const given = held.map((item) =>
      this.write(item.id, (proof) =>
        this.#ledger.work.release(item.id, { ...proof, reason: 'its conversation ended', signal }),
      ),
    );
    const failed = (await Promise.allSettled(given)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
