import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameObject } from '../../src/git/model/object.ts';
import { DiskObjects, Packs } from '../../src/git/objects.ts';
import { NativeStore } from '../../src/store/native.ts';
import { append, draft } from '../conformance/drafts.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

const WHOLE = Number.POSITIVE_INFINITY;
const text = (n: number): string =>
  Array.from({ length: 200 }, (_, line) => `line ${line} ${line === n ? 'changed' : 'as it was'}`).join('\n');

describe('packs', () => {
  let folder: TempFolder;
  let gitDir: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
    gitDir = await makeBareRepo(folder.path);
  });
  afterEach(() => folder.cleanup());
  const git = (...args: string[]): Promise<string> => runGit(gitDir, args);

  async function makeHistory(): Promise<string> {
    const store = new NativeStore(gitDir);
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`wide/${n}.yaml`, `${n}`]));
    let tip = await append(store, draft('init', { ...wide, empty: '', long: text(0) }));
    for (let n = 1; n < 12; n += 1) {
      tip = await append(store, draft(`number ${n}`, { long: text(n), [`wide/${n}.yaml`]: text(n) }));
    }
    await store.close();
    return tip;
  }

  async function allObjects(): Promise<{ oid: string; type: string; size: number }[]> {
    const listed = await git('cat-file', '--batch-all-objects', '--batch-check');
    return listed.split('\n').map((line) => {
      const [oid = '', type = '', size = ''] = line.split(' ');
      return { oid, type, size: Number(size) };
    });
  }

  test.each([
    ['deltas by place', ['-c', 'repack.useDeltaBaseOffset=true']],
    ['deltas by name', ['-c', 'repack.useDeltaBaseOffset=false']],
    ['long chains', ['-c', 'pack.depth=4000', '-c', 'pack.window=50']],
  ])('given a pack with %s, when each object is read, then it is what its name says', async (_, settings) => {
    await makeHistory();
    await git(...settings, 'repack', '-q', '-a', '-d', '-f');
    await everyObjectIsRead();
  });

  test('given a pack so large that its index needs long offsets, when each object is read, then it is what its name says', async () => {
    await makeHistory();
    await git('repack', '-q', '-a', '-d');
    const [pack = ''] = (await readdir(join(gitDir, 'objects', 'pack'))).filter((name) =>
      name.endsWith('.pack'),
    );
    const path = join(gitDir, 'objects', 'pack', pack);
    await rm(path.replace('.pack', '.idx'), { force: true });
    await git('index-pack', '--index-version=2,0x40', path);
    await everyObjectIsRead();
  });

  async function everyObjectIsRead(): Promise<void> {
    const packs = new Packs(gitDir);
    for (const { oid, type, size } of await allObjects()) {
      const object = packs.read(oid, WHOLE);
      if (object === undefined || 'size' in object) throw new Error(`${oid} was not read`);
      expect([object.type, nameObject(object).oid]).toEqual([type, oid]);
      if (size > 0) expect(packs.read(oid, size - 1)).toEqual({ size });
    }
    expect(packs.read('0123456789012345678901234567890123456789', WHOLE)).toBeUndefined();
    packs.close();
  }

  test.each([
    ['an index of the first version', ['-c', 'pack.indexVersion=1', 'repack', '-q', '-a', '-d']],
    ['an index of many packs', ['repack', '-q', '-a', '-d', '--write-midx']],
  ])('given %s, when objects are read, then nothing is missed', async (_, args) => {
    const tip = await makeHistory();
    await git(...args);
    await everythingIsThere(tip);
  });

  test('given objects that are borrowed from another repository, when they are read, then nothing is missed', async () => {
    const tip = await makeHistory();
    const borrower = join(folder.path, 'borrower.git');
    await git('clone', '--quiet', '--bare', '--shared', gitDir, borrower);
    gitDir = borrower;
    await everythingIsThere(tip);
  });

  async function everythingIsThere(tip: string): Promise<void> {
    const store = new NativeStore(gitDir);
    const listed = await store.readTree(tip);
    expect(listed).toHaveLength(302);
    const oids = listed.map(({ oid }) => oid);
    expect((await store.readBlobs(oids, WHOLE)).size).toBe(new Set(oids).size);
    expect((await store.readBlobs(oids.slice(0, 5), WHOLE)).size).toBe(5);
    await store.close();
  }

  test('given packs that others make anew and take away, when objects are read on, then nothing is missed', async () => {
    const tip = await makeHistory();
    const objects = new DiskObjects(gitDir);
    expect(await objects.readAtMost(tip, WHOLE)).toMatchObject({ type: 'commit' });
    for (const depth of [1, 10, 3]) {
      await git('repack', '-q', '-a', '-d', '-f', `--depth=${depth}`);
      for (const { oid, type } of await allObjects()) {
        expect(await objects.readAtMost(oid, WHOLE)).toMatchObject({ type });
      }
    }
    objects.close();
  });

  test('given a pack beside the index of another, when it is looked at, then it is not read', async () => {
    const tip = await makeHistory();
    await git('repack', '-q', '-a', '-d');
    const packFolder = join(gitDir, 'objects', 'pack');
    const [own = ''] = (await readdir(packFolder)).filter((name) => name.endsWith('.idx'));
    const other = await makeBareRepo(folder.path, 'other.git');
    const store = new NativeStore(other);
    await append(store, draft('other', { a: '1' }));
    await store.close();
    await runGit(other, ['repack', '-q', '-a', '-d']);
    const otherFolder = join(other, 'objects', 'pack');
    const [foreign = ''] = (await readdir(otherFolder)).filter((name) => name.endsWith('.pack'));
    await rm(join(packFolder, own.replace('.idx', '.pack')), { force: true });
    await rename(join(otherFolder, foreign), join(packFolder, own.replace('.idx', '.pack')));
    const packs = new Packs(gitDir);
    expect(packs.read(tip, WHOLE)).toBeUndefined();
    packs.close();
  });
});
