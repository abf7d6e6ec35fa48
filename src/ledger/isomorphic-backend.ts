import nodeFs from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { IsomorphicRemote } from '../isomorphic/remote.ts';
import { findGitDir, readConfig } from '../isomorphic/repository.ts';
import { IsomorphicStore } from '../isomorphic/store.ts';
import { indexDirectory } from '../projection/index-database.ts';
import { adoptRenamed } from '../remote/clone-refs.ts';
import { MemoryCloneLock, SqliteCloneLock } from '../store/clone-lock.ts';
import { FileState, MemoryState, openState, placeOf } from '../store/local-state.ts';
import { REMOTE } from '../sync/state-keys.ts';
import type { Backend } from './backend.ts';
import { noticeOfRemote } from './connection.ts';
import { chooseSign } from './options.ts';

/** A repository without the git program: on disk, or on another file system such as one in memory. */
export async function openIsomorphicBackend(dir: string, given: unknown): Promise<Backend> {
  const onDisk = given === undefined || given === nodeFs;
  const fs = (onDisk ? nodeFs : given) as Parameters<typeof findGitDir>[0];
  const gitdir = await findGitDir(fs, dir);
  const store = await IsomorphicStore.open({ fs, gitdir, shared: onDisk });
  const config = await readConfig(fs, gitdir);
  if (chooseSign(config)) {
    throw new LedgerError(
      'UNSUPPORTED_REPOSITORY',
      'ledger.sign is set, and commits are signed by git alone.',
      { hint: 'Use the native backend here.' },
    );
  }
  const local = join(gitdir, 'work-ledger');
  if (onDisk) openState(local, config);
  const state = onDisk ? new FileState(local) : new MemoryState();
  return {
    config,
    place: gitdir,
    refs: store,
    lock: onDisk ? new SqliteCloneLock(local) : new MemoryCloneLock(),
    state,
    ...(onDisk && { standsAt: () => placeOf(gitdir) }),
    local: onDisk ? local : undefined,
    indexDir: onDisk ? indexDirectory(local) : undefined,
    store: async () => store,
    async connect(remote, notify) {
      const before = await adoptRenamed(store, remote, state.get(REMOTE), config.remotes.keys());
      if (before !== undefined) notify(noticeOfRemote(state, before, remote.name));
      return new IsomorphicRemote({ store, ...remote });
    },
    close: () => store.close(),
  };
}
