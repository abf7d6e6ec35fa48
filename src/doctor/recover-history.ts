import { LedgerError } from '../domain/errors.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { markChecked } from '../sync/checked.ts';
import type { RemoteContext } from '../sync/ports.ts';
import { type Ending, fetchAndReconcile, pushPending } from '../sync/push-cycle.ts';
import { dropWrong, reconcile } from '../sync/reconcile.ts';
import type { Rewrite } from './two-lines.ts';

const KEPT = 'refs/work-ledger/before-rewrite/';

export interface RecoveredHistory {
  /** The shared tip now. */
  tip: Oid;
  /** Where this clone's line as it was is kept. */
  kept: string;
  /** Transitions that the remote has again. */
  recovered: number;
  /** Transitions that are not legal there; kept under `wl rejected`. */
  lost: { op: string; message: string }[];
}

/**
 * Takes the remote's branch as it is now for the truth, and brings onto it what this clone has and it lacks: as the same commits
 * where it was only set back, and otherwise decided again, one transition after the other. A person has to want this.
 *
 * @throws LedgerError `DIFFERENT_LEDGER` where the remote has another ledger; `CONTENDED` where it moved since `rewrite` was found;
 *   `REMOTE_UNREACHABLE` with the rest pending; `HISTORY_REWRITTEN` where it was rewritten once more
 */
export async function recoverHistory(ledger: WorkLedger, rewrite: Rewrite): Promise<RecoveredHistory> {
  const { context } = await ledger.connection.write();
  const { remote, store, localRef, lock } = context;
  if (remote === undefined) throw new LedgerError('NO_REMOTE', 'This ledger has no remote.');
  if (!rewrite.set_back && rewrite.base === undefined)
    throw new LedgerError('DIFFERENT_LEDGER', `${remote.url} has another ledger now; the two do not mix.`, {
      hint: 'Nothing was pushed or lost. Ask who keeps the remote to put the branch back.',
      details: { local: rewrite.seen, remote: rewrite.found },
    });
  const done = await lock.run('push', () => recover({ ...context, remote }, rewrite));
  const tip = await store.readRef(localRef);
  if (done === undefined || tip === undefined) throw moved();
  const endings = [...done.settled.values()];
  return {
    tip,
    kept: done.kept,
    recovered: endings.filter(({ kind }) => kind === 'accepted').length,
    lost: endings.flatMap((one) => (one.kind === 'lost' ? [{ op: one.op, message: one.error.message }] : [])),
  };
}

async function recover(
  context: RemoteContext,
  { seen, found }: Rewrite,
): Promise<{ kept: string; settled: Map<string, Ending> } | undefined> {
  const { store, remote, localRef } = context;
  // What is pending stands on what was seen, so that it is part of the line that is kept.
  await reconcile(context, seen);
  await dropWrong(context, seen);
  const local = await store.readRef(localRef);
  const kept = KEPT + seen;
  if (local === undefined || !(await store.moveRef(kept, await store.readRef(kept), local))) return undefined;
  // The rest was shared before, and is not held against anything again.
  markChecked(context, local);
  // The one place where `seen` does not move forward: who asked for this has looked at both lines.
  if (!(await store.moveRef(remote.seenRef, seen, found))) return undefined;
  const settled = new Map<string, Ending>(found === undefined ? [] : await reconcile(context, found));
  if (found !== undefined) for (const [op, end] of await fetchAndReconcile(context)) settled.set(op, end);
  for (const [op, end] of await pushPending(context)) settled.set(op, end);
  return { kept, settled };
}

const moved = (): LedgerError =>
  new LedgerError('CONTENDED', 'Another process moved the ledger meanwhile.', {
    hint: 'Look again: wl doctor',
  });
