import { LedgerError } from '../domain/errors.ts';
import type { MemoryView } from '../projection/memory-view.ts';
import type { Projection } from '../projection/projection.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { SyncContext } from '../sync/ports.ts';
import type { Synchronizer } from '../sync/synchronizer.ts';
import type { LedgerMode } from './options.ts';

/** One clone's ledger, put together: what `open.ts` makes and `WorkLedger` works with. */
export interface Connection {
  store: LedgerStore;
  projection: Projection;
  context: SyncContext;
  sync: Synchronizer;
  actor: string;
  mode: LedgerMode;
  branch: string;
  /** Where the repository is, for messages. */
  place: string;
}

/** @throws LedgerError `NO_LEDGER` */
export async function currentTip({ store, context, branch, place }: Connection): Promise<Oid> {
  const tip = await store.readRef(context.localRef);
  if (tip !== undefined) return tip;
  throw new LedgerError('NO_LEDGER', `There is no ledger on the branch ${branch} of ${place}.`, {
    hint: 'Make one with: wl init',
  });
}

/** The ledger as this clone has it now. */
export async function currentView(connection: Connection): Promise<MemoryView> {
  return connection.projection.at(await currentTip(connection));
}
