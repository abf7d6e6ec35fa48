import type { Oid } from '../store/port.ts';
import type { SyncContext } from './ports.ts';
import { NAMES, readCommits } from './read-commits.ts';

const MOVED = 'refs/work-ledger/moved/';

/** The local branch was moved by something else than this program, and transitions that were pending were no longer on it. */
export interface Restored {
  /** Where it stood; `undefined` where it was gone. */
  found: Oid | undefined;
  /** Where it stands again. */
  restored: Oid;
  /** How many transitions are there again. */
  transitions: number;
  /** The ref that keeps what stood there and is nowhere else. */
  kept: string | undefined;
}

/**
 * Puts back what is pending where someone moved the local branch away from it, as a forced fetch, a reset or a deletion does. What stood
 * there instead is kept. Where nothing is missing by its op, as after an amended commit, the branch stays where it is.
 *
 * @param local where the branch stands
 * @param left where this program left it
 * @returns the tip of the local branch
 */
export async function restore(
  context: SyncContext,
  local: Oid | undefined,
  left: Oid,
): Promise<Oid | undefined> {
  const { store, localRef, onRestored } = context;
  // A branch that has another name now has lost nothing.
  if ((await store.listRefs('refs/heads/')).some(({ oid }) => oid === left)) return local;
  const missing = await missingAt(context, local, left);
  // One that was only set back is brought on, so that what is committed next stands where the journal is.
  const isSetBack = local !== undefined && (await store.mergeBase(local, left)) === local;
  if (missing === 0 && isSetBack && (await store.moveRef(localRef, local, left))) return left;
  if (missing === 0) return local;
  const kept = local === undefined || (await isKeptAnyway(context, local, left)) ? undefined : MOVED + local;
  if (kept !== undefined && local !== undefined) await store.moveRef(kept, await store.readRef(kept), local);
  if (!(await store.moveRef(localRef, local, left))) return store.readRef(localRef);
  onRestored?.({ found: local, restored: left, transitions: missing, kept });
  return left;
}

/** How many transitions are pending at `left`, and neither on the local branch nor shared. */
async function missingAt(context: SyncContext, local: Oid | undefined, left: Oid): Promise<number> {
  const { store, remote } = context;
  const seen = remote && (await store.readRef(remote.seenRef));
  const there = new Set<string | undefined>();
  let from: Oid | undefined;
  for (const tip of [seen, local]) {
    const base = tip && (await store.mergeBase(tip, left));
    if (tip === undefined || base === undefined) continue;
    for (const { op } of await readCommits(store, base, tip, NAMES)) there.add(op);
    // Of two that `left` builds on, the later one has the other.
    if (from === undefined || (await store.mergeBase(from, base)) === from) from = base;
  }
  const pending = await readCommits(store, from, left, NAMES);
  return pending.filter(({ op }) => op !== undefined && !there.has(op)).length;
}

/** Whether what stood there is part of what is kept anyway: the shared branch, or what is put back. */
async function isKeptAnyway({ store, remote }: SyncContext, local: Oid, left: Oid): Promise<boolean> {
  const seen = remote && (await store.readRef(remote.seenRef));
  if ((await store.mergeBase(local, left)) === local) return true;
  return seen !== undefined && (await store.mergeBase(local, seen)) === local;
}
