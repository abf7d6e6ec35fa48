import { LedgerError } from '../../domain/errors.ts';
import { type Lease, leaseOf } from '../../domain/holding.ts';
import { isWorkId, type WorkId } from '../../domain/ids.ts';
import { isName } from '../../domain/values.ts';
import type { TransitionResult } from '../../ledger/results.ts';
import type { Timer } from '../../sync/ports.ts';
import type { ListedExecution } from './record.ts';

/** An execution that its holder starts to give signs of. */
export interface PresentExecution {
  /** The item. */
  id: WorkId;
  execution_id: string;
  epoch: number;
  /** How long its claim lasts without a sign, in seconds. */
  ttl_s: number;
  step?: string | undefined;
  /**
   * Gives a sign in the ledger itself, such as a checkpoint. Called when one is due and the remote takes no presence.
   *
   * @returns what became of the transition; nothing where it is certain that the remote took one
   * @throws where the remote did not take it
   */
  renew?: (() => Promise<TransitionResult>) | (() => Promise<void>) | undefined;
}

/** One that runs, with what is known of its lease. Times are those of the timer. */
export interface Running {
  listed: ListedExecution;
  lease: Lease;
  /** When the last sign was begun that the remote took; at first, when it started. */
  renewed_at: number;
  /** The same, of presence alone. */
  shown_at: number;
  /** Its holder was told to stop. */
  lost: boolean;
  renew: PresentExecution['renew'];
  /** A sign in the ledger that is on its way. */
  renewing: Promise<void> | undefined;
  /** How many of those failed in a row, and when the next one is due. */
  failures: number;
  renew_at: number;
}

/** @throws LedgerError `INVALID_INPUT` where others could not read it */
export function checkExecution({ id, execution_id, epoch, ttl_s }: PresentExecution): void {
  if (isWorkId(id) && isName(execution_id, 200) && Number.isSafeInteger(epoch) && epoch >= 1 && ttl_s > 0)
    return;
  throw new LedgerError(
    'INVALID_INPUT',
    `${JSON.stringify(execution_id)} cannot be listed as an execution.`,
    {
      details: { id, execution_id, epoch, ttl_s },
    },
  );
}

/** True where others see by a transition that its holder lives: it changed something, and is where they look. */
export const isSignOfLife = (result: TransitionResult | undefined, counts: 'remote' | 'local'): boolean =>
  result === undefined ||
  (result.ok && result.commit !== undefined && (result.where === 'remote' || counts === 'local'));

export function toRunning(execution: PresentExecution, since: Date, now: number): Running {
  const { id, execution_id, epoch, ttl_s, renew } = execution;
  const lease = leaseOf({}, { lease_ttl_s: ttl_s });
  return {
    listed: { id, execution_id, epoch, since: since.toISOString() },
    lease,
    renewed_at: now,
    shown_at: now,
    lost: false,
    renew,
    renewing: undefined,
    failures: 0,
    renew_at: now + lease.renew_after_ms,
  };
}

export const stopAt = ({ renewed_at, lease }: Running): number => renewed_at + lease.stop_after_ms;

export const showAt = ({ shown_at, lease }: Running): number => shown_at + lease.renew_after_ms;

/** Notes a sign that was begun at `begun` and taken. */
export function noteRenewed(running: Running, begun: number): void {
  running.renewed_at = Math.max(running.renewed_at, begun);
  running.renew_at = running.renewed_at + running.lease.renew_after_ms;
  running.failures = 0;
}

const FIRST_MS = 1000;

/** How long until a sign is tried again that failed so many times in a row: several tries fit in before the holder stops. */
export function backoff(failures: number, renew_after_ms: number, random: number): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), renew_after_ms / 4);
  return longest * (0.5 + random / 2);
}

/** Time that passes, for leases. No clock that is set moves it back. */
export type PresenceTimer = Pick<Timer, 'elapsed' | 'after'>;
