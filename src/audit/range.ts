import type { LedgerStore, Oid } from '../store/port.ts';

/**
 * The newest commit up to `from` on which every commit between it and `tip` builds, so that what it left is all that they were
 * decided on: `from` itself, or where work that began before it was merged in after it, where that began.
 *
 * @returns `undefined` where `from` is on another line
 */
export async function groundOf(store: LedgerStore, from: Oid, tip: Oid): Promise<Oid | undefined> {
  if (from === tip) return from;
  if ((await store.mergeBase(from, tip)) !== from) return undefined;
  let ground: Oid | undefined = from;
  while (ground !== undefined) {
    const older: Oid | undefined = await olderParent(store, ground, tip);
    if (older === undefined) return ground;
    ground = await store.mergeBase(ground, older);
  }
  return undefined;
}

/** A commit before `ground` on which one after it builds. */
async function olderParent(store: LedgerStore, ground: Oid, tip: Oid): Promise<Oid | undefined> {
  const known = new Set([ground]);
  for await (const { oid, parents } of store.commits({ to: tip, from: ground, changes: false })) {
    const older = parents.find((parent) => !known.has(parent));
    if (older !== undefined) return older;
    known.add(oid);
  }
  return undefined;
}
