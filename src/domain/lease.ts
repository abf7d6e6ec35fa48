import type { WorkItem } from './item.ts';
import type { LedgerSettings } from './settings.ts';

/** What a holder does with its lease, in milliseconds since it last gave a sign of life that the remote took. */
export interface Lease {
  ttl_ms: number;
  /** When the next sign is due. */
  renew_after_ms: number;
  /** When to stop by itself where no sign got through: well before anyone may take the work for orphaned. */
  stop_after_ms: number;
}

/** How long the claim of `item` lasts; the ledger's setting where the item was never claimed. */
export function leaseOf(item: Pick<WorkItem, 'claim'>, settings: Pick<LedgerSettings, 'lease_ttl_s'>): Lease {
  const ttl_ms = (item.claim?.ttl_s ?? settings.lease_ttl_s) * 1000;
  return { ttl_ms, renew_after_ms: Math.floor(ttl_ms / 3), stop_after_ms: Math.floor((ttl_ms * 2) / 3) };
}
