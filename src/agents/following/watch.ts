import { LedgerError } from '../../domain/errors.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { transitionsBetween } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { HistoryEntry } from '../../projection/history-entry.ts';
import type { LedgerStore, Oid } from '../../store/port.ts';
import { acceptedRef, Follower, type FollowOptions } from './follower.ts';

export interface WatchOptions extends FollowOptions {
  /** The last commit that was handled, or enough of its name. Default: where the ledger is now. */
  from?: string | undefined;
  /** Told once where watching begins; `undefined` before the first commit. */
  onStart?: ((from: Oid | undefined) => void) | undefined;
}

/**
 * Transitions as they arrive, oldest first, without an end of its own: it ends with the signal.
 *
 * Where the ledger is shared, those that the remote has accepted; a pending one is not told, since it may be lost. Each is told at
 * least once to a caller that goes on `from` the last commit it handled, however often it is stopped. Commits that are no
 * transition of an item are told too, without an id.
 *
 * @throws LedgerError `HISTORY_REWRITTEN`; `NOT_FOUND` where no commit is `from`; a remote that cannot be reached is asked again
 */
export async function* watchLedger(
  ledger: WorkLedger,
  options: WatchOptions = {},
): AsyncGenerator<HistoryEntry, void, undefined> {
  const follower = new Follower(ledger, await acceptedRef(ledger), options);
  try {
    const store = await connectionOf(ledger).store();
    const start =
      options.from === undefined ? await follower.tip() : await settle(store, follower, options.from);
    let at = start;
    options.onStart?.(at);
    for (;;) {
      const tip = await follower.moved(at);
      if (tip === undefined) return;
      // What `at` has not: also where it is no longer in the line, as a commit that was pending and made anew.
      for await (const entry of transitionsBetween(connectionOf(ledger), at, tip)) {
        if (options.signal?.aborted) return;
        yield entry;
      }
      at = tip;
    }
  } finally {
    await follower.end();
  }
}

/**
 * The commit that `from` names. What this clone does not know may be new on the remote, which is waited for then.
 *
 * @returns `undefined` where the signal was given before that is known
 * @throws LedgerError `NOT_FOUND` where it is no commit of the ledger
 */
async function settle(store: LedgerStore, follower: Follower, from: string): Promise<Oid | undefined> {
  const known = await find(store, follower, from);
  if (known !== undefined) return known;
  if (!(await follower.answered())) return undefined;
  const found = await find(store, follower, from);
  if (found !== undefined) return found;
  throw new LedgerError('NOT_FOUND', `The ledger has no commit ${JSON.stringify(from)}.`, {
    hint: '`wl log` lists the newest. Where it was there before, the history was replaced: ask who did it.',
    details: { from },
  });
}

async function find(store: LedgerStore, follower: Follower, from: string): Promise<Oid | undefined> {
  const tip = await follower.tip();
  if (tip === undefined || !/^[0-9a-f]{4,64}$/.test(from)) return undefined;
  try {
    for await (const { oid } of store.commits({ to: from, newest: 1, changes: false })) {
      return (await store.mergeBase(oid, tip)) === undefined ? undefined : oid;
    }
  } catch {
    // No such object here, or several, or none that is a commit: in each case it is nothing to go on from.
  }
  return undefined;
}
