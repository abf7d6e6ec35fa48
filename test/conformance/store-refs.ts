import { expect, test } from 'vitest';
import { append, draft, REF } from './drafts.ts';
import type { StoreWorld } from './store.ts';

const OTHER = 'refs/work-ledger/presence/ada';

export function refLaws(world: () => StoreWorld): void {
  test('given no such ref, when it is read, then it is undefined', async () => {
    expect(await world().store.readRef(REF)).toBeUndefined();
  });

  test('given no ref, when it is made, then it is made once', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    expect(await store.moveRef(OTHER, undefined, tip)).toBe(true);
    expect(await store.moveRef(OTHER, undefined, tip)).toBe(false);
    expect(await store.readRef(OTHER)).toBe(tip);
  });

  test('given a ref, when it is moved from where it is, then it moves; from elsewhere, it does not', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('next', { a: '2' }));
    await store.moveRef(OTHER, undefined, root);
    expect(await store.moveRef(OTHER, tip, root)).toBe(false);
    expect(await store.readRef(OTHER)).toBe(root);
    expect(await store.moveRef(OTHER, root, tip)).toBe(true);
    expect(await store.readRef(OTHER)).toBe(tip);
    expect(await store.moveRef(OTHER, tip, root)).toBe(true);
    expect(await store.readRef(OTHER)).toBe(root);
  });

  test('given no ref, when it is moved from somewhere, then it is not made', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('next', { a: '2' }));
    expect(await store.moveRef(OTHER, root, tip)).toBe(false);
    expect(await store.readRef(OTHER)).toBeUndefined();
  });

  test('given a ref, when it is removed from where it is, then it is gone and can be made again', async () => {
    const { store } = world();
    const root = await append(store, draft('init', { a: '1' }));
    const tip = await append(store, draft('next', { a: '2' }));
    await store.moveRef(OTHER, undefined, root);
    expect(await store.moveRef(OTHER, tip, undefined)).toBe(false);
    expect(await store.readRef(OTHER)).toBe(root);
    expect(await store.moveRef(OTHER, root, undefined)).toBe(true);
    expect(await store.readRef(OTHER)).toBeUndefined();
    expect(await store.moveRef(OTHER, root, undefined)).toBe(false);
    expect(await store.moveRef(OTHER, undefined, tip)).toBe(true);
    expect(await store.readRef(OTHER)).toBe(tip);
  });

  test('given a ref moved by one store, when another reads it, then it sees the move', async () => {
    const { store, second } = world();
    const other = await second();
    const root = await append(store, draft('init', { a: '1' }));
    expect(await other.readRef(REF)).toBe(root);
    const tip = await append(other, draft('next', { a: '2' }));
    expect(await store.readRef(REF)).toBe(tip);
    await other.close();
  });

  test('given refs, when they are listed, then those whose names begin with the prefix come sorted by name', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    for (const ref of ['refs/work-ledger/presence/bob', OTHER, 'refs/work-ledger/pre']) {
      expect(await store.moveRef(ref, undefined, tip)).toBe(true);
    }
    const listed = async (prefix: string) => (await store.listRefs(prefix)).map(({ ref }) => ref);
    expect(await listed('refs/work-ledger/presence/')).toEqual([OTHER, 'refs/work-ledger/presence/bob']);
    expect(await listed('refs/work-ledger/')).toEqual([
      'refs/work-ledger/pre',
      OTHER,
      'refs/work-ledger/presence/bob',
    ]);
    expect(await listed('refs/nothing/')).toEqual([]);
    expect(await store.listRefs('refs/heads/')).toEqual([{ ref: REF, oid: tip }]);
  });

  test('given a ref whose folder lost its last ref, when one of that name is made, then it is made', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    await store.moveRef('refs/work-ledger/deep/er/one', undefined, tip);
    await store.moveRef('refs/work-ledger/deep/er/one', tip, undefined);
    expect(await store.moveRef('refs/work-ledger/deep', undefined, tip)).toBe(true);
    expect(await store.readRef('refs/work-ledger/deep')).toBe(tip);
  });
}
