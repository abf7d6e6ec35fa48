import { join, resolve } from 'node:path';
import type { SignatureReader } from '../audit/signatures.ts';
import { openRefReader, openRepository } from '../git/repository.ts';
import { indexDirectory } from '../projection/index-database.ts';
import type { LedgerRemote } from '../remote/port.ts';
import { SqliteCloneLock } from '../store/clone-lock.ts';
import { FileState, openState, placeOf } from '../store/local-state.ts';
import type { LedgerStore } from '../store/port.ts';
import type { Place } from '../sync/clone-name.ts';
import type { CloneLock, LocalState, Machine, RequestQueue } from '../sync/ports.ts';
import { REMOTE } from '../sync/state-keys.ts';
import { noticeOfRemote } from './connection.ts';
import { chooseSign, type LedgerNotice, type OpenOptions, type RepositoryConfig } from './options.ts';

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
  /** Time and chance; this machine's own where there is none. */
  machine?: Machine | undefined;
  place: string;
  refs: Pick<LedgerStore, 'readRef'>;
  lock: CloneLock;
  state: LocalState;
  /** Where the clone is, by which a copy is told from it; `undefined` where it is in memory. */
  standsAt?(): Place;
  /** Where processes that have `agreed` alike leave each other work; `undefined` where there is only one. */
  openRequestQueue?(agreed: unknown): Promise<RequestQueue>;
  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  local: string | undefined;
  /** Where the index's file may stand; `undefined` keeps it in memory. */
  indexDir: string | undefined;
  /** Objects and refs: opened once, when first asked for. */
  store(): Promise<LedgerStore>;
  /** `undefined` where nothing here can check signatures. */
  signatures?: SignatureReader | undefined;
  /** @param notify told where this clone knew the remote under another name */
  connect(remote: RemoteSpec, notify: (notice: LedgerNotice) => void): Promise<LedgerRemote>;
  /** Ends helpers that are still running. */
  close(): Promise<void>;
}

/**
 * The clone that `dir` is in, by the backend that is asked for: `native` needs git, `isomorphic` runs without it, on the disk or
 * on another file system. What only one of them needs is loaded when it is chosen.
 *
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `UNSUPPORTED_REPOSITORY`
 */
export async function openBackend({
  dir,
  backend,
  fs,
}: Pick<OpenOptions, 'dir' | 'backend' | 'fs'>): Promise<Backend> {
  const at = resolve(dir ?? process.env.WL_DIR ?? '.');
  const kind = backend ?? (fs === undefined ? 'native' : 'isomorphic');
  if (kind === 'native') return openNativeBackend(at);
  const { openIsomorphicBackend } = await import('./isomorphic-backend.ts');
  return openIsomorphicBackend(at, fs);
}

/** A repository on disk, beside git. */
export async function openNativeBackend(dir: string): Promise<Backend> {
  const { gitDir, traits, ...config } = await openRepository(dir);
  const local = join(gitDir, 'work-ledger');
  openState(local, traits);
  const state = new FileState(local);
  const refs = await openRefReader(gitDir, traits);
  const sign = chooseSign(config);
  let opened: Promise<LedgerStore> | undefined;
  const store = (): Promise<LedgerStore> => {
    opened ??= import('../store/native.ts').then(
      ({ NativeStore }) => new NativeStore(gitDir, { traits, identity: config.identity, sign }),
    );
    return opened;
  };
  return {
    config,
    place: gitDir,
    refs,
    lock: new SqliteCloneLock(local),
    state,
    standsAt: () => placeOf(gitDir),
    async openRequestQueue(agreed) {
      const { FileRequestQueue } = await import('../store/request-queue.ts');
      return new FileRequestQueue(join(local, 'mail', await requestQueueKeyOf(agreed)));
    },
    local,
    indexDir: indexDirectory(local),
    store,
    async signatures(query) {
      const { readSignatures } = await import('../git/signatures.ts');
      return readSignatures(gitDir, query);
    },
    async connect(remote, notify) {
      const { NativeRemote } = await import('../remote/native.ts');
      if ((await refs.readRef(remote.seenRef)) === undefined) {
        const { adoptRenamed } = await import('../remote/clone-refs.ts');
        const names = config.remotes.keys();
        const before = await adoptRenamed(await store(), remote, state.get(REMOTE), names);
        if (before !== undefined) notify(noticeOfRemote(state, before, remote.name));
      }
      // Nobody's transitions are to pass through another's hands, who would sign them.
      return new NativeRemote({ gitDir, store: await store(), inbox: !sign, ...remote });
    },
    async close() {
      refs.close();
      await (await opened)?.close();
    },
  };
}

/** Raised where a request means another thing than before: processes of two versions then work side by side. */
const REQUEST_FORMAT = 3;

/** One name for all processes whose work can be done by any of them. */
async function requestQueueKeyOf(agreed: unknown): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256')
    .update(JSON.stringify([REQUEST_FORMAT, agreed]))
    .digest('hex')
    .slice(0, 16);
}
