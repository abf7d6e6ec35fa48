import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { commitNamed, findWorkTree } from '../git/work-tree.ts';
import { connectionOf, currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { inOrder } from '../sync/local.ts';
import { readCommits } from '../sync/read-commits.ts';
import { rebuild } from '../sync/reconcile.ts';

/** What making one line of two came to. */
export interface Replayed {
  /** Transitions of theirs that stand on ours now, in their order. */
  applied: { op: string; id: WorkId | undefined; verb: string }[];
  /** Transitions that are no longer legal there; kept under `wl rejected`. */
  lost: { op: string; message: string }[];
}

/**
 * Decides again on top of ours what theirs has and ours has not, one transition after the other; those that ours has by name are left
 * out. With a remote, ours is brought onto the shared tip first.
 *
 * @param after leaves out what this commit has, too
 *
 * @throws LedgerError as `fetch`; `CONTENDED` where another process moved the ledger meanwhile
 */
export async function replayOnOurs(ledger: WorkLedger, theirs: Oid, after?: Oid): Promise<Replayed> {
  const { context, store } = await connectionOf(ledger).write();
  if (ledger.clone.mode === 'push') await ledger.clone.fetch();
  const settled = await inOrder(context, async () => {
    const local = await currentTip(connectionOf(ledger));
    const base = await store.mergeBase(local, theirs);
    const meant = after === undefined ? undefined : await namesIn(store, after, theirs);
    // A merge that theirs has made earlier is no transition; what it brought together is.
    const coming = (await readCommits(store, local, theirs)).filter(
      ({ record }) => record.parents.length < 2 && (meant?.has(record.oid) ?? true),
    );
    const here = await readCommits(store, base, local, new Set(coming.flatMap(({ op }) => op ?? [])));
    const known = new Map(here.flatMap((commit) => (commit.op === undefined ? [] : [[commit.op, commit]])));
    const done = await rebuild(context, { expected: local, base: local, pending: coming, known });
    return done && { done, coming, known };
  });
  if (settled === undefined)
    throw new LedgerError('CONTENDED', 'Another process moved the ledger meanwhile.', {
      hint: 'Begin again, or: wl sync',
    });
  const { done, coming, known } = settled;
  return {
    applied: coming.flatMap(({ op, event, command }) =>
      op === undefined || done.has(op) || known.has(op)
        ? []
        : [{ op, id: event?.id, verb: command?.verb ?? 'init' }],
    ),
    lost: [...done.values()].flatMap((one) =>
      one.kind === 'lost' ? [{ op: one.op, message: one.error.message }] : [],
    ),
  };
}

async function namesIn(store: LedgerStore, from: Oid, to: Oid): Promise<Set<Oid>> {
  const found = new Set<Oid>();
  for await (const { oid } of store.commits({ from, to, changes: false })) found.add(oid);
  return found;
}

/** A line that was replayed: what `to` has, and neither the ledger nor `after` where it is given. */
export interface ReplayedLine extends Replayed {
  after: Oid | null;
  to: Oid;
}

/**
 * Decides again on top of the ledger, one transition after the other, what another line of it has. Transitions that are there already, by
 * their names, are left out, so doing it twice changes nothing.
 *
 * @param typed a commit or a branch, for all that the ledger has not; `A..B` for what B has and A has not
 * @param dir where it was typed
 * @throws LedgerError as `replayOnOurs`; `NOT_FOUND`; `DIFFERENT_LEDGER` where the line has another root; `INVALID_INPUT` while a merge
 * is under way
 */
export async function replayLine(ledger: WorkLedger, typed: string, dir: string): Promise<ReplayedLine> {
  const { localRef, place } = connectionOf(ledger);
  const tree = await findWorkTree(dir);
  if (tree?.branch === localRef && tree.merging !== undefined)
    throw new LedgerError('INVALID_INPUT', `A merge is under way in ${tree.top}.`, {
      hint: 'Without a commit, wl resolve --replay ends it that way.',
    });
  const ours = await currentTip(connectionOf(ledger));
  const { after, to } = await readLine(place, typed);
  const store = await connectionOf(ledger).store();
  if ((await store.mergeBase(ours, to)) === undefined)
    throw new LedgerError('DIFFERENT_LEDGER', `${typed} is of another ledger: they have no common root.`, {
      details: { local: ours, remote: to },
    });
  return { after: after ?? null, to, ...(await replayOnOurs(ledger, to, after)) };
}

async function readLine(place: string, typed: string): Promise<{ after?: Oid; to: Oid }> {
  const [first = '', second, ...more] = typed.split('..');
  if (more.length > 0 || first === '' || second === '')
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} is neither a commit nor a range A..B.`);
  if (second === undefined) return { to: await named(place, first) };
  return { after: await named(place, first), to: await named(place, second) };
}

async function named(place: string, typed: string): Promise<Oid> {
  const found = await commitNamed(place, typed);
  if (found !== undefined) return found;
  throw new LedgerError('NOT_FOUND', `There is no commit and no branch ${JSON.stringify(typed)} here.`);
}
