import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { storeConformance } from './store.ts';

storeConformance('isomorphic-git in memory', async () => {
  const { fs } = memfs();
  const gitdir = '/ledger.git';
  await git.init({ fs, gitdir, bare: true });
  const open = () => IsomorphicStore.open({ fs, gitdir, shared: false });
  return { store: await open(), second: open, cleanup: async () => {} };
});
