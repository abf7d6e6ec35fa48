import { isLedgerError } from '../../domain/errors.ts';
import type { LostRace } from '../../ledger/results.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';

/** Keeps a claim that lost its race no longer: its execution is over before it began, so it is of no use to anyone. */
export async function forgetClaim(ledger: WorkLedger, { kept }: LostRace): Promise<void> {
  if (kept === undefined) return;
  try {
    await ledger.dropRejected(kept.op);
  } catch (error) {
    // Another process of this clone was first.
    if (!isLedgerError(error, 'NOT_FOUND')) throw error;
  }
}
