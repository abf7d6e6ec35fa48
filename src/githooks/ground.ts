import type { Ground } from '../audit/check-push.ts';
import { requestedAt } from '../audit/check-times.ts';
import { decodeLedgerMessage } from '../codec/ledger-message.ts';
import type { Projection } from '../projection/projection.ts';
import type { IncomingStore } from '../store/incoming.ts';
import type { Oid } from '../store/port.ts';

/** The ledger at `tip`, by the repository's index, which is caught up or made where it is not there. */
export async function groundAt(tip: Oid, projection: Projection, incoming: IncomingStore): Promise<Ground> {
  const record = await incoming.readCommit(tip);
  return {
    tip,
    requestedAt: requestedAt(record),
    async read(use) {
      await projection.knowDeletions(tip);
      return projection.read(tip, use);
    },
    commitsOf: (ops) => commitsOf(tip, ops, projection, incoming),
  };
}

/** The index knows the names of transitions; those of changes of settings, which are few, are in their commits. */
async function commitsOf(
  tip: Oid,
  ops: readonly string[],
  projection: Projection,
  incoming: IncomingStore,
): Promise<Map<string, Oid>> {
  const found = await projection.commitsOf(tip, ops);
  for (const commit of await projection.settingsCommits(tip)) {
    const op = decodeLedgerMessage((await incoming.readCommit(commit)).message)?.op;
    if (op !== undefined && ops.includes(op)) found.set(op, commit);
  }
  return found;
}
