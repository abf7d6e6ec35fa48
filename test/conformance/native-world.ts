import { rename } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { describe } from 'vitest';
import { NativeRemote } from '../../src/remote/native.ts';
import { NativeStore } from '../../src/store/native.ts';
import { GitHttpServer } from '../helpers/git-http-server.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder, runGit } from '../helpers/temp-repo.ts';
import { REF } from './drafts.ts';
import { remoteConformance } from './remote.ts';
import { inboxLaws } from './remote-inbox.ts';
import { setBackLaws } from './remote-set-back.ts';
import { sideRefsLaws } from './remote-side-refs.ts';

isolateThisProcess();

/** A bare repository that clones reach by `url`, and that can be moved out of their way. */
export async function nativeWorld(transport: 'file' | 'http', isMirrored = false) {
  const folder = await makeTempFolder();
  const bare = await makeBareRepo(folder.path);
  const server = transport === 'http' ? await GitHttpServer.start(folder.path) : undefined;
  const url = server?.url('repo.git') ?? pathToFileURL(bare).href;
  const shown = isMirrored ? await makeBareRepo(folder.path, 'shown.git') : undefined;
  let clones = 0;
  return {
    bare,
    mirror: async () => {
      await runGit(shown ?? bare, ['fetch', '--quiet', '--force', bare, '*:*']);
    },
    clone: async () => {
      clones += 1;
      const gitDir = await makeBareRepo(folder.path, `clone${clones}.git`);
      await runGit(gitDir, ['remote', 'add', 'origin', shown ?? url]);
      if (isMirrored) await runGit(gitDir, ['remote', 'set-url', '--push', 'origin', url]);
      const store = new NativeStore(gitDir);
      const seenRef = 'refs/work-ledger/seen/origin';
      const presence = 'refs/work-ledger/presence';
      const pushUrl = isMirrored ? url : undefined;
      const as = { name: 'origin', url, pushUrl, branch: 'work-ledger', seenRef, presence };
      const options = { gitDir, store, inbox: true, ...as };
      return { store, remote: new NativeRemote(options) };
    },
    rewrite: async () => {
      const tree = await runGit(bare, ['mktree']);
      const foreign = await runGit(bare, ['commit-tree', '-m', 'foreign', tree]);
      await runGit(bare, ['update-ref', REF, foreign]);
    },
    setTip: async (tip: string | undefined) => {
      await runGit(bare, tip === undefined ? ['update-ref', '-d', REF] : ['update-ref', REF, tip]);
    },
    goAway: () => server?.stop() ?? rename(bare, `${bare}.away`),
    comeBack: () => server?.restart() ?? rename(`${bare}.away`, bare),
    cleanup: async () => {
      await server?.stop();
      await folder.cleanup();
    },
  };
}

/** Every law of a remote on git's own transport. */
export function nativeLaws(transport: 'file' | 'http'): void {
  const make = () => nativeWorld(transport);
  remoteConformance(`native git over ${transport}`, make);
  describe(`remote port, set back: native git over ${transport}`, () => setBackLaws(make));
  describe(`remote port, inbox: native git over ${transport}`, () => inboxLaws(make));
  describe(`remote port, refs beside the branch: native git over ${transport}`, () => sideRefsLaws(make));
}
