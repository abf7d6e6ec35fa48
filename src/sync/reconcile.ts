import type { ErrorDetails } from '../domain/error-details.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { isOfflineId, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { sourcesOf } from '../domain/provenance.ts';
import { Overlay } from '../domain/view.ts';
import type { Oid } from '../store/port.ts';
import { commitInTime } from './committed-time.ts';
import { draftOf, readAuxiliaryFilesFor } from './draft.ts';
import {
  acceptedBy,
  findWrong,
  isChecked,
  journalNow,
  localTip,
  markChecked,
  markDecided,
  noteNoOps,
  type Wrong,
} from './journal.ts';
import { inOrder } from './local.ts';
import type { Settled } from './outcome.ts';
import type { SyncContext } from './ports.ts';
import { NAMES, type ReadCommit, readCommits } from './read-commits.ts';
import { forgetArrived, keepRejected } from './rejected.ts';
import { type Replayed, type ReplayOptions, replay } from './replay.ts';

const TRIES = 20;

/**
 * Whether all that is pending here would still stand on `seen` as it is, so that nothing can be told to anyone yet and the
 * branch need not be made anew to know it. Writes nothing.
 */
export async function isStillPending(context: SyncContext, seen: Oid): Promise<boolean> {
  const { store, views, localRef, signs, judge } = context;
  const bar = judge.bar();
  const local = await store.readRef(localRef);
  const base = local === undefined ? undefined : await store.mergeBase(local, seen);
  if (local === undefined || base === undefined || base === local) return false;
  if (base === seen) return true;
  const arrived = new Set((await readCommits(store, base, seen, NAMES)).map(({ op }) => op));
  const pending = await readCommits(store, seen, local);
  if (pending.some(({ op }) => arrived.has(op))) return false;
  const auxiliary = await readAuxiliaryFilesFor(store, seen, pending);
  const { lost, unchanged } = await views.peek(seen, (view) =>
    replay(new Overlay(view, auxiliary), pending, { known: new Map(), signs, bar }),
  );
  return lost.length + unchanged.length === 0;
}

/**
 * Brings the local branch onto `seen`, the shared tip: fast-forward where nothing is pending, replay where something is.
 *
 * @returns what became of the pending transitions, by op; those that stand again, unpushed, are not in it
 * @throws LedgerError `DIFFERENT_LEDGER` where the two branches have no common root; `IN_QUESTION` where nothing may be decided on `seen`
 */
export async function reconcile(context: SyncContext, seen: Oid): Promise<Map<string, Settled>> {
  const { store, localRef, judge } = context;
  await judge.arrived(seen);
  const before = await store.readRef(localRef);
  const settled = await moveLocal(context, () => tryReconcile(context, seen));
  const base = before === undefined || before === seen ? undefined : await store.mergeBase(before, seen);
  if (base !== undefined) await forgetArrived(store, base, seen);
  return settled;
}

/**
 * Moves the local branch: tries under the lock `commit` until nobody else moved it meanwhile, which `attempt` says by `undefined`.
 *
 * @throws LedgerError `CONTENDED` where others kept moving it
 */
export async function moveLocal(
  context: SyncContext,
  attempt: () => Promise<Map<string, Settled> | undefined>,
): Promise<Map<string, Settled>> {
  return inOrder(context, async () => {
    for (let tried = 0; tried < TRIES; tried += 1) {
      const done = await attempt();
      if (done !== undefined) return done;
    }
    throw new LedgerError('CONTENDED', 'Other processes of this clone kept moving the ledger.', {
      hint: 'Try again.',
    });
  });
}

async function tryReconcile(context: SyncContext, seen: Oid): Promise<Map<string, Settled> | undefined> {
  const { store, localRef } = context;
  const left = await journalNow(context);
  const local = await localTip(context);
  const moveOn = async (): Promise<Map<string, Settled> | undefined> => {
    if (!(await store.moveRef(localRef, local, seen))) return undefined;
    await markChecked(context, seen, left);
    return new Map();
  };
  if (local === seen) return new Map();
  if (local === undefined) return moveOn();
  const base = await store.mergeBase(local, seen);
  if (base === seen) return new Map();
  if (base === local) return moveOn();
  const pending = await readCommits(store, seen, local);
  if (base === undefined) {
    if (pending.length > 1) throw differentLedger(seen, local);
    return moveOn();
  }
  const wrong = await findWrong(context, { local, from: base, pending });
  return rebuild(context, { expected: local, base: seen, pending, wrong });
}

/**
 * Takes from the local branch what is pending and was not made by this program as it is: it is kept, and what is right is decided
 * again without it. To be called before anything of it leaves this clone.
 *
 * @param seen the shared tip, on which the local branch builds; `undefined` where nothing is shared
 * @returns as `reconcile`
 * @throws LedgerError as `findWrong`
 */
export async function dropWrong(context: SyncContext, seen: Oid | undefined): Promise<Map<string, Settled>> {
  const { store } = context;
  return moveLocal(context, async () => {
    const local = await localTip(context);
    if (local === undefined || local === seen || isChecked(context, local)) return new Map();
    const pending = await readCommits(store, seen, local);
    const wrong = await findWrong(context, { local, from: seen, pending });
    if (wrong.size === 0) return new Map();
    const root = seen === undefined ? pending[0]?.record.oid : undefined;
    return rebuild(context, {
      expected: local,
      base: seen ?? root ?? local,
      pending: pending.filter(({ record }) => record.oid !== root),
      wrong,
    });
  });
}

/** What was pushed is shared. Where the branch is checked out, and cannot move now, it does with the next call. */
export function whereCheckedOut(error: unknown): Map<string, Settled> {
  if (isLedgerError(error, 'CHECKED_OUT')) return new Map();
  throw error;
}

const byOp = (commits: readonly ReadCommit[]): Map<string, ReadCommit> =>
  new Map(commits.flatMap((commit) => (commit.op === undefined ? [] : [[commit.op, commit]])));

function differentLedger(seen: Oid, local: Oid): LedgerError {
  return new LedgerError(
    'DIFFERENT_LEDGER',
    'The remote holds another ledger than this clone; the two do not mix.',
    {
      hint: 'Nothing was pushed or lost. `git config ledger.branch` gives one of them another name.',
      details: { local, remote: seen },
    },
  );
}

interface Rebuild {
  expected: Oid;
  base: Oid;
  pending: readonly ReadCommit[];
  /** What `base` has of `pending` already, by op; found where it is not given. */
  known?: ReadonlyMap<string, ReadCommit>;
  /** What must not be shared of all that leads to `expected`; `undefined` where that was not looked at. */
  wrong?: Wrong;
  withdrawn?: ReadonlySet<string>;
  renumber?: ReplayOptions['renumber'];
}

/**
 * Makes the local branch anew as `base` and what of `pending` is still legal there. What `base` has already, by op, is not made again: it
 * can have come after what is pending was brought onto the shared tip, since that moves whenever some process of the clone looks.
 *
 * @returns `undefined` where the local branch moved meanwhile
 */
export async function rebuild(
  context: SyncContext,
  request: Rebuild,
): Promise<Map<string, Settled> | undefined> {
  const { store, views, localRef, committer, clock, signs, judge } = context;
  const { expected, base, pending } = request;
  const bar = judge.bar();
  const left = await journalNow(context);
  await learnDeletionsFor(context, base, pending);
  const auxiliary = await readAuxiliaryFilesFor(store, base, pending);
  const ops = new Set(pending.map(({ op }) => op ?? ''));
  const known = request.known ?? (await knownAt(store, { expected, base, ops }));
  const { result, changes, skew_s } = await views.read(base, (view) => {
    const after = new Overlay(view, auxiliary);
    const { clock_skew_s: skew_s } = view.settings;
    return { result: replay(after, pending, { ...request, known, signs, bar }), changes: after, skew_s };
  });
  const replaced = result.unchanged.flatMap(({ from, item }) => replacedBy(from, item));
  const settled = await keepLost(context, [...result.lost, ...replaced]);
  const now = clock.now();
  const drafts = result.steps.map(({ step, from }) => draftOf(step, committer, now, emailOf(from)));
  const moved = await commitInTime(context, { ref: localRef, expected, base, drafts }, skew_s);
  if (moved.kind === 'moved') return undefined;
  if (request.wrong === undefined) await markDecided(context, base, moved.tip, left);
  else await markChecked(context, moved.tip, left);
  for (const error of request.wrong?.values() ?? []) context.onKeptBack?.(error);
  await views.advance(base, moved.tip, changes);
  for (const { from, item } of result.unchanged)
    if (!settled.has(from.op ?? '')) settled.set(from.op ?? '', { kind: 'unchanged', item });
  for (const [op, found] of known) if (ops.has(op)) settled.set(op, acceptedBy(found));
  noteNoOps(
    context,
    result.unchanged.flatMap(({ from }) => from.op ?? []),
  );
  return settled;
}

async function knownAt(
  store: SyncContext['store'],
  { expected, base, ops }: { expected: Oid; base: Oid; ops: ReadonlySet<string> },
): Promise<ReadonlyMap<string, ReadCommit>> {
  const parted = await store.mergeBase(expected, base);
  return byOp(parted === base ? [] : await readCommits(store, parted, base, ops));
}

/** The address that an author gave; none of a commit that is not written as git writes one. */
export const emailOf = ({ record }: ReadCommit): string | undefined =>
  record.fault === undefined ? record.author.email : undefined;

/** @see learnDeletions in local.ts */
export async function learnDeletionsFor(
  { views }: SyncContext,
  tip: Oid,
  pending: readonly ReadCommit[],
): Promise<void> {
  if (pending.some(({ event }) => event !== undefined && event.from === undefined))
    await views.knowDeletions(tip);
}

/**
 * A new item in whose place another one stands by now, of the same key or the same source. Who made it may have been told its id long ago,
 * and what it says is nowhere else: it is kept, and says where it went.
 */
function replacedBy(from: ReadCommit, item: WorkItem | undefined): Replayed['lost'] {
  const { event, command } = from;
  if (event === undefined || item === undefined) return [];
  // Another item, too, where it has the same number by now: what is there already by its op is not decided again.
  const shared = commonWith(item, event.id, command);
  if (shared === undefined) return [];
  const error = new LedgerError(
    'INVALID_INPUT',
    `${item.id} has the ${shared.what} of ${event.id}, and stands in its place.`,
    {
      hint: `\`wl show ${item.id}\` shows it; what ${event.id} said is kept.`,
      details: { id: item.id, ...shared.details },
    },
  );
  return [{ from, error }];
}

/** By what an item answers a command that would make another one. Of an import, nobody is told a number before it is shared. */
function commonWith(
  item: WorkItem,
  id: WorkId,
  command: ReadCommit['command'],
): { what: string; details: ErrorDetails<'INVALID_INPUT'> } | undefined {
  if (command?.verb === 'create')
    return { what: 'key', details: { idempotency_key: command.fields.idempotency_key } };
  if (command?.verb !== 'import' || !isOfflineId(id) || item.id === id) return undefined;
  const [source] = sourcesOf(command.item);
  return { what: 'source', details: { imported: { ...(source ?? sourcesOf(item)[0]) } } };
}

/** Written before the branch moves, so that at no time anything that was acknowledged is nowhere. */
async function keepLost(
  { store, committer, clock }: SyncContext,
  lost: Replayed['lost'],
): Promise<Map<string, Settled>> {
  const settled = new Map<string, Settled>();
  for (const { from, error } of lost) {
    const kept = await keepRejected(store, from, error, committer, clock.now());
    settled.set(kept.op, { kind: 'lost', op: kept.op, error: kept.error, kept: kept.ref });
  }
  return settled;
}
