import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import fs, { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type NamedObject, nameObject, ObjectCache } from '../../../src/git/model/object.ts';
import { encodeEntry, encodePack } from '../../../src/git/objects/own-packs.ts';
import { DiskObjects } from '../../../src/git/objects.ts';
import { ObjectDb } from '../../../src/isomorphic/objects.ts';
import { isolateThisProcess, makeBareRepo, makeTempFolder } from '../../helpers/temp-repo.ts';

isolateThisProcess();

const KIB = 1024;
const commit = (text: string): NamedObject => nameObject({ type: 'commit', bytes: Buffer.from(text) });

/** The memory that these views keep from being freed: a piece that several are cut from counts once. */
const pinned = (views: readonly Uint8Array[]): number =>
  [...new Set(views.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);

describe('a cache of objects', () => {
  /** Each after so many others that it is cut from a piece of its own. */
  const scattered = (count: number): NamedObject[] =>
    Array.from({ length: count }, (_, n) => {
      const object = commit(`commit ${n}`);
      for (let other = 0; other < 40; other += 1) Buffer.allocUnsafe(2 * KIB);
      return object;
    });

  test('given small objects that are each cut from a large piece, when they are kept, then no more is pinned than is counted', () => {
    const cache = new ObjectCache(256 * KIB);
    const objects = scattered(200);
    expect(pinned(objects.map(({ bytes }) => bytes))).toBeGreaterThan(2_000 * KIB);
    for (const object of objects) cache.add(object.oid, object);
    const kept = objects.map(({ oid }) => cache.get(oid)?.bytes).filter((bytes) => bytes !== undefined);
    expect(kept).toHaveLength(200);
    expect(pinned(kept)).toBeLessThanOrEqual(cache.bytes);
    expect(kept.map(String)).toEqual(objects.map(({ bytes }) => String(bytes)));
  });

  test('given more than it may hold, when it is full, then what was not asked for longest goes first', () => {
    const cache = new ObjectCache(10 * KIB);
    const large = (name: string) => ({
      type: 'tree' as const,
      bytes: new Uint8Array(4 * KIB).fill(name.charCodeAt(0)),
    });
    for (const name of ['a', 'b']) cache.add(name, large(name));
    cache.get('a');
    cache.add('c', large('c'));
    expect(['a', 'b', 'c'].map((name) => cache.get(name)?.bytes[0])).toEqual([97, undefined, 99]);
    expect(cache.bytes).toBeLessThanOrEqual(10 * KIB);
    cache.clear();
    expect(cache.bytes).toBe(0);
  });

  test('given any number of the smallest objects, when they are kept, then their names and places count as well', () => {
    const cache = new ObjectCache(64 * KIB);
    for (let n = 0; n < 1_000; n += 1) cache.add(`${n}`, { type: 'commit', bytes: new Uint8Array() });
    const kept = Array.from({ length: 1_000 }, (_, n) => cache.get(`${n}`)).filter(
      (one) => one !== undefined,
    );
    expect(kept.length).toBeLessThan(200);
  });
});

async function repositoryWithPacks(packs: readonly NamedObject[][]): Promise<string> {
  const { path, cleanup } = await makeTempFolder();
  onTestFinished(cleanup);
  const gitDir = await makeBareRepo(path);
  const folder = join(gitDir, 'objects', 'pack');
  await mkdir(folder, { recursive: true });
  for (const objects of packs) {
    const { name, pack, index } = encodePack(objects.map(encodeEntry));
    await writeFile(join(folder, `${name}.pack`), pack);
    await writeFile(join(folder, `${name}.idx`), index);
  }
  return gitDir;
}

test.runIf(process.platform === 'linux')(
  'given more packs than are kept open, when all objects are read, then each is found, and descriptors stay few',
  async () => {
    const objects = Array.from({ length: 260 }, (_, n) =>
      nameObject({ type: 'blob', bytes: Buffer.from(`${n}`) }),
    );
    const gitDir = await repositoryWithPacks(objects.map((object) => [object]));
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    const disk = new DiskObjects(gitDir);
    for (const { oid, bytes } of objects) expect((await disk.read(oid))?.bytes).toEqual(bytes);
    expect(open() - before).toBeLessThan(2 * 200 + 20);
    disk.close();
  },
);

test('given packs that a library keeps whole in memory, when more are read, then no more than a budget beside the largest stays', async () => {
  const some = (): NamedObject[] =>
    Array.from({ length: 10 }, () => commit(randomBytes(2 * KIB).toString('latin1')));
  const packs = Array.from({ length: 12 }, some);
  const gitDir = await repositoryWithPacks(packs);
  const db = new ObjectDb({ promises: fs }, gitDir, 16 * KIB);
  for (let n = 0; n < 10; n += 1) {
    for (const objects of packs) {
      const { oid = '', bytes } = objects[n] ?? {};
      expect((await db.read(oid))?.bytes).toEqual(bytes);
      // The budget, the largest, and what was read for this one: each index, and its pack.
      expect(db.packBytes).toBeLessThan(130 * KIB);
    }
  }
});
