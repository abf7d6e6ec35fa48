import { setMergeDriver } from '../git/config/merge-driver.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';

/**
 * Lets git merge items by `program` in this clone. Doing it twice changes nothing.
 *
 * @param program an executable and its first arguments
 * @throws LedgerError `PERMISSION_DENIED`, `STORAGE_FAILED`
 */
export function setUpMerging(ledger: WorkLedger, program: readonly string[]): Promise<void> {
  return setMergeDriver(ledger.connection.place, program);
}
