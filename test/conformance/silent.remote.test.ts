import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { describe } from 'vitest';
import { IsomorphicRemote } from '../../src/isomorphic/remote.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { NativeRemote } from '../../src/remote/native.ts';
import { NativeStore } from '../../src/store/native.ts';
import { GitHttpServer } from '../helpers/git-http-server.ts';
import { SlowProxy } from '../helpers/slow-proxy.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder, runGit } from '../helpers/temp-repo.ts';
import type { RemoteClone } from './remote.ts';
import { silenceLaws } from './remote-silence.ts';

isolateThisProcess();

const AS = {
  name: 'origin',
  branch: 'work-ledger',
  seenRef: 'refs/work-ledger/seen/origin',
  presence: 'refs/work-ledger/presence',
};

async function world(connect: (url: string, gitDir: () => Promise<string>) => Promise<RemoteClone>) {
  const folder = await makeTempFolder();
  await makeBareRepo(folder.path);
  const server = await GitHttpServer.start(folder.path);
  const address = server.url('repo.git');
  const proxy = await SlowProxy.before(address);
  let clones = 0;
  const gitDir = (): Promise<string> => {
    clones += 1;
    return makeBareRepo(folder.path, `clone${clones}.git`);
  };
  return {
    proxy,
    clone: () => connect(proxy.url(address), gitDir),
    cleanup: async () => {
      await proxy.stop();
      await server.stop();
      await folder.cleanup();
    },
  };
}

async function connectNative(url: string, makeGitDir: () => Promise<string>): Promise<RemoteClone> {
  const gitDir = await makeGitDir();
  await runGit(gitDir, ['remote', 'add', 'origin', url]);
  const store = new NativeStore(gitDir);
  return { store, remote: new NativeRemote({ ...AS, gitDir, store, url, inbox: true }) };
}

async function connectIsomorphic(url: string): Promise<RemoteClone> {
  const { fs } = memfs();
  await git.init({ fs, gitdir: '/clone.git', bare: true });
  const store = await IsomorphicStore.open({ fs, gitdir: '/clone.git', shared: false });
  return { store, remote: new IsomorphicRemote({ ...AS, store, url }) };
}

describe('remote port, silence: native git over http', () => silenceLaws(() => world(connectNative)));
describe('remote port, silence: isomorphic-git over http', () => silenceLaws(() => world(connectIsomorphic)));
