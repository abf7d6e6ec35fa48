import { join } from 'node:path';
import { openRefReader, openRepository } from '../git/repository.ts';
import { indexDirectory } from '../projection/index-database.ts';
import { SqliteCloneLock } from '../store/clone-lock.ts';
import { FileState, placeOf } from '../store/local-state.ts';
import type { LedgerStore } from '../store/port.ts';
import type { Backend } from './backend.ts';
import { chooseSign } from './settings.ts';

/** A repository on disk by git itself. @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `UNSUPPORTED_REPOSITORY` */
export async function openNativeBackend(dir: string): Promise<Backend> {
  const { gitDir, traits, ...config } = await openRepository(dir);
  const local = join(gitDir, 'work-ledger');
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
    async openRequestQueue(key) {
      const { FileRequestQueue } = await import('../store/request-queue.ts');
      return new FileRequestQueue(join(local, 'mail', key));
    },
    local,
    indexDir: indexDirectory(local),
    store,
    async signatures(query) {
      const { readSignatures } = await import('../git/signatures.ts');
      return readSignatures(gitDir, query);
    },
    async connect(remote) {
      const { NativeRemote } = await import('../remote/native.ts');
      // Nobody's transitions are to pass through another's hands, who would sign them.
      return new NativeRemote({ gitDir, store: await store(), inbox: !sign, ...remote });
    },
    async close() {
      refs.close();
      await (await opened)?.close();
    },
  };
}
