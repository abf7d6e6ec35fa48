import { createHash } from 'node:crypto';
import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { beforeEach, describe, expect, test } from 'vitest';
import { missingObjects } from '../../src/git/model/history.ts';
import { installPack, ObjectDb } from '../../src/isomorphic/objects.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import { append, draft } from '../conformance/drafts.ts';

async function emptyRepository() {
  const { fs } = memfs();
  await git.init({ fs, gitdir: '/r.git', bare: true });
  return { fs, db: new ObjectDb(fs, '/r.git') };
}

const summed = (bytes: Buffer): Buffer => Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);

describe('installing a pack', () => {
  let pack: Buffer;
  let tip: string;
  beforeEach(async () => {
    const { fs } = await emptyRepository();
    const store = await IsomorphicStore.open({ fs, gitdir: '/r.git', shared: false });
    tip = await append(store, draft('one', { 'a/b': '1' }), draft('two', { 'a/c': '2' }));
    const oids = await missingObjects(store.objects, tip, undefined);
    const made = await git.packObjects({ fs, gitdir: '/r.git', oids });
    pack = Buffer.from(made.packfile ?? []);
  });

  test('given a whole pack, when it is installed, then its objects are there, and a small pack is no pack any more', async () => {
    const { fs, db } = await emptyRepository();
    await installPack(db, pack);
    expect((await db.read(tip))?.type).toBe('commit');
    expect((await missingObjects(db, tip, undefined)).length).toBe(8);
    expect(fs.readdirSync('/r.git/objects/pack')).toEqual([]);
  });

  test.each([
    ['is damaged', (whole: Buffer) => Buffer.from(whole.with(30, (whole[30] ?? 0) ^ 255))],
    ['ends early', (whole: Buffer) => whole.subarray(0, -30)],
    ['is no pack', () => Buffer.from('<html>Sign in to go on, please, and then come back</html>')],
    ['holds less than it says', (whole: Buffer) => summed(Buffer.from(whole.subarray(0, -20).with(11, 9)))],
  ])(
    'given a pack that %s, when it is installed, then it is refused and nothing is written',
    async (_, spoil) => {
      const { fs, db } = await emptyRepository();
      await expect(installPack(db, spoil(pack))).rejects.toThrow();
      expect(fs.readdirSync('/r.git/objects')).toEqual(
        (await emptyRepository()).fs.readdirSync('/r.git/objects'),
      );
    },
  );
});
