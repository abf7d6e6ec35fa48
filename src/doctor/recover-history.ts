import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { connectionOf } from '../ledger/connection.ts';
import { inTime } from '../ledger/in-time.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { inCall } from '../sync/call.ts';
import { journalNow, markChecked } from '../sync/journal.ts';
import { alone } from '../sync/on-tip.ts';
import type { Ending } from '../sync/outcome.ts';
import { performExchange, TO_LOOK, TO_PUSH } from '../sync/perform-exchange.ts';
import type { CallContext } from '../sync/ports.ts';
import { type ReadCommit, readCommits } from '../sync/read-commits.ts';
import { dropWrong, reconcile } from '../sync/reconcile.ts';

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
  const { context } = await connectionOf(ledger).write();
  const { remote, store, localRef } = context;
  if (remote === undefined) throw new LedgerError('NO_REMOTE', 'This ledger has no remote.');
  if (!rewrite.set_back && rewrite.base === undefined)
    throw new LedgerError('DIFFERENT_LEDGER', `${remote.url} has another ledger now; the two do not mix.`, {
      hint: 'Nothing was pushed or lost. Ask who keeps the remote to put the branch back.',
      details: { local: rewrite.seen, remote: rewrite.found },
    });
  const connection = connectionOf(ledger);
  const done = await alone(context, () =>
    inTime(connection, (time) => recover(inCall({ ...context, remote }, time), rewrite)),
  );
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
  context: CallContext,
  { seen, found }: Rewrite,
): Promise<{ kept: string; settled: Map<string, Ending> } | undefined> {
  const { store, remote, localRef } = context;
  // What is pending stands on what was seen, so that it is part of the line that is kept; on what is in question, nothing ever stood here.
  await reconcile(context, seen).catch((error: unknown) => {
    if (!isLedgerError(error, 'IN_QUESTION')) throw error;
  });
  await dropWrong(context, seen);
  const local = await store.readRef(localRef);
  const kept = KEPT + seen;
  if (local === undefined || !(await store.moveRef(kept, await store.readRef(kept), local))) return undefined;
  // The rest was shared before, and is not held against anything again.
  await markChecked(context, local, await journalNow(context));
  // The one place where `seen` does not move forward: who asked for this has looked at both lines.
  if (!(await store.moveRef(remote.seenRef, seen, found))) return undefined;
  const settled = new Map<string, Ending>(found === undefined ? [] : await reconcile(context, found));
  const { time } = context;
  if (found !== undefined)
    for (const [op, end] of await performExchange(context, TO_LOOK, time)) settled.set(op, end);
  for (const [op, end] of await performExchange(context, TO_PUSH, time)) settled.set(op, end);
  return { kept, settled };
}

const moved = (): LedgerError =>
  new LedgerError('CONTENDED', 'Another process moved the ledger meanwhile.', {
    hint: 'Look again: wl doctor',
  });

/** A transition of a line of history, as people are told of it. */
export interface LineStep {
  commit: Oid;
  op: string | undefined;
  verb: string;
  id: string | undefined;
  actor: string;
  at: string;
}

/** The shared branch as this clone saw it and as the remote has it now, where the second no longer holds the first. */
export interface Rewrite {
  remote: string;
  /** The last tip that this clone saw. */
  seen: Oid;
  /** `undefined` where the branch is gone. */
  found: Oid | undefined;
  /** Where the two lines part; `undefined` where they have no common root. */
  base: Oid | undefined;
  /** The remote was set back: it has nothing that this clone did not see. */
  set_back: boolean;
  /** What this clone has and the remote no longer has, pending transitions included. Oldest first. */
  missing: LineStep[];
  /** What the remote has now instead. */
  instead: LineStep[];
}

/**
 * Asks the remote whether it still has what this clone saw.
 *
 * @returns `undefined` where it has
 * @throws LedgerError `NO_REMOTE`; as `ask`
 */
export async function findRewrite(ledger: WorkLedger): Promise<Rewrite | undefined> {
  const { context, store } = await connectionOf(ledger).write();
  const { remote, localRef } = context;
  if (remote === undefined)
    throw new LedgerError('NO_REMOTE', 'This ledger has no remote whose history could be rewritten.');
  const { ask } = await import('../sync/look.ts');
  const fetched = await inTime(connectionOf(ledger), (time) =>
    ask(inCall({ ...context, remote }, time), 'branch'),
  );
  if (fetched.kind === 'ok') return undefined;
  const { seen, found } = fetched;
  const base = found === undefined ? undefined : await store.mergeBase(seen, found);
  const local = (await store.readRef(localRef)) ?? seen;
  const [missing, instead] = await Promise.all([
    lineOf(store, found, local),
    found === undefined ? [] : lineOf(store, seen, found),
  ]);
  const ours = new Set(missing.map(({ op }) => op));
  const theirs = new Set(instead.map(({ op }) => op));
  return {
    remote: remote.name,
    seen,
    found,
    base,
    set_back: found === undefined || found === base,
    missing: missing.filter(({ op }) => op === undefined || !theirs.has(op)),
    instead: instead.filter(({ op }) => op === undefined || !ours.has(op)),
  };
}

async function lineOf(store: LedgerStore, from: Oid | undefined, to: Oid): Promise<LineStep[]> {
  return (await readCommits(store, from, to)).map(toStep);
}

const toStep = ({ record, op, event, command }: ReadCommit): LineStep => ({
  commit: record.oid,
  op,
  verb: event?.verb ?? command?.verb ?? (record.parents.length === 0 ? 'init' : 'by hand'),
  id: event?.id,
  actor: event?.actor ?? record.author.name,
  at: event?.at ?? new Date(record.author.at * 1000).toISOString(),
});
