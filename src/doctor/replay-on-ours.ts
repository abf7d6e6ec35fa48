import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
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
  const { context, store } = await ledger.connection.write();
  if (ledger.mode === 'push') await ledger.fetch();
  const settled = await context.lock.run('commit', async () => {
    const local = await currentTip(ledger.connection);
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
