import { afterEach, beforeEach, expect, test } from 'vitest';
import { append, draft } from './drafts.ts';
import type { RemoteClone } from './remote.ts';

export interface MirrorWorld {
  /** A new clone, which is written in one place and read in another. */
  clone(): Promise<RemoteClone>;
  /** What is read catches up with what is written. */
  mirror(): Promise<void>;
  /** Replaces what is written by a foreign history. */
  rewrite(): Promise<void>;
  /** Sets what is written back; `undefined` removes it. */
  setTip(tip: string | undefined): Promise<void>;
  cleanup(): Promise<void>;
}

/** The laws of a branch that is read at another address than it is written. */
export function mirrorLaws(makeWorld: () => Promise<MirrorWorld>): void {
  let world: MirrorWorld;
  let ada: RemoteClone;
  beforeEach(async () => {
    world = await makeWorld();
    ada = await world.clone();
  });
  afterEach(async () => {
    await ada.store.close();
    await world.cleanup();
  });

  test('given a push that was taken, when the other address does not show it, then it is neither accepted nor seen, until it does', async () => {
    const { store, remote } = ada;
    const root = await append(store, draft('init', { a: '0' }));
    expect(await remote.push(root)).toEqual({ kind: 'unconfirmed' });
    expect(await store.readRef(remote.seenRef)).toBeUndefined();
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip: undefined });
    await world.mirror();
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip: root });
    const first = await append(store, draft('one', { a: '1' }));
    expect(await remote.push(first)).toEqual({ kind: 'unconfirmed' });
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip: root });
    // What was taken is what the next one builds on, and is taken once.
    const second = await append(store, draft('two', { a: '2' }));
    for (const tip of [second, second]) expect(await remote.push(tip)).toEqual({ kind: 'unconfirmed' });
    await world.mirror();
    expect(await remote.fetch()).toEqual({ kind: 'ok', tip: second });
  });

  test('given another clone that was first, when the other address does not show it, then a push is behind, and nothing is replaced', async () => {
    const root = await append(ada.store, draft('init', { a: '0' }));
    await ada.remote.push(root);
    await world.mirror();
    const bob = await world.clone();
    for (const { remote } of [ada, bob]) await remote.fetch();
    await ada.remote.push(await append(ada.store, draft('ada', { a: 'ada' })));
    await bob.store.moveRef('refs/heads/work-ledger', undefined, root);
    expect(await bob.remote.push(await append(bob.store, draft('bob', { a: 'bob' })))).toMatchObject({
      kind: 'behind',
    });
    expect(await bob.remote.written()).toBe('holds');
    await bob.store.close();
  });

  test('given an address for pushes that is older than what is read, has another history, or nothing, then that is told', async () => {
    const { store, remote } = ada;
    const root = await append(store, draft('init', { a: '0' }));
    await remote.push(await append(store, draft('one', { a: '1' })));
    await world.mirror();
    await remote.fetch();
    expect(await remote.written()).toBe('holds');
    await world.setTip(root);
    expect(await remote.written()).toBe('lacks');
    await world.rewrite();
    expect(await remote.written()).toBe('parted');
    await world.setTip(undefined);
    expect(await remote.written()).toBe('lacks');
  });

  test('given refs beside the branch, when one is swapped, then it is found where it was written; and there is no inbox', async () => {
    const { store, remote } = ada;
    const [one, two] = [
      await append(store, draft('1', { a: '1' })),
      await append(store, draft('2', { a: '2' })),
    ];
    expect(remote.inbox).toBeUndefined();
    for (const refs of [remote.reviews, remote.presence]) {
      expect(await refs?.publish('X', one, undefined)).toEqual({ kind: 'accepted' });
      expect(await refs?.list()).toEqual({ kind: 'ok', found: new Map([['X', one]]) });
      expect(await refs?.publish('X', two, undefined)).toMatchObject({ kind: 'behind' });
      expect(await refs?.publish('X', two, one)).toEqual({ kind: 'accepted' });
    }
  });
}
