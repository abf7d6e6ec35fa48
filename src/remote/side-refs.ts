import { CLONE_NAME } from '../domain/values.ts';
import type { LedgerStore, Oid } from '../store/port.ts';

/** On the remote: this and a clone's name. */
export const INBOX = 'refs/work-ledger/inbox/';
/** On the remote: this and an item's id. A branch, since hosts make pull requests of nothing else. */
export const REVIEWS = 'refs/heads/review/';

/** In a clone, as it last saw them on a remote: this and the same name. */
export const mirrorOf = (remote: string): string => `${INBOX}${remote}/`;
export const presenceMirrorOf = (remote: string): string => `refs/work-ledger/presence-of/${remote}/`;
export const reviewMirrorOf = (remote: string): string => `refs/work-ledger/review/${remote}/`;

/** The refs of a folder among a remote's, by name. What has a slash in its name was not put there by this program. */
export function sideRefsIn(
  refs: Iterable<readonly [string, Oid]>,
  namespace: string,
): ReadonlyMap<string, Oid> {
  const found = new Map<string, Oid>();
  for (const [ref, oid] of refs) {
    const name = ref.startsWith(namespace) ? ref.slice(namespace.length) : '';
    if (name !== '' && !name.includes('/')) found.set(name, oid);
  }
  return found;
}

/** The inboxes among a remote's refs, by the clone's name; other names are not looked at. */
export function inboxesIn(refs: Iterable<readonly [string, Oid]>): Map<string, Oid> {
  return new Map([...sideRefsIn(refs, INBOX)].filter(([clone]) => CLONE_NAME.test(clone)));
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
