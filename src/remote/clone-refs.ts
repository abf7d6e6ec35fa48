// Refs in which a clone keeps what it knows of a remote: what it has seen, what it pushed elsewhere, and mirrors of side refs.
import { CLONE_NAME } from '../domain/values.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { displayUrl } from '../trace/mask.ts';
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
  const accepted = writesTo && (await store.readRef(writesTo.acceptedRef));
  if (accepted === undefined || accepted === seen) return seen;
  const isLater = seen === undefined || (await store.mergeBase(seen, accepted)) === seen;
  return isLater && (await store.mergeBase(accepted, tip)) === accepted ? accepted : seen;
}

/** Notes what was taken where pushes go. Where another process notes another one at once, the next push finds out. */
export async function noteAccepted(store: Refs, { acceptedRef }: WrittenTo, tip: Oid): Promise<void> {
  await store.moveRef(acceptedRef, await store.readRef(acceptedRef), tip);
}

/** How a tip whose objects are here is against what was seen. */
export async function compareWithSeen(store: Refs, seen: Oid, tip: Oid | undefined): Promise<Written> {
  const base = tip === undefined ? undefined : await store.mergeBase(seen, tip);
  if (tip === undefined || (base === tip && tip !== seen)) return 'lacks';
  return base === seen ? 'holds' : 'parted';
}

/** Where a clone keeps what a push address took last, and what it was last read to have. */
export const acceptedRefOf = (remote: string): string => `refs/work-ledger/taken/${remote}`;
export const writtenRefOf = (remote: string): string => `refs/work-ledger/written/${remote}`;

/** On the remote: this and a clone's name. */
export const INBOX = 'refs/work-ledger/inbox/';
/** On the remote: this and an item's id. A branch, since hosts make pull requests of nothing else. */
export const REVIEWS = 'refs/heads/review/';

/** In a clone, as it last saw them on a remote: this and the same name. */
export const mirrorOf = (remote: string): string => `${INBOX}${remote}/`;
export const presenceMirrorOf = (remote: string): string => `refs/work-ledger/presence-of/${remote}/`;
export const reviewMirrorOf = (remote: string): string => `refs/work-ledger/review/${remote}/`;

/** Refs of a remote that only this clone has; the rest is had again by asking it. */
const OWN = ['seen', 'taken', 'written'].map((kind) => `refs/work-ledger/${kind}/`);
const SEEN = 'refs/work-ledger/seen/';

/**
 * Keeps what was seen of a remote under the name that it has now, where nothing was seen under that. It is the same one where it has the
 * address that was noted, or where `git remote rename` moved its branch along, which has what was seen.
 *
 * @param noted of the remote that answered last: its name then, and its address on the next line
 * @param names of all remotes
 * @returns its name before; `undefined` where nothing is kept
 */
export async function adoptRenamed(
  store: Pick<LedgerStore, 'readRef' | 'listRefs' | 'moveRef' | 'mergeBase'>,
  { name, url, branch, seenRef }: { name: string; url: string; branch: string; seenRef: string },
  noted: string | undefined,
  names: Iterable<string>,
): Promise<string | undefined> {
  if ((await store.readRef(seenRef)) !== undefined) return undefined;
  const [notedName, address] = noted?.split('\n') ?? [];
  const configured = new Set(names);
  const shown = await store.readRef(`refs/remotes/${name}/${branch}`);
  for (const { ref, oid } of await store.listRefs(SEEN)) {
    const before = ref.slice(SEEN.length);
    const isSame = before === notedName && displayUrl(url) === address;
    const isMoved =
      !configured.has(before) && shown !== undefined && (await store.mergeBase(oid, shown)) === oid;
    if (before === name || !(isSame || isMoved)) continue;
    for (const folder of OWN) {
      const kept = await store.readRef(folder + before);
      // What another process of this clone moved already stays.
      if (kept === undefined || !(await store.moveRef(folder + name, undefined, kept))) continue;
      await store.moveRef(folder + before, kept, undefined);
    }
    return before;
  }
  return undefined;
}

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
