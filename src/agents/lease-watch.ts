import type { Lease } from '../domain/lease.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { LeaseLostError, SupersededError } from './errors.ts';
import { type Hold, standingOf } from './hold.ts';
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
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    const sign = Math.max(hold.lastAccepted, heartbeat.lastRenewed(hold.execution_id) ?? 0);
    if (ledger.mode !== 'none' && performance.now() - sign >= lease.stop_after_ms) {
      lost(new LeaseLostError(hold.id));
      return;
    }
    if (performance.now() - asked >= lease.renew_after_ms) {
      asked = performance.now();
      // A remote that cannot be asked tells nothing; the lease then runs out by itself.
      await ledger.fetch().catch(() => undefined);
    }
    const item = await hold.look();
    const standing = standingOf(item, hold);
    if (standing === 'given_up' || standing === 'superseded') lost(new SupersededError(hold.id, item));
  };
  let idle = true;
  const timer = setInterval(
    () => {
      if (!idle) return;
      idle = false;
      looking = look()
        // What cannot be read now is read the next time.
        .catch(() => undefined)
        .finally(() => {
          idle = true;
        });
    },
    Math.min(LONGEST_MS, Math.max(SHORTEST_MS, lease.renew_after_ms / 4)),
  );
  return {
    async end() {
      clearInterval(timer);
      await looking;
    },
  };
}
