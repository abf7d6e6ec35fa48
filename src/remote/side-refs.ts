import { CLONE_NAME } from '../domain/values.ts';
import { isRefName } from '../git/refs/ref-files.ts';
import type { LedgerStore, Oid } from '../store/port.ts';

/** In a clone: this and a name. */
export const presenceMirrorOf = (remote: string): string => `refs/work-ledger/presence-of/${remote}/`;

/** On the remote: this and an item's id. A branch, since hosts make pull requests of nothing else. */
export const REVIEWS = 'refs/heads/review/';

/** In a clone: this and an item's id. */
export const reviewMirrorOf = (remote: string): string => `refs/work-ledger/review/${remote}/`;

/** The refs of a folder among a remote's, by name. What has a slash in its name was not put there by this program. */
export function sideRefsIn(
  refs: Iterable<readonly [string, Oid]>,
  namespace: string,
): ReadonlyMap<string, Oid> {
  const named = [...refs].filter(([ref]) => ref.startsWith(namespace) && isRefName(ref));
  return new Map(
    named.map(([ref, oid]) => [ref.slice(namespace.length), oid] as const).filter(([name]) => isOne(name)),
  );
}

const isOne = (name: string): boolean => name !== '' && !name.includes('/');

/** On the remote: this and a clone's name. */
export const INBOX = 'refs/work-ledger/inbox/';

/** In a clone: this and a clone's name. */
export const mirrorOf = (remote: string): string => `${INBOX}${remote}/`;

/** The inboxes among a remote's refs, by the clone's name; other names are not looked at. */
export function inboxesIn(refs: Iterable<readonly [string, Oid]>): Map<string, Oid> {
  const named = [...refs].map(
    ([ref, oid]) => [ref.startsWith(INBOX) ? ref.slice(INBOX.length) : '', oid] as const,
  );
  return new Map(named.filter(([clone]) => CLONE_NAME.test(clone)));
}

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
