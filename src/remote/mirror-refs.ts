import type { LedgerStore, Oid } from '../store/port.ts';

/** Makes the local refs below `mirror` what the remote has. The objects must be there already. */
export async function mirrorRefs(
  store: Pick<LedgerStore, 'listRefs' | 'moveRef'>,
  mirror: string,
  found: ReadonlyMap<string, Oid>,
): Promise<void> {
  const mirrored = new Map(
    (await store.listRefs(mirror)).map(({ ref, oid }) => [ref.slice(mirror.length), oid]),
  );
  for (const name of new Set([...mirrored.keys(), ...found.keys()])) {
    const [before, now] = [mirrored.get(name), found.get(name)];
    // Where another fetch of this clone was there first, the next one puts right what it left.
    if (before !== now) await store.moveRef(`${mirror}${name}`, before, now);
  }
}
