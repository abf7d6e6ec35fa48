import { isLedgerError, LedgerError } from '../../domain/errors.ts';
import type { Lease } from '../../domain/holding.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { JsonMap, WorkItem } from '../../domain/item.ts';
import type { CheckpointInput } from '../../domain/verbs/checkpoint.ts';
import type { LostRace, TransitionResult } from '../../ledger/results.ts';
import { timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Timer } from '../../sync/ports.ts';
import { LeaseLostError, SupersededError } from './agent.ts';
import type { Heartbeat } from './heartbeat.ts';

interface Proof {
  actor: string;
  execution_id: string;
  epoch: number;
}

/**
 * How an item stands to an execution that claimed it: `held` and `blocked` are its own, `done` was finished under its claim,
 * `given_up` is free again or cancelled, `superseded` is someone else's.
 */
export type Standing = 'held' | 'blocked' | 'done' | 'given_up' | 'superseded';

export function standingOf(
  item: WorkItem | undefined,
  { execution_id, epoch }: { execution_id: string; epoch?: number },
): Standing {
  if (item?.claim?.execution_id !== execution_id) return 'superseded';
  if (epoch !== undefined && item.claim.epoch !== epoch) return 'superseded';
  switch (item.status) {
    case 'in_progress':
      return 'held';
    case 'blocked':
      return item.block?.from === 'in_progress' ? 'blocked' : 'given_up';
    case 'in_review':
    case 'completed':
    case 'failed':
      return 'done';
    case 'pending':
    case 'cancelled':
      return 'given_up';
    default:
      return item satisfies never;
  }
}

/** An execution's lease of an item: all that it writes, one after the other, and under its claim. */
export class LeaseHandle {
  readonly id: WorkId;
  readonly item: WorkItem;
  readonly execution_id: string;
  readonly epoch: number;
  readonly owner: string;
  /** When the remote last took something of it, by the ledger's timer. */
  lastAccepted: number;
  readonly #ledger: WorkLedger;
  #closed: Error | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  /** @param since when its claim was asked for, by the ledger's timer */
  constructor(ledger: WorkLedger, item: WorkItem, since: number) {
    const { claim, owner } = item;
    if (claim === undefined || owner === undefined) throw new TypeError(`${item.id} is not claimed`);
    this.#ledger = ledger;
    this.lastAccepted = since;
    this.id = item.id;
    this.item = item;
    this.execution_id = claim.execution_id;
    this.epoch = claim.epoch;
    this.owner = owner;
  }

  /** Writes nothing from now on. */
  close(reason: Error): void {
    this.#closed ??= reason;
  }

  /** The item as this clone has it. */
  look(): Promise<WorkItem | undefined> {
    return this.#ledger.query.find(this.id);
  }

  checkpoint(input: CheckpointInput): Promise<'remote' | 'local'> {
    return this.#write((proof) => this.#ledger.work.checkpoint(this.id, input, proof));
  }

  /** Gives a sign of life: the last checkpoint once more, whoever wrote it. @throws where the remote did not take it */
  async renew(): Promise<void> {
    await this.#ledger.clone.fetch();
    const where = await this.#write(async (proof) => {
      const { at: _, attempt: __, ...last } = (await this.look())?.checkpoint ?? { at: '', attempt: 0 };
      const again: CheckpointInput = Object.keys(last).length === 0 ? { step: 'running' } : last;
      return this.#ledger.work.checkpoint(this.id, again, proof);
    });
    if (where === 'local' && this.#ledger.clone.mode !== 'none')
      throw new Error('the remote did not take it');
  }

  complete(result: JsonMap): Promise<'remote' | 'local'> {
    return this.#write((proof) => this.#ledger.completeWork(this.id, { result, ...proof }));
  }

  submit(result: JsonMap): Promise<'remote' | 'local'> {
    return this.#write((proof) => this.#ledger.work.submit(this.id, { result, ...proof }));
  }

  fail(error: string): Promise<'remote' | 'local'> {
    return this.#write((proof) => this.#ledger.failWork(this.id, { error, ...proof }));
  }

  release(reason: string): Promise<'remote' | 'local'> {
    return this.#write((proof) => this.#ledger.releaseWork(this.id, { reason, ...proof }));
  }

  /** Puts failed work back, for later. @returns undefined where it has used its attempts, and stays failed */
  async retry(not_before: string): Promise<'remote' | 'local' | undefined> {
    try {
      return await this.#write(() => this.#ledger.work.retry(this.id, { actor: this.owner, not_before }));
    } catch (error) {
      if (isLedgerError(error, 'ILLEGAL_TRANSITION') || error instanceof SupersededError) return undefined;
      throw error;
    }
  }

  /** @throws SupersededError where the item is no longer this execution's */
  #write(write: (proof: Proof) => Promise<TransitionResult>): Promise<'remote' | 'local'> {
    const turn = this.#tail.then(() => this.#writeNow(write));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #writeNow(write: (proof: Proof) => Promise<TransitionResult>): Promise<'remote' | 'local'> {
    if (this.#closed !== undefined) throw this.#closed;
    const { owner, execution_id, epoch } = this;
    const began = timerOf(this.#ledger).elapsed();
    try {
      const result = await write({ actor: owner, execution_id, epoch });
      if (!result.ok) return await this.#refused(itemFailure(result));
      const shared = result.where === 'remote' || this.#ledger.clone.mode === 'none';
      if (shared) this.lastAccepted = began;
      return result.where;
    } catch (error) {
      if (isSaved(error)) return 'local';
      if (isLedgerError(error) && OUTDATED.has(error.code)) return this.#refused(error);
      throw error;
    }
  }

  /** Finds why the ledger said no. @throws SupersededError where the item went elsewhere; else `error` */
  async #refused(error: LedgerError): Promise<never> {
    const item = await this.look();
    const standing = standingOf(item, this);
    if (standing !== 'superseded' && standing !== 'given_up') throw error;
    const superseded = new SupersededError(this.id, item);
    this.close(superseded);
    throw superseded;
  }
}

const itemFailure = ({ code, message, details }: LostRace): LedgerError =>
  new LedgerError(code, message, { details });

/** What a write is refused with where the item moved on. */
const OUTDATED: ReadonlySet<string> = new Set([
  'STALE_EPOCH',
  'NOT_OWNER',
  'ILLEGAL_TRANSITION',
  'NOT_FOUND',
]);

/** True for a write that is in this clone, and goes to the remote with the next sync, or went there and is not read yet. */
function isSaved(error: unknown): boolean {
  if (!isLedgerError(error)) return false;
  const { saved, sent } = error.details;
  return [saved, sent].some((left) => Array.isArray(left) && left.length > 0);
}

const LONGEST_MS = 10_000;
const SHORTEST_MS = 20;

export interface LeaseWatch {
  /** Ends the watch; resolves once it does nothing any more. */
  end(): Promise<void>;
}

/**
 * Watches a lease while its agent works, and tells once where it is lost: where the item went to someone else, is free or
 * cancelled, or where no sign of life got through for two thirds of the lease.
 */
export function watchLease(
  { ledger, heartbeat, timer }: { ledger: WorkLedger; heartbeat: Heartbeat; timer: Timer },
  handle: LeaseHandle,
  lease: Lease,
  lost: (reason: SupersededError | LeaseLostError) => void,
): LeaseWatch {
  let asked = timer.elapsed();
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const item = await handle.look();
    const standing = standingOf(item, handle);
    if (standing === 'given_up' || standing === 'superseded') lost(new SupersededError(handle.id, item));
  };
  const tick = (): void => {
    const now = timer.elapsed();
    const sign = Math.max(handle.lastAccepted, heartbeat.lastRenewed(handle.execution_id) ?? 0);
    if (ledger.clone.mode !== 'none' && now - sign >= lease.stop_after_ms)
      lost(new LeaseLostError(handle.id));
    if (now - asked >= lease.renew_after_ms) {
      asked = now;
      // Not waited for: it may take longer than the lease. A remote that cannot be asked tells nothing.
      ledger.clone.fetch().catch(() => undefined);
    }
    looking ??= look()
      // What cannot be read now is read the next time.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
  };
  const pause = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lease.renew_after_ms / 4));
  const goOn = (): (() => void) =>
    timer.holdFor(pause, () => {
      cancel = goOn();
      tick();
    });
  let cancel = goOn();
  return {
    async end() {
      cancel();
      await looking;
    },
  };
}
