import type { Connection } from '../../ledger/connection.ts';
import type { SideRefs } from '../../remote/port.ts';
import type { LedgerStore } from '../../store/port.ts';
import { localPresence } from './local.ts';

/** Where signs of life are found. */
export interface PresenceSource {
  where: 'remote' | 'local';
  refs: SideRefs;
  store: LedgerStore;
  /** Whether it may be asked: another machine is, and only where the ledger is in mode `push`. */
  reachable: boolean;
}

/** The remote's, where there is one, and the clone's own; none where the clone is set up to have none. */
export async function presenceSources({ presence, mode, write }: Connection): Promise<PresenceSource[]> {
  if (presence === undefined) return [];
  const { store, context } = await write();
  const refs = context.remote?.presence;
  const remote = { where: 'remote', store, reachable: mode === 'push' } as const;
  return [
    ...(refs === undefined ? [] : [{ ...remote, refs }]),
    { where: 'local', store, refs: localPresence(store), reachable: true },
  ];
}
