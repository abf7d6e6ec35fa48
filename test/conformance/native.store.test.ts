import { NativeStore } from '../../src/store/native.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder } from '../helpers/temp-repo.ts';
import { storeConformance } from './store.ts';

isolateThisProcess();

storeConformance('native git', async () => {
  const folder = await makeTempFolder();
  const gitDir = await makeBareRepo(folder.path);
  const stores: NativeStore[] = [];
  const open = async (): Promise<NativeStore> => {
    const store = new NativeStore(gitDir);
    stores.push(store);
    return store;
  };
  return {
    store: await open(),
    second: open,
    cleanup: async () => {
      for (const store of stores) await store.close();
      await folder.cleanup();
    },
  };
});
