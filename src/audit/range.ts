import type { LedgerStore, Oid } from '../store/port.ts';

/**
 * True where every commit between `from` and `tip` builds on `from`, so that what `from` left is all that they were decided on.
 * False where `from` is on another line, and where work that began before it was merged in after it.
 */
export async function buildsOn(store: LedgerStore, from: Oid, tip: Oid): Promise<boolean> {
  if (from === tip) return true;
  if ((await store.mergeBase(from, tip)) !== from) return false;
  const known = new Set([from]);
  for await (const { oid, parents } of store.commits({ to: tip, from, changes: false })) {
    if (!parents.every((parent) => known.has(parent))) return false;
    known.add(oid);
  }
  return true;
}
