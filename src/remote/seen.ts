import type { LedgerStore, Oid } from '../store/port.ts';
import type { Written, WrittenTo } from './port.ts';

type Refs = Pick<LedgerStore, 'readRef' | 'moveRef' | 'mergeBase'>;

/**
 * Moves what this clone has seen forward to `tip`, and never back or aside: another process may have seen more already.
 *
 * @returns where it stands now
 */
export async function advanceSeen(store: Refs, seenRef: string, tip: Oid): Promise<Oid> {
  for (;;) {
    const now = await store.readRef(seenRef);
    if (now === tip) return tip;
    if (now !== undefined && (await store.mergeBase(now, tip)) !== now) return now;
    if (await store.moveRef(seenRef, now, tip)) return tip;
  }
}

/** Shows people, and other tools, where the remote is. Nothing depends on it, so nothing fails by it. */
export async function showTip(store: Refs, shownRef: string, tip: Oid): Promise<void> {
  try {
    const now = await store.readRef(shownRef);
    if (now !== tip) await store.moveRef(shownRef, now, tip);
  } catch {
    // Another process is moving it, or it is a symbolic ref of the user's own.
  }
}

/** What a push of `tip` expects the branch to be at: what was seen, or what was taken since then where pushes go. */
export async function expectedAt(
  store: Refs,
  { seen, writesTo }: { seen: Oid | undefined; writesTo: WrittenTo | undefined },
  tip: Oid,
): Promise<Oid | undefined> {
  const taken = writesTo && (await store.readRef(writesTo.takenRef));
  if (taken === undefined || taken === seen) return seen;
  const isLater = seen === undefined || (await store.mergeBase(seen, taken)) === seen;
  return isLater && (await store.mergeBase(taken, tip)) === taken ? taken : seen;
}

/** Notes what was taken where pushes go. Where another process notes another one at once, the next push finds out. */
export async function noteTaken(store: Refs, { takenRef }: WrittenTo, tip: Oid): Promise<void> {
  await store.moveRef(takenRef, await store.readRef(takenRef), tip);
}

/** How a tip whose objects are here is against what was seen. */
export async function compareWithSeen(store: Refs, seen: Oid, tip: Oid | undefined): Promise<Written> {
  const base = tip === undefined ? undefined : await store.mergeBase(seen, tip);
  if (tip === undefined || (base === tip && tip !== seen)) return 'lacks';
  return base === seen ? 'holds' : 'parted';
}

/** Where a clone keeps what a push address took last, and what it was last read to have. */
export const takenRefOf = (remote: string): string => `refs/work-ledger/taken/${remote}`;
export const writtenRefOf = (remote: string): string => `refs/work-ledger/written/${remote}`;
