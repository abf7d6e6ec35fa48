import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import { takenOps } from './confirm.ts';
import { takeBackOffer } from './contention.ts';
import {
  acceptedBy,
  asFarAsKnown,
  exposedOps,
  findSettled,
  findWrong,
  isNew,
  localTip,
  type Wanted,
} from './journal.ts';
import { TAKING } from './local.ts';
import type { Settled, TakenBack } from './outcome.ts';
import type { CallContext, RemoteContext, SyncContext } from './ports.ts';
import { type ReadCommit, readCommits } from './read-commits.ts';
import { moveLocal, rebuild, reconcile } from './reconcile.ts';
import { keepRejected, rejectedRef } from './rejected.ts';

interface Withdrawal {
  /** Transitions to take back. */
  ops: ReadonlySet<string>;
  /** Transitions whose numbered ids no one has seen; they get ids that need no one's agreement. */
  renumber: ReadonlySet<string>;
  /** Why; kept with the commits, unless they are claims, which are simply not made. */
  keepAs?: LedgerError | undefined;
}

/**
 * Takes back pending transitions and gives creates their offline ids, where the remote cannot be asked.
 *
 * @returns items of the renumbered creates by op, and what was lost because it rested on something taken back
 */
export async function withdraw(
  context: SyncContext,
  { ops, renumber, keepAs }: Withdrawal,
): Promise<Map<string, Settled>> {
  const { store, remote, committer, clock } = context;
  return moveLocal(context, async () => {
    const local = await localTip(context);
    const seen = remote && (await store.readRef(remote.seenRef));
    if (local === undefined) return new Map();
    const unshared = await readCommits(store, seen, local);
    const root = seen === undefined ? unshared[0]?.record.oid : undefined;
    const base = seen ?? root;
    if (base === undefined) return new Map();
    const pending = unshared.filter(({ record }) => record.oid !== root);
    if (keepAs !== undefined) {
      for (const commit of pending) {
        if (ops.has(commit.op ?? '')) await keepRejected(store, commit, keepAs, committer, clock.now());
      }
    }
    const wrong = await findWrong(context, { local, from: seen, pending: unshared });
    const done = await rebuild(context, {
      expected: local,
      base,
      pending,
      wrong,
      withdrawn: ops,
      renumber: (command, id) => (renumber.has(command.op) ? offlineId(context, id) : undefined),
    });
    if (done !== undefined) await addRenumbered(context, base, renumber, done);
    return done;
  });
}

function offlineId({ randomSuffix }: SyncContext, id: WorkId): WorkId {
  return `${id.slice(0, id.lastIndexOf('-'))}-${randomSuffix()}`;
}

async function addRenumbered(
  { store, localRef }: SyncContext,
  base: Oid,
  renumbered: ReadonlySet<string>,
  settled: Map<string, Settled>,
): Promise<void> {
  if (renumbered.size === 0) return;
  const tip = await store.readRef(localRef);
  if (tip === undefined) return;
  for (const commit of await readCommits(store, base, tip, renumbered)) {
    if (commit.op !== undefined && renumbered.has(commit.op)) {
      settled.set(commit.op, { ...acceptedBy(commit), where: 'local' });
    }
  }
}

/**
 * Gives transitions up that the remote could not be asked about: takes back what means nothing without it, and gives new items
 * ids that need no one's agreement. What another exchange of this clone has under way was noted as exposed before.
 */
export async function takeBack(context: RemoteContext, wanted: Wanted): Promise<Omit<TakenBack, 'inDoubt'>> {
  const { store, remote } = context;
  const exposed = await exposedOps(context);
  const settled = await findSettled(context, wanted);
  const seen = await store.readRef(remote.seenRef);
  if (seen !== undefined) for (const [op, one] of await reconcile(context, seen)) settled.set(op, one);
  const open = [...wanted.ops.values()].map(({ own }) => own).filter(({ op }) => !settled.has(op));
  const sent = await takenOps(context);
  const taking = open.filter(({ op, event }) => TAKING.has(event?.verb ?? '') && !sent.has(op));
  const withdrawn = new Set(taking.map(({ op }) => op));
  // Where others may have it, a number may be the item's for good, and must not be given up for another id.
  const created = open.filter((one) => isNew(one) && !exposed.has(one.op));
  const renumber = new Set(created.map(({ op }) => op));
  if (withdrawn.size + renumber.size > 0)
    for (const [op, one] of await withdraw(context, { ops: withdrawn, renumber })) {
      settled.set(op, one);
      // It arrived meanwhile.
      if (one.kind === 'accepted') withdrawn.delete(op);
    }
  // Read once more: who pushes notes so before it looks whether all of it is still here.
  const out = new Set([...exposed, ...(await exposedOps(context))]);
  return { settled: await asFarAsKnown(context, settled), withdrawn, sent, exposed: out };
}

/**
 * Takes back what the remote refused for good, and keeps it. Whoever finds it in the inbox could bring it in once the remote takes it,
 * so that the offer goes first, and the caller is told after that.
 *
 * @throws LedgerError `REMOTE_REFUSED` where it is the ledger itself, without which there is nothing
 */
export async function keepRefused(
  context: CallContext,
  group: readonly ReadCommit[],
  reason: string,
): Promise<Map<string, Settled>> {
  const { store, remote } = context;
  const ops = new Set(group.map(({ op, record }) => op ?? record.oid));
  const seen = await store.readRef(remote.seenRef);
  await takeBackOffer(context);
  // Someone was first, perhaps with these.
  if ((await store.readRef(remote.seenRef)) !== seen) return new Map();
  const exposed = await exposedOps(context);
  const unknown = [...ops].some((op) => exposed.has(op));
  const error = new LedgerError('REMOTE_REFUSED', `The remote ${remote.url} refused it: ${reason}.`, {
    hint: 'A rule of the remote forbids it; ask who keeps the repository.',
    details: { remote: remote.name, reason, ...(unknown ? { unknown } : {}) },
  });
  if (group.some(({ record }) => record.parents.length === 0)) throw error;
  const settled = await withdraw(context, { ops, renumber: new Set(), keepAs: error });
  for (const op of ops) settled.set(op, { kind: 'lost', op, error, kept: rejectedRef(op) });
  return settled;
}
