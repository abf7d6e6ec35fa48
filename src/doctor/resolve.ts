import { possiblePaths } from '../codec/path.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { abortMerge, followBranch, takeFrom } from '../git/work-tree.ts';
import { currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Side } from '../merge/merge-items.ts';
import type { OpenMerge } from './open-merge.ts';
import { type Replayed, replayOnOurs } from './replay-on-ours.ts';

/**
 * Takes items as one side of the merge has them, in work tree and index. The merge is then legal; the transitions of the other
 * side on these items have no effect, and the audit names them.
 *
 * @param ids all that git waits for where none are given
 * @returns the items that were taken
 * @throws LedgerError `NOT_FOUND` for an item that the two sides do not contest
 */
export async function takeSide(merge: OpenMerge, side: Side, ids: readonly WorkId[]): Promise<WorkId[]> {
  const known = new Set(merge.items.map(({ id }) => id));
  const wrong = ids.find((id) => !known.has(id));
  if (wrong !== undefined)
    throw new LedgerError('NOT_FOUND', `${wrong} was not changed on both sides of this merge.`);
  const chosen = ids.length > 0 ? ids : merge.items.filter(({ unmerged }) => unmerged).map(({ id }) => id);
  const others = ids.length > 0 ? [] : merge.others;
  const paths = [...chosen.flatMap(possiblePaths), ...others];
  for (const path of paths) await takeFrom(merge.tree.top, merge[side], path);
  return [...chosen];
}

/**
 * Ends the merge, and makes one line of the two instead: what theirs has and ours has not is decided again, one transition after
 * the other, on top of ours. With a remote, ours is brought onto the shared tip first.
 *
 * @throws LedgerError as `fetch`; `CONTENDED` where another process moved the ledger meanwhile
 */
export async function replayInstead(
  ledger: WorkLedger,
  { tree, ours, theirs }: OpenMerge,
): Promise<Replayed> {
  await abortMerge(tree.top);
  try {
    return await replayOnOurs(ledger, theirs);
  } finally {
    // Whatever came of it, the branch that is checked out may have moved.
    await followBranch(tree.top, ours, await currentTip(ledger.connection));
  }
}
