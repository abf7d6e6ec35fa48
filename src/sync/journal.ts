import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import { openOffers } from './inbox.ts';
import type { Accepted, Ending, Lost, Settled } from './outcome.ts';
import type { Finding, RemoteContext, SyncContext } from './ports.ts';
import { NAMES, type ReadCommit, readAlone, readCommits } from './read-commits.ts';
import { findRejected } from './rejected.ts';
import { EXPOSED, JOURNAL, journalRef, LEFT, leftRef, NO_OPS } from './state-keys.ts';

/*
 * The journal of a clone: where each of its transitions stands. A transition is
 * - committed: on the local branch, and not on the shared one;
 * - exposed: committed, and others may have it, so that it can be shared at any time;
 * - settled: shared, or lost and kept among the rejected, or found to be done already.
 * All of it is in git, but for two facts that git does not tell: what is exposed, and what was done already. Since anyone can move the local
 * branch, a ref of the journal's own says where this program left it, and keeps its commits.
 */

/** Transitions whose end someone waits for, by op: what each came to here, and where it stood among the rejected before. */
export interface Wanted {
  /** The shared tip before any of them was committed. */
  since: Oid | undefined;
  ops: ReadonlyMap<string, { own: Accepted; rejection: Oid | undefined }>;
}

/** True where it made the item: until the remote has it, a number of it is provisional. */
export const isNew = ({ event }: Accepted): boolean => event !== undefined && event.from === undefined;

/** Looks for transitions where settled ones stand: on the shared branch, among the rejected, among those that were done already. */
export async function findSettled(context: RemoteContext, wanted: Wanted): Promise<Map<string, Settled>> {
  const { store, state } = context;
  const settled = await findAccepted(context, wanted);
  const noOps = new Set((state.get(NO_OPS) ?? '').split(' '));
  for (const [op, { rejection }] of wanted.ops) {
    if (settled.has(op)) continue;
    const rejected = await findRejected(store, op, rejection);
    if (rejected !== undefined)
      settled.set(op, { kind: 'lost', op, error: rejected.error, kept: rejected.ref });
    else if (noOps.has(op)) settled.set(op, { kind: 'unchanged', item: undefined });
  }
  return asFarAsKnown(context, settled);
}

/** What is lost, and what others may have read before it was taken back, is told as unknown: they may yet bring it to the branch. */
export async function asFarAsKnown<T extends Ending | Settled>(
  context: SyncContext,
  settled: ReadonlyMap<string, T>,
): Promise<Map<string, T>> {
  const known = new Map(settled);
  const lost = [...settled].filter(([, { kind }]) => kind === 'lost');
  const exposed: ReadonlySet<string> = lost.length === 0 ? new Set() : await exposedOps(context);
  for (const [op, end] of lost)
    if (end.kind === 'lost' && exposed.has(op))
      known.set(op, { ...end, error: end.error.with({ details: { unknown: true } }) });
  return known;
}

/** A commit that is shared as it was made here came to what it came to here; one that was made anew is read. */
async function findAccepted(
  { store, remote }: RemoteContext,
  { ops, since }: Wanted,
): Promise<Map<string, Settled>> {
  const settled = new Map<string, Settled>();
  const seen = await store.readRef(remote.seenRef);
  if (seen === undefined || seen === since) return settled;
  const shared = await readCommits(store, since, seen, NAMES);
  const own = shared.filter(({ op }) => op !== undefined && ops.has(op)).map(({ record }) => record);
  const asMade = new Map([...ops.values()].map(({ own: one }) => [one.commit, one]));
  for (const { oid } of own) {
    const made = asMade.get(oid);
    if (made !== undefined) settled.set(made.op, { ...made, where: 'remote' });
  }
  for (const commit of await readAlone(
    store,
    own.filter(({ oid }) => !asMade.has(oid)),
  ))
    settled.set(commit.op ?? '', acceptedBy(commit));
  return settled;
}

/** Who waits for a new item is answered with the one of the same key, or source, that stands in its place, and nothing is kept for later. */
export async function withStanding(
  { store, views, localRef }: SyncContext,
  settled: Map<string, Settled>,
  { ops }: Wanted,
): Promise<Map<string, Settled>> {
  const tip = await store.readRef(localRef);
  for (const [op, one] of settled) {
    const own = ops.get(op)?.own;
    const id = one.kind === 'lost' && own && isNew(own) ? standingFor(one) : undefined;
    if (one.kind !== 'lost' || id === undefined || tip === undefined) continue;
    const item = await views.read(tip, (view) => view.find(id));
    if (item === undefined) continue;
    settled.set(op, { kind: 'unchanged', item });
    const kept = await store.readRef(one.kept);
    if (kept !== undefined) await store.moveRef(one.kept, kept, undefined);
  }
  return settled;
}

/** The item that stands in the place of one that was to be made. */
function standingFor({ error }: Lost): WorkId | undefined {
  if (!isLedgerError(error, 'INVALID_INPUT')) return undefined;
  const { id, idempotency_key, imported } = error.details;
  return idempotency_key === undefined && imported === undefined ? undefined : id;
}

/** What a shared commit came to. */
export function acceptedBy({ record, op, event, before, after }: ReadCommit): Accepted {
  return {
    kind: 'accepted',
    op: op ?? '',
    item: after ?? before,
    event,
    commit: record.oid,
    where: 'remote',
  };
}

const NO_OPS_KEPT = 200;

/** For the processes of this clone that wait for them: nothing in git tells. */
export function noteNoOps({ state }: SyncContext, ops: readonly string[]): void {
  if (ops.length === 0) return;
  const before = (state.get(NO_OPS) ?? '').split(' ');
  state.set(NO_OPS, [...before, ...ops].slice(-NO_OPS_KEPT).join(' '));
}

const EXPOSED_KEPT = 20;

/**
 * Notes, before it is out, that the remote may have all that is pending at `tip`. What broke off before stays noted: it may yet arrive.
 *
 * @returns what was noted before
 */
export function expose({ state }: SyncContext, tip: Oid): string {
  const before = state.get(EXPOSED) ?? '';
  const tips = new Set([...before.split(' '), tip].filter((one) => one !== ''));
  state.set(EXPOSED, [...tips].slice(-EXPOSED_KEPT).join(' '));
  return before;
}

/** Nothing of it is out, beyond what was noted before. */
export function unexpose({ state }: SyncContext, before: string): void {
  state.set(EXPOSED, before);
}

/** Transitions that others may have, and may bring to the shared branch: they may be in the inbox, or a push of them broke off. */
export async function exposedOps(context: SyncContext): Promise<ReadonlySet<string>> {
  const { store, remote, state } = context;
  const seen = remote && (await store.readRef(remote.seenRef));
  const pushed = (state.get(EXPOSED) ?? '').split(' ').filter((one) => /^[0-9a-f]{40}$/.test(one));
  const offered = new Set(openOffers(context));
  const ops = new Set<string>();
  for (const tip of new Set([...pushed, ...offered])) {
    try {
      const base = seen === undefined ? undefined : await store.mergeBase(tip, seen);
      // A push is taken on the tip that it was made on alone.
      if (!offered.has(tip) && base !== seen && remote?.writesTo === undefined) continue;
      for (const { op } of await readCommits(store, base, tip, NAMES)) if (op !== undefined) ops.add(op);
    } catch (error) {
      // The commits are gone with a repack, so nobody waits for them.
      if (!isLedgerError(error, 'STORAGE_FAILED')) throw error;
    }
  }
  return ops;
}

/** Pending commits that must not be shared, by name, and why. */
export type Wrong = ReadonlyMap<Oid, LedgerError>;

const NONE: Wrong = new Map();

/** A fetch that mirrors and prunes takes the ref away; what it kept is there until git collects it. */
async function journalTip(context: SyncContext): Promise<Oid | undefined> {
  return (await journalNow(context)) ?? notedTip(context, JOURNAL);
}

function notedTip({ state, localRef }: SyncContext, key: typeof JOURNAL | typeof LEFT): Oid | undefined {
  const noted = state.get(key) ?? '';
  return noted.startsWith(`${localRef} `) ? noted.slice(localRef.length + 1) : undefined;
}

/** Where this program left the branch, where that is beyond the journal: on top of commits by hand that are not checked yet. */
async function leftTip(context: SyncContext): Promise<Oid | undefined> {
  const { store, localRef } = context;
  return (await store.readRef(leftRef(localRef))) ?? notedTip(context, LEFT);
}

/**
 * Whether all that is pending at `local` was decided by this program, in whichever process, or checked. The ref of the journal does not
 * say so by itself: a fetch that mirrors brings refs of any name, and anyone may have pushed them.
 */
export const isChecked = (context: SyncContext, local: Oid): boolean => notedTip(context, JOURNAL) === local;

/** Up to where all that is pending is known to be right; `undefined` where this clone noted nothing. */
export const checkedTip = (context: SyncContext): Oid | undefined => notedTip(context, JOURNAL);

/** Where the ref of the journal is: to be read before the local branch is moved, and given to `markChecked` after that. */
export const journalNow = ({ store, localRef }: SyncContext): Promise<Oid | undefined> =>
  store.readRef(journalRef(localRef));

/**
 * Notes that this program left the local branch at `local`, and that all that is pending there is as it makes it.
 *
 * @param left where the journal was before. Where it is elsewhere by now, another process moved on: one that stood still here must not
 *   undo that
 */
export async function markChecked(context: SyncContext, local: Oid, left: Oid | undefined): Promise<void> {
  const { store, state, localRef } = context;
  if (!(await store.moveRef(journalRef(localRef), left, local))) return;
  state.set(JOURNAL, `${localRef} ${local}`);
  // What stood beyond it is in it by now.
  const beyond = await leftTip(context);
  if (beyond === undefined || (await store.readRef(localRef)) !== local) return;
  state.delete(LEFT);
  await store.moveRef(leftRef(localRef), await store.readRef(leftRef(localRef)), undefined);
}

/**
 * The tip of the local branch. Where someone else moved it away from what is pending, that is put back first.
 *
 * @see restore
 */
export async function localTip(context: SyncContext): Promise<Oid | undefined> {
  const { store, localRef } = context;
  const left = (await leftTip(context)) ?? (await journalTip(context));
  const local = await store.readRef(localRef);
  if (left === undefined || left === local) return local;
  if (local !== undefined && (await store.mergeBase(local, left)) === left) return local;
  const { restore } = await import('./restore.ts');
  return restore(context, local, left);
}

/**
 * To be called where this program committed `to` on `from`: what it decides needs no check, unless it builds on what does. Then it is
 * kept all the same, beside the journal.
 *
 * A process that is killed before it gets here leaves a commit that is checked like anyone else's.
 */
export async function markDecided(
  context: SyncContext,
  from: Oid | undefined,
  to: Oid,
  left: Oid | undefined,
): Promise<void> {
  const { store, state, remote, localRef } = context;
  const isGood =
    from === undefined ||
    // Where another process moved on meanwhile, there is nothing left to mark.
    (left === from && (isChecked(context, from) || (await journalNow(context)) !== left)) ||
    (remote !== undefined && (await store.readRef(remote.seenRef)) === from);
  if (isGood) return markChecked(context, to, left);
  const ref = leftRef(localRef);
  if (await store.moveRef(ref, await store.readRef(ref), to)) state.set(LEFT, `${localRef} ${to}`);
}

/**
 * Looks for pending commits that this program did not make as they are: made, amended or merged by hand, or by another program.
 * Each is held against the audit's rules once.
 *
 * @param pending commits of `local` that are not shared
 * @param from what they build on; `undefined` where they begin the ledger
 * @throws LedgerError `VERIFICATION_FAILED` where what is wrong is the root, without which there is nothing
 */
export async function findWrong(
  context: SyncContext,
  { local, from, pending }: { local: Oid; from: Oid | undefined; pending: readonly ReadCommit[] },
): Promise<Wrong> {
  const { judge } = context;
  if (isChecked(context, local)) return NONE;
  const left = await journalNow(context);
  const records = new Map(pending.map(({ record }) => [record.oid, record]));
  const checked = notedTip(context, JOURNAL) ?? '';
  const found = await judge.check(records.has(checked) ? checked : from, local);
  const wrong = new Map<Oid, LedgerError>();
  for (const finding of found) {
    const record = records.get(finding.commit);
    if (record === undefined || wrong.has(finding.commit)) continue;
    const error = keptBack(finding);
    if (from === undefined && record.parents.length === 0) throw error;
    wrong.set(finding.commit, error);
  }
  if (wrong.size === 0) await markChecked(context, local, left);
  return wrong;
}

function keptBack({ commit, rule, message, id }: Finding): LedgerError {
  return new LedgerError(
    'VERIFICATION_FAILED',
    `Commit ${commit.slice(0, 12)} on this clone's branch is not as wl would have made it (${rule}): ${message}.`,
    {
      hint: 'It was not shared. Change items by wl alone.',
      details: { commit, rule, ...(id === undefined ? {} : { id }) },
    },
  );
}
