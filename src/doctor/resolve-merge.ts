import { parsePath, possiblePaths } from '../codec/path.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { setMergeDriver } from '../git/client.ts';
import { abortMerge, checkoutFrom, readWorkTree, type WorkTree } from '../git/work-tree.ts';
import { connectionOf, currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { type MergedItems, mergeItems, type Side } from '../merge/merge-items.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { type ReadCommit, readCommits } from '../sync/read-commits.ts';
import { type Replayed, replayOnOurs } from './replay.ts';

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
  for (const path of paths) await checkoutFrom(merge.tree.top, merge[side], path);
  return [...chosen];
}

/**
 * Ends the merge, and makes one line of the two instead: what theirs has and ours has not is decided again, one transition after
 * the other, on top of ours. With a remote, ours is brought onto the shared tip first.
 *
 * @throws LedgerError as `fetch`; `CONTENDED` where another process moved the ledger meanwhile
 */
export async function replayInstead(ledger: WorkLedger, { tree, theirs }: OpenMerge): Promise<Replayed> {
  await abortMerge(tree.top);
  return replayOnOurs(ledger, theirs);
}

/**
 * Lets git merge items by `program` in this clone. Doing it twice changes nothing.
 *
 * @param program an executable and its first arguments
 * @throws LedgerError `PERMISSION_DENIED`, `STORAGE_FAILED`
 */
export function setUpMerging(ledger: WorkLedger, program: readonly string[]): Promise<void> {
  return setMergeDriver(connectionOf(ledger).place, program);
}

/** What one side of a merge did to an item. */
export interface SideStep {
  commit: Oid;
  verb: string;
  actor: string;
  at: string;
}

/** An item that both sides of a merge changed. */
export interface ContestedItem {
  id: WorkId;
  /** True where git still waits for a decision on it. */
  unmerged: boolean;
  ours: SideStep[];
  theirs: SideStep[];
  /** How the two go together by field; `undefined` where a side has no readable file. */
  merged: MergedItems | undefined;
}

/** A merge that is under way in a work tree of the ledger's branch. */
export interface OpenMerge {
  tree: WorkTree;
  base: Oid;
  ours: Oid;
  theirs: Oid;
  items: ContestedItem[];
  /** Other paths that git could not merge. */
  others: string[];
}

/**
 * The merge that is under way in the work tree that `dir` is in.
 *
 * @throws LedgerError `INVALID_INPUT` where there is none; `DIFFERENT_LEDGER` where the sides have no common root
 */
export async function findMerge(ledger: WorkLedger, dir: string): Promise<OpenMerge> {
  const { localRef, branch } = connectionOf(ledger);
  const tree = await readWorkTree(dir);
  if (tree.branch !== localRef || tree.merging === undefined) {
    const why = tree.branch === localRef ? 'No merge is under way' : `${branch} is not checked out`;
    throw new LedgerError('INVALID_INPUT', `${why} in ${tree.top}.`, {
      hint: 'wl sync brings two lines of one ledger together by itself; nothing has to be merged.',
    });
  }
  const store = await connectionOf(ledger).store();
  const [ours, theirs] = [await currentTip(connectionOf(ledger)), tree.merging];
  const base = await store.mergeBase(ours, theirs);
  if (base === undefined)
    throw new LedgerError('DIFFERENT_LEDGER', 'The two sides have no common root: they are two ledgers.', {
      hint: 'git merge --abort',
      details: { local: ours, remote: theirs },
    });
  return { tree, base, ours, theirs, ...(await contested(store, tree, { ours, theirs })) };
}

async function contested(
  store: LedgerStore,
  { unmerged }: WorkTree,
  { ours, theirs }: Record<'ours' | 'theirs', Oid>,
): Promise<Pick<OpenMerge, 'items' | 'others'>> {
  const mine = byItem(await readCommits(store, theirs, ours));
  const others = byItem(await readCommits(store, ours, theirs));
  const waiting = new Set(unmerged.map((path) => parsePath(path)?.id));
  const ids = new Set(
    [...mine.keys()].filter((id) => others.has(id)).concat([...waiting].flatMap((id) => id ?? [])),
  );
  const items = [...ids].sort().map((id): ContestedItem => {
    const [a, b] = [mine.get(id) ?? [], others.get(id) ?? []];
    const [last, other] = [a.at(-1)?.after, b.at(-1)?.after];
    const merged = last && other && mergeItems(a[0]?.before ?? b[0]?.before, last, other);
    return { id, unmerged: waiting.has(id), ours: a.map(toStep), theirs: b.map(toStep), merged };
  });
  return { items, others: unmerged.filter((path) => parsePath(path) === undefined) };
}

function byItem(commits: readonly ReadCommit[]): Map<WorkId, ReadCommit[]> {
  const found = new Map<WorkId, ReadCommit[]>();
  for (const commit of commits) {
    const ids = new Set(commit.record.changes.flatMap(({ path }) => parsePath(path)?.id ?? []));
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), commit]);
  }
  return found;
}

const toStep = ({ record, event, command }: ReadCommit): SideStep => ({
  commit: record.oid,
  verb: event?.verb ?? command?.verb ?? 'by hand',
  actor: event?.actor ?? record.author.name,
  at: event?.at ?? new Date(record.author.at * 1000).toISOString(),
});
