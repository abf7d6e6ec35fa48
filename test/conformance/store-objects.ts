import { expect, test } from 'vitest';
import { append, draft } from './drafts.ts';
import type { StoreWorld } from './store.ts';

const NO_SUCH_OID = '0123456789012345678901234567890123456789';

export function objectLaws(world: () => StoreWorld): void {
  test('given a commit, when its tree is read, then every file is there as a plain file', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { 'b/c/d': '1', 'b/a': '2', a: '3', 'b.c': '4' }));
    const entries = await store.readTree(tip);
    expect(entries.map(({ path }) => path).sort()).toEqual(['a', 'b.c', 'b/a', 'b/c/d']);
    expect(new Set(entries.map(({ mode }) => mode))).toEqual(new Set(['100644']));
  });

  test('given two commits, when they are compared, then exactly the files that differ are named, with both sides', async () => {
    const { store } = world();
    const before = await append(
      store,
      draft('init', { 'x/same': 's', 'x/changed': '1', 'y/gone': 'g', z: 'z' }),
    );
    const after = await append(
      store,
      draft('change', { 'x/changed': '2', 'y/gone': undefined, 'w/new/one': 'n' }),
    );
    const oids = async (commit: string) =>
      new Map((await store.readTree(commit)).map(({ path, oid }) => [path, oid]));
    const [old, now] = [await oids(before), await oids(after)];
    const file = (oid: string | undefined) => ({ mode: '100644', oid });
    const changes = await store.diffTrees(before, after);
    expect(changes.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'w/new/one', before: undefined, after: file(now.get('w/new/one')) },
      { path: 'x/changed', before: file(old.get('x/changed')), after: file(now.get('x/changed')) },
      { path: 'y/gone', before: file(old.get('y/gone')), after: undefined },
    ]);
    expect(await store.diffTrees(after, after)).toEqual([]);
  });

  test('given commits that are not neighbours, when they are compared, then what came and went between does not show', async () => {
    const { store } = world();
    const before = await append(store, draft('init', { a: '1' }));
    await append(store, draft('come', { 'b/c': '1' }));
    const after = await append(store, draft('go', { 'b/c': undefined, d: '1' }));
    expect((await store.diffTrees(before, after)).map(({ path }) => path)).toEqual(['d']);
    expect((await store.diffTrees(after, before)).map(({ path }) => path)).toEqual(['d']);
  });

  test('given a file that becomes a folder, when the commits are compared, then both show', async () => {
    const { store } = world();
    const before = await append(store, draft('init', { a: '1' }));
    const after = await append(store, draft('change', { a: undefined, 'a/b': '1' }));
    const changes = await store.diffTrees(before, after);
    expect(changes.map(({ path }) => path).sort()).toEqual(['a', 'a/b']);
  });

  test('given many blobs, when they are read at once, then each is whole, and those over the limit show their size', async () => {
    const { store } = world();
    const size = (n: number): number => (n % 7 === 0 ? 70_000 + n : n);
    const names = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`f/${n}`, `${n % 10}`.repeat(size(n))]),
    );
    const tip = await append(store, draft('init', names));
    const oids = new Map((await store.readTree(tip)).map(({ path, oid }) => [path, oid]));
    const blobs = await store.readBlobs([...oids.values(), NO_SUCH_OID], 1_000);
    for (let n = 0; n < 60; n += 1) {
      const blob = blobs.get(oids.get(`f/${n}`) ?? '');
      const told = blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : blob?.size;
      expect(told).toBe(size(n) > 1_000 ? size(n) : names[`f/${n}`]);
    }
    expect(blobs.size).toBe(new Set(oids.values()).size);
  });

  test('given a commit under the name of a file, when it is read as one, then it is not there', async () => {
    const { store } = world();
    const tip = await append(store, draft('init', { a: '1' }));
    expect(await store.readBlobs([tip], 100_000)).toEqual(new Map());
    expect((await store.readBlobs([tip], 100_000, 'commit')).get(tip)).toMatchObject({ kind: 'bytes' });
  });

  test('given blobs, when they are read, then one over the limit shows its size and a missing one is not there', async () => {
    const { store } = world();
    const tip = await append(
      store,
      draft('init', { small: 'abc', exact: 'x'.repeat(100), large: 'y'.repeat(101), empty: '' }),
    );
    const oid = new Map((await store.readTree(tip)).map((entry) => [entry.path, entry.oid]));
    const named = (path: string): string => oid.get(path) ?? '';
    const blobs = await store.readBlobs([...oid.values(), NO_SUCH_OID, named('small')], 100);
    expect(blobs.size).toBe(4);
    expect(blobs.get(named('large'))).toEqual({ kind: 'too_large', size: 101 });
    const text = (path: string) => {
      const blob = blobs.get(named(path));
      return blob?.kind === 'bytes' ? Buffer.from(blob.bytes).toString() : blob;
    };
    expect([text('small'), text('exact'), text('empty')]).toEqual(['abc', 'x'.repeat(100), '']);
    expect(await store.readBlobs([], 100)).toEqual(new Map());
  });
}
