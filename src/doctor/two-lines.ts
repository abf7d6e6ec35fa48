import { LedgerError } from '../domain/errors.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { type ReadCommit, readCommits } from '../sync/read-commits.ts';

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
  const { context, store } = await ledger.connection.write();
  const { remote, localRef } = context;
  if (remote === undefined)
    throw new LedgerError('NO_REMOTE', 'This ledger has no remote whose history could be rewritten.');
  const { ask } = await import('../sync/look.ts');
  const fetched = await ask({ ...context, remote }, 'branch');
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
