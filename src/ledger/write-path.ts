import { randomSuffix } from '../codec/op.ts';
import type { LedgerStore } from '../store/port.ts';
import type { SyncContext } from '../sync/ports.ts';
import { Synchronizer } from '../sync/synchronizer.ts';

/** What makes transitions, and brings them to the remote. */
export interface WritePath {
  store: LedgerStore;
  context: SyncContext;
  sync: Synchronizer;
}

export function makeWritePath(parts: Omit<SyncContext, 'randomSuffix'>): WritePath {
  const context: SyncContext = { ...parts, randomSuffix };
  return { store: context.store, context, sync: new Synchronizer(context) };
}
