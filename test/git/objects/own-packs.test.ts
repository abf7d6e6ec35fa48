import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameObject } from '../../../src/git/model/object.ts';
import { OwnPacks } from '../../../src/git/objects/own-packs.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  runGit,
  type TempFolder,
} from '../../helpers/temp-repo.ts';

isolateThisProcess();

const blob = (text: string) => nameObject({ type: 'blob', bytes: Buffer.from(text) });

describe('packs of single transitions', () => {
  let folder: TempFolder;
  let gitDir: string;
  let packs: OwnPacks;
  beforeEach(async () => {
    folder = await makeTempFolder();
    gitDir = await makeBareRepo(folder.path);
    packs = new OwnPacks(gitDir);
  });
  afterEach(() => folder.cleanup());
  const git = (...args: string[]): Promise<string> => runGit(gitDir, args);
  const names = (): string[] =>
    readdirSync(join(gitDir, 'objects', 'pack'))
      .filter((file) => file.endsWith('.pack'))
      .map((file) => file.slice(0, -5));
  const count = async (): Promise<number> =>
    (await git('cat-file', '--batch-all-objects', '--batch-check')).split('\n').length;
  const writeMany = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 1) await packs.write([blob(`number ${n}`), blob('the same in each')]);
  };

  test.each([
    ['nothing', ''],
    ['one byte', 'x'],
    ['a size of one group', 'x'.repeat(15)],
    ['a size of two groups', 'x'.repeat(16)],
    ['a size of three groups', 'x'.repeat(2_048)],
    ['much', 'x'.repeat(300_000)],
  ])('given an object of %s, when it is packed, then git reads it', async (_, text) => {
    const object = blob(text);
    await packs.write([object]);
    expect(await git('cat-file', 'blob', object.oid)).toBe(text);
    await git('verify-pack', ...names().map((name) => join(gitDir, 'objects', 'pack', `${name}.idx`)));
  });

  test('given no folder for packs, when objects are written, then it is made', async () => {
    const bare = join(folder.path, 'empty.git');
    await new OwnPacks(bare).write([blob('x')]);
    expect(await readdir(join(bare, 'objects', 'pack'))).toHaveLength(2);
  });

  test('given many small packs, when they are folded, then few are left, each object once, and git finds nothing wrong', async () => {
    for (let n = 0; n < 40; n += 1) {
      await writeMany(n * 8, (n + 1) * 8);
      await packs.fold();
    }
    expect(names().length).toBeLessThan(40);
    expect(await count()).toBe(321);
    expect(await git('fsck', '--strict', '--full')).not.toMatch(/error|missing|corrupt/);
    for (const file of readdirSync(join(gitDir, 'objects', 'pack'))) expect(file).not.toMatch(/^tmp/);
  });

  test('given two processes that fold the same packs, when both are done, then nothing is missing', async () => {
    await writeMany(0, 60);
    const others = Array.from({ length: 4 }, () => new OwnPacks(gitDir));
    await Promise.all(others.map((one) => one.fold()));
    expect(await count()).toBe(61);
    await git('fsck', '--strict', '--full');
  });

  test.each(['keep', 'promisor', 'bitmap', 'mtimes'])(
    'given a pack that git has marked with .%s, when others are folded, then it stays',
    async (mark) => {
      await writeMany(0, 1);
      const [marked = ''] = names();
      await writeFile(join(gitDir, 'objects', 'pack', `${marked}.${mark}`), '');
      await writeMany(1, 40);
      await packs.fold();
      expect(names()).toContain(marked);
      expect(names()).toHaveLength(2);
    },
  );

  test.each(['gc.pid', 'objects/pack/multi-pack-index'])(
    'given %s, when packs would be folded, then they are left to git',
    async (file) => {
      await writeMany(0, 40);
      await writeFile(join(gitDir, file), '');
      await packs.fold();
      expect(names()).toHaveLength(40);
    },
  );

  test('given a pack that is damaged, when others are folded, then it stays as it is and spreads nowhere', async () => {
    await writeMany(0, 1);
    const [name = ''] = names();
    const path = join(gitDir, 'objects', 'pack', `${name}.pack`);
    const bytes = await readFile(path);
    bytes[14] = (bytes[14] ?? 0) ^ 0xff;
    await chmod(path, 0o644);
    await writeFile(path, bytes);
    await writeMany(1, 40);
    await packs.fold();
    expect(names()).toContain(name);
    expect(await readFile(path)).toEqual(bytes);
    expect(names()).toHaveLength(2);
  });

  /** Packs of so many objects each, by git: none leans on another, and none stands in two packs. */
  const packByGit = (many: number, objects: number): void => {
    for (let pack = 0; pack < many; pack += 1) {
      const blobs = Array.from({ length: objects }, (_, n) => `blob\ndata <<END\n${pack} ${n}\nEND\n`);
      const args = [
        '--git-dir',
        gitDir,
        '-c',
        'fastimport.unpackLimit=1',
        'fast-import',
        '--quiet',
        '--depth=0',
      ];
      execFileSync('git', args, { input: blobs.join('') });
    }
  };

  test.each([
    ['under 2,000', 1_999, 1],
    ['2,000', 2_000, 16],
  ])(
    'given 16 packs of git with %s objects, when they are looked at, then %i each make %i',
    async (_, size, left) => {
      packByGit(16, size);
      const before = names();
      expect(before).toHaveLength(16);
      await packs.fold();
      expect(names()).toHaveLength(left);
      if (left === before.length) expect(names()).toEqual(before);
      expect(await count()).toBe(16 * size);
      await git('fsck', '--strict', '--full');
    },
  );

  test('given a repository that borrows objects, when its packs are folded, then those of the other stay as they are', async () => {
    const borrower = join(folder.path, 'borrower.git');
    await writeMany(0, 40);
    const lent = names();
    execFileSync('git', ['clone', '--quiet', '--bare', '--shared', gitDir, borrower], { stdio: 'ignore' });
    const own = new OwnPacks(borrower);
    for (let n = 0; n < 40; n += 1) await own.write([blob(`of its own ${n}`)]);
    await own.fold();
    expect(names()).toEqual(lent);
    const left = readdirSync(join(borrower, 'objects', 'pack')).filter((file) => file.endsWith('.pack'));
    expect(left).toHaveLength(1);
    expect(await runGit(borrower, ['cat-file', 'blob', blob('number 7').oid])).toBe('number 7');
    await runGit(borrower, ['fsck', '--strict', '--full']);
  });

  test('given packs in which objects lean on others, when they are looked at, then git keeps them', async () => {
    for (let n = 0; n < 20; n += 1) {
      const text = (changed: number): string =>
        Array.from({ length: 99 }, (_, line) => `${n} ${line === changed ? 'x' : line}`).join('\n');
      const files = [1, 2].map((changed) => join(folder.path, `${changed}`));
      await Promise.all(files.map((file, at) => writeFile(file, text(at))));
      const oids = await git('hash-object', '-w', ...files);
      const target = join(gitDir, 'objects', 'pack', 'pack');
      execFileSync('git', ['--git-dir', gitDir, 'pack-objects', '-q', target], { input: `${oids}\n` });
    }
    const before = names();
    expect(before).toHaveLength(20);
    await packs.fold();
    expect(names()).toEqual(before);
  });
});
