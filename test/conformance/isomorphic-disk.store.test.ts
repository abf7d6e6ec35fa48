import fs from 'node:fs';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { makeBareRepo, makeTempFolder } from '../helpers/temp-repo.ts';
import { storeConformance } from './store.ts';

storeConformance('isomorphic-git on disk', async () => {
  const folder = await makeTempFolder();
  const gitdir = await makeBareRepo(folder.path);
  const open = () => IsomorphicStore.open({ fs, gitdir });
  return { store: await open(), second: open, cleanup: folder.cleanup };
});
