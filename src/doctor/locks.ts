import { removeDeadLocks, type StaleLock, staleLocks } from '../git/locks.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';

/** Locks on the refs of a ledger that stand in its clone's way. */
export async function findLocks(ledger: WorkLedger): Promise<StaleLock[]> {
  const { place, clock } = ledger.connection;
  return staleLocks(place, await refsOf(ledger), clock.now().getTime());
}

/**
 * Takes away the locks that a process of this program left which is dead. Any other stays, however old it is: whose it is
 * cannot be told, and a ref that two write at once can lose a commit.
 *
 * @returns their paths
 */
export async function unlock(ledger: WorkLedger): Promise<string[]> {
  const { local, place } = ledger.connection;
  return local === undefined ? [] : removeDeadLocks(place, await refsOf(ledger));
}

async function refsOf({ connection }: WorkLedger): Promise<string[]> {
  const { context } = await connection.write();
  return [connection.localRef, ...(context.remote === undefined ? [] : [context.remote.seenRef])];
}
