import { derivedOp } from '../codec/op.ts';
import type { Command } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import { isProposal } from '../domain/pull-request.ts';
import { currentTip } from './connection.ts';
import type { LedgerQueries } from './queries.ts';

/**
 * What should have followed by itself from proposals that a host merged: it takes one commit, and nobody was there to make the
 * others. The names are those that the completion gives, so several clones that do this do it once.
 */
export async function followUps(ledger: LedgerQueries): Promise<Command[]> {
  const { connection } = ledger;
  const blocked = await ledger.getBlocked();
  if (blocked.every(({ block }) => block?.blocker_id === undefined)) return [];
  const due = await connection.projection.read(await currentTip(connection), (view) =>
    blocked.flatMap(({ id, block }) => {
      const blocker = block?.blocker_id;
      return blocker !== undefined && view.statusOf(blocker) === 'completed' ? [{ id, blocker }] : [];
    }),
  );
  const commands = await Promise.all(due.map(({ id, blocker }) => unblock(ledger, id, blocker)));
  return commands.filter((command) => command !== undefined);
}

async function unblock(ledger: LedgerQueries, id: WorkId, blocker: WorkId): Promise<Command | undefined> {
  const cause = (await ledger.history(blocker)).findLast(
    ({ from, to }) => to === 'completed' && from !== 'completed',
  );
  if (cause === undefined || cause.op === null || !isProposal(cause)) return undefined;
  const { actor, at, op } = cause;
  return { verb: 'unblock', id, actor, at, op: derivedOp(op, id), reason: `${blocker} is completed` };
}
