import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LedgerError } from '../../src/domain/errors.ts';
import { IsomorphicRemote } from '../../src/isomorphic/remote.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import type { Oid } from '../../src/store/port.ts';
import { GitHttpServer, type GitHttpServerOptions } from '../helpers/git-http-server.ts';
import { makeBareRepo, makeTempFolder, runGit } from '../helpers/temp-repo.ts';
import { append, draft, files, REF } from './drafts.ts';
import { remoteConformance } from './remote.ts';
import { inboxLaws } from './remote-inbox.ts';
import { setBackLaws } from './remote-set-back.ts';
import { sideRefsLaws } from './remote-side-refs.ts';

const SEEN = 'refs/work-ledger/seen/origin';

async function memoryStore(): Promise<IsomorphicStore> {
  const { fs } = memfs();
  await git.init({ fs, gitdir: '/clone.git', bare: true });
  return IsomorphicStore.open({ fs, gitdir: '/clone.git', shared: false });
}

const connect = (store: IsomorphicStore, url: string) =>
  new IsomorphicRemote({
    store,
    name: 'origin',
    url,
    branch: 'work-ledger',
    seenRef: SEEN,
    presence: 'refs/work-ledger/presence',
  });

async function world(options: GitHttpServerOptions = {}) {
  const folder = await makeTempFolder();
  const bare = await makeBareRepo(folder.path);
  const server = await GitHttpServer.start(folder.path, options);
  return {
    bare,
    server,
    url: server.url('repo.git'),
    clone: async () => {
      const store = await memoryStore();
      return { store, remote: connect(store, server.url('repo.git')) };
    },
    rewrite: async () => {
      const tree = await runGit(bare, ['mktree']);
      const foreign = await runGit(bare, ['commit-tree', '-m', 'foreign', tree]);
      await runGit(bare, ['update-ref', REF, foreign]);
    },
    setTip: async (tip: Oid | undefined) => {
      await runGit(bare, tip === undefined ? ['update-ref', '-d', REF] : ['update-ref', REF, tip]);
    },
    goAway: () => server.stop(),
    comeBack: () => server.restart(),
    cleanup: async () => {
      await server.stop();
      await folder.cleanup();
    },
  };
}

remoteConformance('isomorphic-git over http', world);
describe('remote port, set back: isomorphic-git over http', () => setBackLaws(world));
describe('remote port, inbox: isomorphic-git over http', () => inboxLaws(world));
describe('remote port, refs beside the branch: isomorphic-git over http', () => sideRefsLaws(world));

describe('isomorphic remote over http', () => {
  let it: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    it = await world({ user: 'ada', password: 'sécret/@:' });
  });
  afterEach(() => it.cleanup());

  const withUser = (user: string, password: string): string => {
    const url = new URL(it.url);
    url.username = user;
    url.password = password;
    return url.toString();
  };

  test('given user and password in the address, when it is used, then they are used and shown nowhere', async () => {
    const store = await memoryStore();
    const remote = connect(store, withUser('ada', 'sécret/@:'));
    expect(remote.url).toBe(it.url);
    const tip = await append(store, draft('init', { a: '1' }));
    expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip });
    await it.server.stop();
    const result = await remote.fetch();
    expect(result.kind).toBe('unreachable');
    expect(JSON.stringify([result, String(result.kind === 'unreachable' && result.cause.stack)])).not.toMatch(
      /cret/,
    );
  });

  test('given a callback for credentials, when the server asks, then it is asked once and its answer is kept', async () => {
    const store = await memoryStore();
    let asked = 0;
    const onAuth = () => {
      asked += 1;
      return { username: 'ada', password: 'sécret/@:' };
    };
    const remote = new IsomorphicRemote({
      store,
      name: 'origin',
      url: it.url,
      branch: 'work-ledger',
      seenRef: SEEN,
      onAuth,
    });
    expect(await remote.push(await append(store, draft('init', { a: '1' })))).toEqual({ kind: 'accepted' });
    expect((await remote.fetch()).kind).toBe('ok');
    expect(asked).toBe(1);
  });

  test.each([
    ['no credentials', () => it.url],
    ['wrong credentials', () => withUser('ada', 'wrong')],
  ])(
    'given %s, when they are asked for, then a push is denied and a fetch does not reach the remote',
    async (_, url) => {
      const store = await memoryStore();
      const remote = connect(store, url());
      const tip = await append(store, draft('init', { a: '1' }));
      const pushed = await remote.push(tip);
      expect(pushed.kind === 'denied' && pushed.reason).toMatch(/401/);
      expect((await remote.fetch()).kind).toBe('unreachable');
    },
  );

  test('given a hook that declines, when a clone pushes, then it is refused with what the hook said', async () => {
    const hook = '#!/bin/sh\necho "only on weekdays" >&2\nexit 1\n';
    await writeFile(join(it.bare, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
    const store = await memoryStore();
    const remote = connect(store, withUser('ada', 'sécret/@:'));
    const pushed = await remote.push(await append(store, draft('init', { a: '1' })));
    expect(pushed).toEqual({ kind: 'refused', reason: 'pre-receive hook declined: only on weekdays' });
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip: undefined });
  });

  test.each([
    ['before', undefined],
    ['after', 'applied'],
  ] as const)(
    'given a push that breaks off %s git took it, when it is fetched, then the truth shows',
    async (when, applied) => {
      const store = await memoryStore();
      const remote = connect(store, withUser('ada', 'sécret/@:'));
      const tip = await append(store, draft('init', { a: '1' }));
      it.server.breakOffNext('git-receive-pack', when);
      expect((await remote.push(tip)).kind).toBe('unknown');
      expect(await store.readRef(SEEN)).toBeUndefined();
      expect(await remote.fetch()).toEqual({ kind: 'ok', tip: applied === undefined ? undefined : tip });
      expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
    },
  );

  test('given a fetch that breaks off, when it is made again, then it is whole', async () => {
    const store = await memoryStore();
    const tip = await append(store, draft('init', { a: '1' }));
    await connect(store, withUser('ada', 'sécret/@:')).push(tip);
    const other = await memoryStore();
    const remote = connect(other, withUser('ada', 'sécret/@:'));
    it.server.breakOffNext('git-upload-pack', 'after');
    expect((await remote.fetch()).kind).toBe('unreachable');
    expect(await other.readRef(SEEN)).toBeUndefined();
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip });
    expect(await other.readRef('refs/remotes/origin/work-ledger')).toBe(tip);
  });

  test('given a clone on disk and a history of deltas, when it fetches, then git finds the repository sound', async () => {
    const folder = await makeTempFolder();
    const gitdir = await makeBareRepo(folder.path);
    const store = await memoryStore();
    const long = Array.from({ length: 400 }, (_, n) => `line ${n}\n`);
    const drafts = Array.from({ length: 50 }, (_, n) =>
      draft(`${n}`, { 'long.txt': long.with(n, 'changed\n').join('') }),
    );
    const tip = await append(store, ...drafts);
    await connect(store, withUser('ada', 'sécret/@:')).push(tip);
    await runGit(it.bare, ['repack', '-adq']);
    const disk = await IsomorphicStore.open({ fs, gitdir });
    expect(await connect(disk, withUser('ada', 'sécret/@:')).fetch()).toEqual({ kind: 'ok', tip });
    expect(await files(disk, tip)).toEqual(await files(store, tip));
    expect(await runGit(gitdir, ['fsck', '--strict', '--full'])).toBe('');
    await folder.cleanup();
  });

  test('given an address that is not http, when a remote is made, then it is refused without its secrets', async () => {
    const store = await memoryStore();
    expect(() => connect(store, 'ssh://ada:secret@host/x.git')).toThrow(LedgerError);
    expect(() => connect(store, 'ssh://ada:secret@host/x.git')).not.toThrow(/secret/);
  });
});
