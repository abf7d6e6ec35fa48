import type { WorkId } from '../domain/ids.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { branchOf } from './names.ts';
import { lookAtShared, remoteOf } from './shared.ts';

/** What became of a branch that nobody needs any more. */
export interface ClearedBranch {
  id: WorkId;
  branch: string;
  /** False where the remote did not let go of it, or someone moved it meanwhile. */
  gone: boolean;
}

/** The item is there and its review is over. Where it is not there, the branch may be another ledger's; where it cannot be read, nobody knows. */
const OVER: ReadonlySet<string | undefined> = new Set([
  'pending',
  'in_progress',
  'blocked',
  'completed',
  'failed',
  'cancelled',
]);

/**
 * Takes away review branches whose item is no longer in review on the shared tip: each only where it still is what was seen.
 * Nothing depends on it, so what the remote does not let go of stays.
 *
 * @returns none where this clone shares nothing
 * @throws LedgerError `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN`
 */
export async function clearBranches(ledger: WorkLedger): Promise<ClearedBranch[]> {
  if (ledger.mode !== 'push') return [];
  const { views, remote, ...context } = await remoteOf(ledger);
  const { tip, branches } = await lookAtShared(ledger, { ...context, views, remote });
  const cleared: ClearedBranch[] = [];
  for (const [id, oid] of branches) {
    if (!OVER.has(await views.peek(tip, (view) => view.statusOf(id)))) continue;
    const { kind } = await remote.reviews.retract(id, oid);
    cleared.push({ id, branch: branchOf(id), gone: kind === 'accepted' });
  }
  return cleared;
}
