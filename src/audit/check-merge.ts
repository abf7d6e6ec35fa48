import { parsePath } from '../codec/path.ts';
import type { CommitRecord, TreeChange } from '../store/port.ts';
import { readAfter, readItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import { itemChanges } from './item-change.ts';
import type { History, LedgerState } from './state.ts';

/**
 * Checks that a merge only brings together: whatever it changes against one parent is as in another, and what one side did is
 * in it. Items that it leaves in another state than the replay has are taken over.
 *
 * @returns every file in which it differs from any parent, as it left it
 */
export async function checkMerge(
  store: History,
  { oid, parents }: CommitRecord,
  state: LedgerState,
  findings: CommitFindings,
): Promise<TreeChange[]> {
  const diffs = await Promise.all(parents.map((parent) => store.diffTrees(parent, oid)));
  const invented = inventedIn(diffs);
  for (const name of invented) findings.add('merge', `${name} is as in no parent`);
  const changes = [...new Map(diffs.flat().map((change) => [change.path, change])).values()];
  const differing = itemChanges(changes).items.filter((change) => !state.has(change));
  for (const change of differing) {
    const last = state.lastChangeOf(change.id);
    // What another branch did meanwhile is not the merge's to have.
    if (last !== undefined && (await store.mergeBase(last, oid)) !== last) continue;
    if (!invented.has(change.id) && !state.isForked(change.id)) {
      findings.add('merge', `what was done to ${change.id} on one side is left out`);
    }
    const blobs = await readAfter(
      store,
      changes.filter(({ path }) => parsePath(path)?.id === change.id),
    );
    state.apply(
      change,
      change.after.map((file) => readItemFile(change.id, file, blobs)),
      oid,
    );
  }
  return changes;
}

/** What differs from every parent: items, and paths where no item stands. The files of an item count as one. */
function inventedIn(diffs: readonly TreeChange[][]): Set<string> {
  const [first = new Set<string>(), ...rest] = diffs.map(
    (diff) => new Set(diff.map(({ path }) => parsePath(path)?.id ?? path)),
  );
  return rest.reduce((common, names) => common.intersection(names), first);
}
