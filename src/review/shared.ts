import { LedgerError } from '../domain/errors.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import { connectionOf, onlineHint } from '../ledger/connection.ts';
import { inTime } from '../ledger/in-time.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { IncomingStore } from '../store/incoming.ts';
import type { Oid } from '../store/port.ts';
import { inCall } from '../sync/call.ts';
import { unreachable } from '../sync/look.ts';
import type { CallContext } from '../sync/ports.ts';

/** What the remote has: the ledger's tip, and the proposals beside it, by item. */
export interface Shared {
  tip: Oid;
  branches: ReadonlyMap<WorkId, Oid>;
}

/** Asks the remote, by messages that share one time. @throws LedgerError `NO_REMOTE`; `INVALID_INPUT` where the remote may not be asked */
export async function askRemote<T>(
  ledger: WorkLedger,
  task: (context: CallContext) => Promise<T>,
): Promise<T> {
  const connection = connectionOf(ledger);
  const { context } = await connection.write();
  const { remote } = context;
  if (remote === undefined) {
    throw new LedgerError('NO_REMOTE', 'Review branches stand on a remote, and this clone has none.', {
      hint: 'Without one: wl review approve ID, or wl review reject ID --reason TEXT',
    });
  }
  if (ledger.clone.mode === 'push')
    return inTime(connection, (time) => task(inCall({ ...context, remote }, time)));
  throw new LedgerError(
    'INVALID_INPUT',
    'Review branches stand on the remote, so it has to be asked, and this call is local.',
    { hint: onlineHint(connection) },
  );
}

/**
 * Looks at the remote, branches first: the item of a branch that is found was put in review before, so the tip shows it.
 *
 * @throws LedgerError `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN`; `NO_LEDGER` where the remote has none yet
 */
export async function lookAtShared(ledger: WorkLedger, context: CallContext): Promise<Shared> {
  const { remote, time } = context;
  const listed = await remote.reviews.list();
  if (listed.kind === 'unreachable') throw unreachable(remote, listed.cause);
  await (await connectionOf(ledger).write()).sync.fetch(time);
  const tip = await context.store.readRef(remote.seenRef);
  if (tip === undefined)
    throw new LedgerError('NO_LEDGER', `${remote.url} has no ledger yet.`, {
      hint: 'Share it with: wl sync',
    });
  return { tip, branches: listed.found };
}

/**
 * Reads what is not trusted, by its size first.
 *
 * @throws LedgerError `NO_GIT` where this clone is in memory, out of git's sight
 */
export async function withUntrusted<T>(
  ledger: WorkLedger,
  task: (incoming: IncomingStore) => Promise<T>,
): Promise<T> {
  const connection = connectionOf(ledger);
  if (connection.local === undefined)
    throw new LedgerError('NO_GIT', 'Review branches are judged by git, and this clone is in memory.', {
      hint: 'Use a clone on disk, or approve and reject without looking at the branch.',
    });
  const incoming = new IncomingStore(connection.place);
  try {
    return await task(incoming);
  } finally {
    incoming.close();
  }
}

/** The branch of an item's proposal, without `refs/heads/`. */
export const branchOf = (id: WorkId): string => `review/${id}`;

/** The item whose proposal a branch holds; `undefined` where it is none's. */
export function itemOfBranch(branch: string): WorkId | undefined {
  const [, id = ''] = /^(?:refs\/heads\/)?review\/([^/]+)$/.exec(branch) ?? [];
  return isWorkId(id) ? id : undefined;
}
