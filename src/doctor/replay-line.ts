import { LedgerError } from '../domain/errors.ts';
import { commitNamed, findWorkTree, followBranch } from '../git/work-tree.ts';
import { currentTip } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { Oid } from '../store/port.ts';
import { type Replayed, replayOnOurs } from './replay-on-ours.ts';

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
 * @param dir where it was typed; a work tree of the ledger there follows
 * @throws LedgerError as `replayOnOurs`; `NOT_FOUND`; `DIFFERENT_LEDGER` where the line has another root; `INVALID_INPUT` while a merge
 * is under way
 */
export async function replayLine(ledger: WorkLedger, typed: string, dir: string): Promise<ReplayedLine> {
  const { localRef, place } = ledger.connection;
  const tree = await findWorkTree(dir);
  const follows = tree?.branch === localRef;
  if (follows && tree.merging !== undefined)
    throw new LedgerError('INVALID_INPUT', `A merge is under way in ${tree.top}.`, {
      hint: 'Without a commit, wl resolve --replay ends it that way.',
    });
  const ours = await currentTip(ledger.connection);
  const { after, to } = await readLine(place, typed);
  const store = await ledger.connection.store();
  if ((await store.mergeBase(ours, to)) === undefined)
    throw new LedgerError('DIFFERENT_LEDGER', `${typed} is of another ledger: they have no common root.`, {
      details: { local: ours, remote: to },
    });
  try {
    return { after: after ?? null, to, ...(await replayOnOurs(ledger, to, after)) };
  } finally {
    if (follows) await followBranch(tree.top, ours, await currentTip(ledger.connection));
  }
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
