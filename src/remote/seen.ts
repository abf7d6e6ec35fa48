import type { LedgerStore, Oid } from '../store/port.ts';

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
