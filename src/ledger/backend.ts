import type { SignatureReader } from '../audit/signatures.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { LedgerStore } from '../store/port.ts';
import type { Place } from '../sync/clone-name.ts';
import type { CloneLock, LocalState, RequestQueue } from '../sync/ports.ts';
import type { RepositoryConfig } from './settings.ts';

/** The shared branch that a clone is to reach. */
export interface RemoteSpec {
  name: string;
  url: string;
  /** Where pushes go, where that is another address. */
  pushUrl: string | undefined;
  branch: string;
  seenRef: string;
  /** Where presence goes there; `undefined` where there is to be none. */
  presence: string | undefined;
}

/** What an adapter gives: `open.ts` chooses. */
export interface Backend {
  config: RepositoryConfig;
  place: string;
  refs: Pick<LedgerStore, 'readRef'>;
  lock: CloneLock;
  state: LocalState;
  /** Where the clone is, by which a copy is told from it; `undefined` where it is in memory. */
  standsAt?(): Place;
  /** Where processes that agree on `key` leave each other work; `undefined` where there is only one. */
  openRequestQueue?(key: string): Promise<RequestQueue>;
  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  local: string | undefined;
  /** Where the index's file may stand; `undefined` keeps it in memory. */
  indexDir: string | undefined;
  /** Objects and refs: opened once, when first asked for. */
  store(): Promise<LedgerStore>;
  /** `undefined` where nothing here can check signatures. */
  signatures?: SignatureReader | undefined;
  connect(remote: RemoteSpec): Promise<LedgerRemote>;
  /** Ends helpers that are still running. */
  close(): Promise<void>;
}
