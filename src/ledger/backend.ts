import { randomSuffix } from '../codec/op.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { LedgerStore } from '../store/port.ts';
import type { CloneLock, LocalState } from '../sync/ports.ts';
import type { RepositoryConfig } from './settings.ts';

/** What an adapter gives: `open.ts` chooses. */
export interface Backend {
  config: RepositoryConfig;
  place: string;
  store: LedgerStore;
  lock: CloneLock;
  state: LocalState;
  connect(remote: { name: string; url: string; branch: string; seenRef: string }): LedgerRemote;
}

/** This clone's name among others: drawn once. Losing it costs an abandoned inbox, no more. */
export function cloneName(state: LocalState): string {
  const known = state.get('clone');
  if (known !== undefined && /^[0-9a-z]{8}$/.test(known)) return known;
  const name = randomSuffix();
  state.set('clone', name);
  return name;
}
