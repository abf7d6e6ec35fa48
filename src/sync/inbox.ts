import { isLedgerError } from '../domain/errors.ts';
import type { Offer } from '../remote/port.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { RemoteContext, SyncContext } from './ports.ts';
import { NAMES, readCommits } from './read-commits.ts';
import { PRUNED } from './state-keys.ts';

/** A look that began earlier can still find what stood there so many entries ago. */
const KEPT = 50;

/**
 * What this clone's inbox under a name held, or was to hold: a file for each value, by its number and its commit. None is ever
 * written again, so that no process can undo what another one noted. No value comes twice, and each is put in the place of an
 * earlier one: so what is put there late finds that it comes too late.
 */
const folderOf = (clone: string): string => `inboxes/${clone}`;
const ENTRY = /^([1-9]\d{0,14})-([0-9a-f]+)$/;

/** What the inbox holds, as the remote last said; empty where it holds nothing. A wrong guess costs a look. */
const holdsOf = (clone: string): string => `${folderOf(clone)}/holds`;
/** The number up to which nothing can come out of it any more: it was replaced for certain, or all of it is on the branch. */
const settledOf = (clone: string): string => `${folderOf(clone)}/settled`;
/** The number up to which this clone pushed what it offered itself. */
const pushedOf = (clone: string): string => `${folderOf(clone)}/pushed`;

interface Entry {
  key: string;
  number: number;
  commit: Oid;
}

type Inbox = Pick<SyncContext, 'state' | 'clone'>;

function entriesOf({ state }: Pick<SyncContext, 'state'>, clone: string): Entry[] {
  const folder = folderOf(clone);
  return state.keys(folder).flatMap((name) => {
    const [, number, commit] = ENTRY.exec(name) ?? [];
    return commit === undefined ? [] : [{ key: `${folder}/${name}`, number: Number(number), commit }];
  });
}

const newest = (entries: readonly Entry[]): number => Math.max(0, ...entries.map(({ number }) => number));

/** Notes a value down before it is in the inbox, since this process can be killed in between. @returns its number */
export function noteValue({ state, clone: { name } }: Inbox, commit: Oid): number {
  const before = entriesOf({ state }, name);
  const number = 1 + newest(before);
  state.add(`${folderOf(name)}/${number}-${commit}`, '');
  for (const old of before) if (old.number <= number - KEPT) state.delete(old.key);
  return number;
}

/** Notes what the inbox holds for certain: nothing of what was put there before can come out of it. */
export function noteHeld({ state, clone: { name } }: Inbox, commit: Oid, number: number): void {
  state.set(holdsOf(name), commit);
  settle(state, name, number - 1);
}

function settle(state: SyncContext['state'], clone: string, number: number): void {
  if (number > numberAt(state, settledOf(clone))) state.set(settledOf(clone), String(number));
}

const numberAt = (state: SyncContext['state'], key: string): number => Number(state.get(key) ?? 0) || 0;

const heldBy = ({ state }: Inbox, clone: string): Oid | undefined => state.get(holdsOf(clone)) || undefined;

/** What this clone's inbox holds, as far as it can know without asking. */
export async function heldNow(context: RemoteContext): Promise<Oid | undefined> {
  const { state, clone } = context;
  const held = heldBy(context, clone.name);
  const offered = entriesOf(context, clone.name).findLast(({ commit }) => commit === held);
  if (held === undefined || offered === undefined) return held;
  if (
    offered.number <= Math.max(numberAt(state, pushedOf(clone.name)), numberAt(state, settledOf(clone.name)))
  )
    return held;
  const landed = await landedOf(context, held);
  if (landed !== undefined) noteHeld(context, landed, noteValue(context, landed));
  return landed ?? held;
}

/** The last commit that another clone made of an offer, which it put in its place; `undefined` where nothing of it is on the branch. */
async function landedOf({ store, remote }: RemoteContext, offered: Oid): Promise<Oid | undefined> {
  const seen = await store.readRef(remote.seenRef);
  if (seen === undefined) return undefined;
  const { base, ops } = await contentOf(store, offered, seen);
  if (base === undefined || ops.size === 0) return undefined;
  const shared = await readCommits(store, base, seen, NAMES);
  return shared.findLast(({ op }) => op !== undefined && ops.has(op))?.record.oid;
}

interface Content {
  base: Oid | undefined;
  ops: ReadonlySet<string>;
}

/** What an offer of this clone has on top of a commit of the shared branch. */
async function contentOf(store: LedgerStore, offered: Oid, shared: Oid | undefined): Promise<Content> {
  const content = await ifReadable(async () => {
    const base = shared && (await store.mergeBase(offered, shared));
    const offers = await readCommits(store, base, offered, NAMES);
    return { base, ops: new Set(offers.flatMap(({ op }) => op ?? [])) };
  });
  // Nobody waits for what cannot be read.
  return content ?? { base: undefined, ops: new Set() };
}

/** Notes an offer down before it is out. */
export async function prepareOffer(context: RemoteContext, pending: Oid): Promise<Offer> {
  // Read first: whoever is put in the place of a value was noted after it.
  const expected = await heldNow(context);
  noteValue(context, pending);
  return { clone: context.clone.name, pending, expected };
}

/**
 * Notes that the remote has an offer.
 *
 * @param isCertain false where it is a guess: nobody said what became of it
 */
export function noteOffer(context: RemoteContext, { pending }: Offer, isCertain: boolean): void {
  const { state, clone } = context;
  const offered = entriesOf(context, clone.name).findLast(({ commit }) => commit === pending);
  if (isCertain && offered !== undefined) noteHeld(context, pending, offered.number);
  else state.set(holdsOf(clone.name), pending);
}

/** Notes that all that was offered was pushed by this clone itself: what the inbox holds stays there. */
export function notePushed(context: RemoteContext): void {
  const { state, clone } = context;
  const number = newest(entriesOf(context, clone.name));
  if (number > numberAt(state, pushedOf(clone.name))) state.set(pushedOf(clone.name), String(number));
}

/** Offers of this clone that others may have read, and that may still come to the branch. */
export function openOffers({ state, clone: { name } }: Inbox): Oid[] {
  const settled = numberAt(state, settledOf(name));
  return entriesOf({ state }, name).flatMap(({ number, commit }) => (number > settled ? [commit] : []));
}

/**
 * True where nothing can come out of the inbox any more that is not on the branch already: no offer is out, or all of it is there.
 * That is remembered.
 */
export async function isInboxClear(context: RemoteContext): Promise<boolean> {
  const { store, remote, state, clone } = context;
  const upTo = newest(entriesOf(context, clone.name));
  const seen = await store.readRef(remote.seenRef);
  for (const offered of openOffers(context)) if (!(await isOn(store, offered, seen))) return false;
  settle(state, clone.name, upTo);
  return true;
}

async function isOn(store: LedgerStore, offered: Oid, seen: Oid | undefined): Promise<boolean> {
  const { base, ops } = await contentOf(store, offered, seen);
  if (ops.size === 0 || seen === undefined) return ops.size === 0;
  const shared = new Set((await readCommits(store, base, seen, NAMES)).map(({ op }) => op));
  return [...ops].every((op) => shared.has(op));
}

/**
 * Holds what a look found in this clone's inbox against what this clone put there. Others write there what became of its offers. What
 * else it did not write is of a clone with its name, such as a copy of it.
 */
export async function checkInbox(context: RemoteContext, isSecond = false): Promise<void> {
  const { store, remote, clone, state } = context;
  if (remote.inbox === undefined) return;
  const { name } = clone;
  const found = await store.readRef(`${remote.inbox.mirror}${name}`);
  // Read after that: what a process of this clone put there, it noted before.
  const entries = entriesOf(context, name);
  const own = entries.findLast(({ commit }) => commit === found);
  if (found === undefined || own !== undefined) {
    if (own !== undefined) settle(state, name, own.number - 1);
    if (heldBy(context, name) !== found) state.set(holdsOf(name), found ?? '');
    return;
  }
  // Also those that are settled: that all of an offer is on the branch can be known before its inbox is read again.
  const offers = entries.map(({ commit }) => commit).reverse();
  if (offers.length === 0) return giveUpName(context, name, found);
  const seen = await store.readRef(remote.seenRef);
  const isShared = seen !== undefined && (await ifReadable(() => store.mergeBase(found, seen))) === found;
  if (isShared && (await isMadeOf(store, found, offers)))
    return noteHeld(context, found, noteValue(context, found));
  if (isShared || isSecond) return giveUpName(context, name, found);
  // The refs of a remote are not read at once: the branch may have been read before the push that moved both.
  const again = await remote.fetch('all');
  if (again.kind === 'ok') await checkInbox(context, true);
}

/** Anyone may have put there what cannot be read, and commits may be gone with a repack. @returns `undefined` then */
export async function ifReadable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isLedgerError(error, 'STORAGE_FAILED')) return undefined;
    throw error;
  }
}

/** Whether a commit of the branch is one of those that were offered, decided again. */
async function isMadeOf(store: LedgerStore, found: Oid, offers: readonly Oid[]): Promise<boolean> {
  for await (const record of store.commits({ to: found, newest: 1, changes: false })) {
    const [commit] = await readCommits(store, record.parents[0], found, NAMES);
    for (const offered of offers)
      if ((await contentOf(store, offered, found)).ops.has(commit?.op ?? '')) return true;
  }
  return false;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Inboxes of other clones that were moved last a day ago or longer, by name: nobody waits for what is in them. */
export async function oldInboxes({ store, remote, clone, clock }: RemoteContext): Promise<[string, Oid][]> {
  const old: [string, Oid][] = [];
  const { mirror } = remote.inbox ?? {};
  for (const { ref, oid } of mirror === undefined ? [] : await store.listRefs(mirror)) {
    const name = ref.slice(mirror?.length);
    if (name === clone.name) continue;
    const at = await madeAt(store, oid);
    if (at !== undefined && clock.now().getTime() - at > DAY_MS) old.push([name, oid]);
  }
  return old;
}

/**
 * When an offer's newest commit was made, in milliseconds since 1970.
 *
 * @returns `undefined` for what cannot be read: anyone may have put it there
 */
export const madeAt = (store: LedgerStore, offered: Oid): Promise<number | undefined> =>
  ifReadable(async () => {
    for await (const { committer } of store.commits({ to: offered, newest: 1, changes: false }))
      return committer.at * 1000;
    return undefined;
  });

/** What was found of offers, a file for each clone. */
export const OFFERS = 'offers';

/** Anyone may make inboxes, and take them away: what was found of those that are gone is not kept. */
async function forgetGone({ store, remote, state }: RemoteContext): Promise<void> {
  const mirror = remote.inbox?.mirror ?? '';
  const there = new Set((await store.listRefs(mirror)).map(({ ref }) => ref.slice(mirror.length)));
  for (const clone of state.keys(OFFERS)) if (!there.has(clone)) state.delete(`${OFFERS}/${clone}`);
}

/** At once; the rest another time. */
const PRUNED_AT_ONCE = 5;
const PRUNE_EVERY_MS = 60 * 60 * 1000;

/** Takes some of them away, each only as it was seen, and now and then. What cannot be taken away stays. */
export async function pruneInboxes(context: RemoteContext): Promise<void> {
  const { remote, state, clock } = context;
  const now = clock.now();
  if (remote.inbox === undefined) return;
  if (Math.abs(now.getTime() - Date.parse(state.get(PRUNED) ?? '')) < PRUNE_EVERY_MS) return;
  state.set(PRUNED, now.toISOString());
  await forgetGone(context);
  for (const [name, oid] of (await oldInboxes(context)).slice(0, PRUNED_AT_ONCE)) {
    const { kind } = await remote.inbox.retract(name, oid);
    if (kind !== 'accepted' && kind !== 'behind') return;
  }
}

/**
 * Goes on under another name: another clone writes under this one. What neither of the two wrote before is put into the inbox,
 * so that the other clone, too, finds that it is not alone, and none of them passes for the other.
 */
export async function giveUpName(context: RemoteContext, name: string, found?: Oid): Promise<void> {
  const { clone, remote } = context;
  const next = clone.giveUp(name);
  if (remote.inbox === undefined) return;
  const message = `given up: ${name}\n\nMore than one clone wrote under this name. One of them is ${next} now.\n`;
  // Where it does not arrive, the other clone finds out some other way, or holds the name alone.
  await withMark(context, message, async (mark) => remote.inbox?.publish(name, mark, found));
}

/** Makes a commit that says something in an inbox, and offers nothing. @returns `undefined` where it cannot be made */
export async function withMark<T>(
  { clone, store, committer, clock }: RemoteContext,
  message: string,
  use: (mark: Oid) => Promise<T>,
): Promise<T | undefined> {
  const ref = `refs/work-ledger/tmp/${clone.name}`;
  const at = Math.floor(clock.now().getTime() / 1000);
  const changes = [{ path: 'README', bytes: Buffer.from(message) }];
  const drafts = [{ message, author: committer, authored_at: at, committer, committed_at: at, changes }];
  const made = await store.commit({ ref, expected: await store.readRef(ref), base: undefined, drafts });
  if (made.kind !== 'committed') return undefined;
  try {
    return await use(made.tip);
  } finally {
    await store.moveRef(ref, made.tip, undefined);
  }
}
