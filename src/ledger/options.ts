import type { LedgerError } from '../domain/errors.ts';
import { nodeCrypto } from '../node.ts';
import type { OnProgress } from '../projection/load.ts';
import type { LedgerRemote } from '../remote/port.ts';
import type { LedgerStore } from '../store/port.ts';
import type { Clock, LocalState, Machine } from '../sync/ports.ts';

/** `push`: a call returns when the remote has it. `local`: it returns when this clone has it; `sync` shares it. */
export type LedgerMode = 'push' | 'local';

/** Something that whoever runs the program should know, beside what a call returns. */
export interface LedgerNotice {
  /**
   * `CLONE_RENAMED`: what the clone claimed before is set aside. `CLONE_JOINED`: this call made it a clone of the ledger, under
   * the name of an actor. `NAMESAKE`: another clone acts under that name.
   */
  code: 'CLONE_RENAMED' | 'CLONE_JOINED' | 'NAMESAKE';
  message: string;
  hint: string | undefined;
}

export interface OpenOptions {
  /** Any directory of a repository. Default: `WL_DIR`, else the working directory. */
  dir?: string | undefined;
  /** Remote's name; `null` for none. Default: `ledger.remote`, `origin`, or the only one. */
  remote?: string | null | undefined;
  /** Who acts where a call names no one. Default: `WL_ACTOR`, `ledger.actor`, git's user. */
  actor?: string | undefined;
  /** `native` needs git on PATH; `isomorphic` runs without it. Default: `native`, or `isomorphic` where `fs` is given. */
  backend?: 'native' | 'isomorphic' | undefined;
  /** Another file system for the isomorphic backend, such as memfs. */
  fs?: unknown;
  /** Default: `ledger.mode`, else `push` where there is a remote. */
  mode?: LedgerMode | undefined;
  /** Branch of the ledger. Default: `ledger.branch`, else `work-ledger`. */
  branch?: string | undefined;
  /** Seconds that a push is tried against others before `CONTENDED`. Default 60. */
  patience_s?: number | undefined;
  /** Ends the opening as soon as it is aborted, with the signal's reason. It ends no later call: each takes its own. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  onNotice?: ((notice: LedgerNotice) => void) | undefined;
  /** Told how far a long reading is: of open items, of finished ones, of history. */
  onProgress?: OnProgress | undefined;
  /** Told of each commit on this clone's branch that was kept back instead of being shared: the program did not make it. */
  onKeptBack?: ((error: LedgerError) => void) | undefined;
  /** Makes the remote, instead of what the repository's configuration names: for transports of one's own. */
  connect?: ((clone: { store: LedgerStore; state: LocalState }) => LedgerRemote) | undefined;
}

export interface InitOptions extends OpenOptions {
  /** Two to eight capital letters. Default `WRK`. */
  prefix?: string | undefined;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
};

export const systemMachine: Machine = {
  clock: systemClock,
  draw: (count) => nodeCrypto().randomBytes(count),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
