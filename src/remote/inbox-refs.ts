import type { LedgerStore, Oid } from '../store/port.ts';

/** On the remote: this and a clone's name. */
export const INBOX = 'refs/work-ledger/inbox/';

/** In a clone: this and a clone's name. */
export const mirrorOf = (remote: string): string => `${INBOX}${remote}/`;

const CLONE = /^[0-9a-z]{1,32}$/;

/** The inboxes among a remote's refs, by the clone's name; other names are not looked at. */
export function inboxesIn(refs: Iterable<readonly [string, Oid]>): Map<string, Oid> {
  const named = [...refs].map(
    ([ref, oid]) => [ref.startsWith(INBOX) ? ref.slice(INBOX.length) : '', oid] as const,
  );
  return new Map(named.filter(([clone]) => CLONE.test(clone)));
}

/** Makes the local mirror what the remote has. The objects must be there already. */
export async function mirrorInboxes(
  store: Pick<LedgerStore, 'listRefs' | 'moveRef'>,
  mirror: string,
  found: ReadonlyMap<string, Oid>,
): Promise<void> {
  const mirrored = new Map(
    (await store.listRefs(mirror)).map(({ ref, oid }) => [ref.slice(mirror.length), oid]),
  );
  for (const clone of new Set([...mirrored.keys(), ...found.keys()])) {
    const [before, now] = [mirrored.get(clone), found.get(clone)];
    // Where another fetch of this clone was there first, the next one puts right what it left.
    if (before !== now) await store.moveRef(`${mirror}${clone}`, before, now);
  }
}
