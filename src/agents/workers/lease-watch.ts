import type { Lease } from '../../domain/holding.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import { LeaseLostError, SupersededError } from './errors.ts';
import { type Hold, standingOf } from './lease-handle.ts';
import type { Heartbeat } from './ports.ts';

const LONGEST_MS = 10_000;
const SHORTEST_MS = 20;

export interface LeaseWatch {
  /** Ends the watch; resolves once it does nothing any more. */
  end(): Promise<void>;
}

/**
 * Watches a hold while its agent works, and tells once where it is lost: where the item went to someone else, is free or
 * cancelled, or where no sign of life got through for two thirds of the lease.
 */
export function watchLease(
  { ledger, heartbeat }: { ledger: WorkLedger; heartbeat: Heartbeat },
  hold: Hold,
  lease: Lease,
  lost: (reason: SupersededError | LeaseLostError) => void,
): LeaseWatch {
  let asked = performance.now();
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const item = await hold.look();
    const standing = standingOf(item, hold);
    if (standing === 'given_up' || standing === 'superseded') lost(new SupersededError(hold.id, item));
  };
  const tick = (): void => {
    const now = performance.now();
    const sign = Math.max(hold.lastAccepted, heartbeat.lastRenewed(hold.execution_id) ?? 0);
    if (ledger.mode !== 'none' && now - sign >= lease.stop_after_ms) lost(new LeaseLostError(hold.id));
    if (now - asked >= lease.renew_after_ms) {
      asked = now;
      // Not waited for: it may take longer than the lease. A remote that cannot be asked tells nothing.
      ledger.fetch().catch(() => undefined);
    }
    looking ??= look()
      // What cannot be read now is read the next time.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(tick, Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lease.renew_after_ms / 4)));
  return {
    async end() {
      clearInterval(timer);
      await looking;
    },
  };
}
