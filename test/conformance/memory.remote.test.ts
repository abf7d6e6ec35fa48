import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { describe, expect, test } from 'vitest';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';
import { append, draft } from './drafts.ts';
import { remoteConformance } from './remote.ts';
import { inboxLaws } from './remote-inbox.ts';
import { mirrorLaws } from './remote-mirror.ts';
import { setBackLaws } from './remote-set-back.ts';
import { sideRefsLaws } from './remote-side-refs.ts';

async function memoryStore(): Promise<IsomorphicStore> {
  const { fs } = memfs();
  await git.init({ fs, gitdir: '/clone.git', bare: true });
  return IsomorphicStore.open({ fs, gitdir: '/clone.git', shared: false });
}

async function world() {
  const shared = new MemoryRemote();
  return {
    clone: async () => {
      const store = await memoryStore();
      return { store, remote: shared.connect(store) };
    },
    rewrite: async () => {
      const elsewhere = await memoryStore();
      await shared.replaceTip(await append(elsewhere, draft('foreign', { f: '1' })), elsewhere);
    },
    setTip: async (tip: string | undefined) => shared.setTip(tip),
    goAway: async () => shared.goAway(),
    comeBack: async () => shared.comeBack(),
    cleanup: async () => {},
    shared,
  };
}

remoteConformance('in memory', world);
describe('remote port, set back: in memory', () => setBackLaws(world));
describe('remote port, inbox: in memory', () => inboxLaws(world));
describe('remote port, read elsewhere: in memory', () =>
  mirrorLaws(async () => {
    const [it, shown] = [await world(), new MemoryRemote()];
    return {
      ...it,
      clone: async () => {
        const store = await memoryStore();
        return { store, remote: it.shared.connect(store, { reads: shown }) };
      },
      mirror: () => shown.follow(it.shared),
    };
  }));
describe('remote port, refs beside the branch: in memory', () => sideRefsLaws(world));

describe('memory remote, faults', () => {
  test('given a push that breaks off before it is applied, when it is made again, then it is accepted', async () => {
    const { shared, clone } = await world();
    const { store, remote } = await clone();
    const tip = await append(store, draft('init', { a: '1' }));
    shared.breakOffNextPush('before');
    expect((await remote.push(tip)).kind).toBe('unknown');
    expect(shared.tip).toBeUndefined();
    expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
  });

  test('given a push that breaks off after it was applied, when the clone fetches, then it finds its own commit', async () => {
    const { shared, clone } = await world();
    const { store, remote } = await clone();
    const tip = await append(store, draft('init', { a: '1' }));
    shared.breakOffNextPush('after');
    expect((await remote.push(tip)).kind).toBe('unknown');
    expect(await store.readRef(remote.seenRef)).toBeUndefined();
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip });
  });

  test('given a hook that refuses, when a clone pushes, then it learns the reason and nothing moves', async () => {
    const { shared, clone } = await world();
    const { store, remote } = await clone();
    const tip = await append(store, draft('init', { a: '1' }));
    shared.refusePushes('the branch is protected');
    expect(await remote.push(tip)).toEqual({ kind: 'refused', reason: 'the branch is protected' });
    expect(shared.tip).toBeUndefined();
    shared.refusePushes(undefined);
    expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
  });
});
