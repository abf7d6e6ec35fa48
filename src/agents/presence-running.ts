import type { WorkId } from '../domain/ids.ts';
import { type Lease, leaseOf } from '../domain/lease.ts';
import type { ListedExecution } from './presence-record.ts';

/** An execution that its holder starts to give signs of. */
export interface PresentExecution {
  /** The item. */
  id: WorkId;
  execution_id: string;
  epoch: number;
  /** How long its claim lasts without a sign. */
  ttl_ms: number;
  step?: string | undefined;
  /**
   * Gives a sign in the ledger itself, such as a checkpoint. Called when one is due and the remote takes no presence.
   *
   * @throws where the remote did not take it
   */
  renew?: (() => Promise<unknown>) | undefined;
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
  /** A sign in the ledger is on its way. */
  renewing: boolean;
  /** How many of those failed in a row, and when the next one is due. */
  failures: number;
  renew_at: number;
}

export function toRunning(execution: PresentExecution, since: Date, now: number): Running {
  const { id, execution_id, epoch, ttl_ms, renew } = execution;
  const lease = leaseOf({}, { lease_ttl_s: ttl_ms / 1000 });
  return {
    listed: { id, execution_id, epoch, since: since.toISOString() },
    lease,
    renewed_at: now,
    shown_at: now,
    lost: false,
    renew,
    renewing: false,
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
