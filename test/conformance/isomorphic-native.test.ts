import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import {
  isolatedEnv,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';
import { append, draft, files, history, messages, REF } from './drafts.ts';

const WRITER = new URL('./ref-writer.ts', import.meta.url).pathname;
const EACH = 6;

describe('isomorphic store beside native git', () => {
  let folder: TempFolder;
  let gitdir: string;
  let store: IsomorphicStore;
  beforeEach(async () => {
    folder = await makeTempFolder();
    gitdir = await makeBareRepo(folder.path);
    store = await IsomorphicStore.open({ fs, gitdir });
  });
  afterEach(async () => {
    await store.close();
    await folder.cleanup();
  });
  const native = (...args: string[]): Promise<string> => runGit(gitdir, args);

  test('given four processes, two of them native git, when all append to one ref, then nothing acknowledged is lost', async () => {
    await append(store, draft('init', { 'ledger.yaml': 's' }));
    const run = promisify(execFile);
    const writers = ['isomorphic', 'native', 'isomorphic', 'native'].map((kind, n) =>
      run(process.execPath, [WRITER, kind, gitdir, `${kind}-${n}`, `${EACH}`], { env: isolatedEnv() }),
    );
    const acknowledged = (await Promise.all(writers)).flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(new Set(acknowledged).size).toBe(4 * EACH);
    const to = (await store.readRef(REF)) ?? '';
    const found = (await history(store, { to })).map(({ oid }) => oid);
    expect(found).toHaveLength(4 * EACH + 1);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    expect((await native('rev-list', REF)).split('\n').toReversed()).toEqual(found);
    expect(await native('fsck', '--strict', '--full', '--no-dangling')).toBe('');
  });

  test('given a process that is killed while it commits, when its repository is read, then all that it acknowledged is there', async () => {
    await append(store, draft('init', { 'ledger.yaml': 's' }));
    const writer = spawn(process.execPath, [WRITER, 'isomorphic', gitdir, 'doomed', '1000'], {
      env: isolatedEnv(),
    });
    const closed = once(writer, 'close');
    let said = '';
    for await (const chunk of writer.stdout) {
      said += String(chunk);
      if (said.split('\n').length > 5) writer.kill('SIGKILL');
    }
    expect(await closed).toEqual([null, 'SIGKILL']);
    const acknowledged = said.split('\n').filter((line) => line.length === 40);
    const found = (await history(store, { to: (await store.readRef(REF)) ?? '' })).map(({ oid }) => oid);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    expect(await native('fsck', '--strict', '--full', '--no-dangling')).toBe('');
  });

  test('given many kinds of commits, when git checks the repository, then it is sound and git reads the same', async () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a/${n % 4}/${n}.yaml`, `${n}`]));
    await append(store, draft('wide', { ...wide, 'a.b': '1', 'a-b': '2', a0: '3' }));
    await append(
      store,
      draft('message ü\n\nWork-Item: X\n', { 'a/0/0.yaml': undefined, 'b/0.yaml': 'moved' }),
    );
    const tip = await append(
      store,
      draft('no line break', { 'a.b': undefined, 'a.b/c': 'now a folder' }),
      draft('empty'),
    );
    expect(await native('fsck', '--strict', '--full', '--no-dangling')).toBe('');
    expect((await native('ls-tree', '-r', '--name-only', tip)).split('\n')).toEqual(
      Object.keys(await files(store, tip)),
    );
    expect(await native('log', '-1', '--format=%an <%ae> %ad|%cn <%ce> %cd', '--date=raw', tip)).toBe(
      'ada <ada@example.invalid> 1767438000 +0000|machine <machine@example.invalid> 1767438000 +0000',
    );
    expect(await native('log', '-1', '--format=%(trailers:only)', `${tip}~2`)).toContain('Work-Item: X');
  });

  test('given writes, when the object folders are looked at, then every file is an object and is read-only', async () => {
    await append(store, draft('init', { 'x/a': '1', 'x/b': '2' }));
    const found = await readdir(join(gitdir, 'objects'), { recursive: true, withFileTypes: true });
    const names = found.filter((entry) => entry.isFile());
    expect(names.map(({ name }) => name)).toEqual(names.map(() => expect.stringMatching(/^[0-9a-f]{38}$/)));
    for (const { name, parentPath } of names)
      expect(fs.statSync(join(parentPath, name)).mode & 0o222).toBe(0);
  });

  test('given refs and objects that git packs, when they are read and moved, then nothing is missed', async () => {
    const old = await append(store, draft('init', { a: '1' }));
    await store.moveRef('refs/work-ledger/seen/origin', undefined, old);
    await native('gc', '--quiet', '--prune=now');
    expect(await store.readRef(REF)).toBe(old);
    const tip = await append(store, draft('next', { b: '2' }));
    expect(await files(store, tip)).toEqual({ a: '1', b: '2' });
    await native('gc', '--quiet', '--prune=now');
    expect(await messages(store, { to: tip })).toEqual(['init', 'next']);
    expect(await store.listRefs('refs/')).toEqual([
      { ref: REF, oid: tip },
      { ref: 'refs/work-ledger/seen/origin', oid: old },
    ]);
    expect(await store.moveRef(REF, tip, old)).toBe(true);
    expect(await native('rev-parse', REF)).toBe(old);
  });

  test('given a packed ref, when it is removed, then it is gone for git too, and others stay', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    await native('tag', '-a', '-m', 'a tag', 'v1', tip);
    await store.moveRef('refs/work-ledger/presence/ada', undefined, tip);
    await native('pack-refs', '--all');
    expect(await store.moveRef('refs/work-ledger/presence/ada', tip, undefined)).toBe(true);
    expect(await store.readRef('refs/work-ledger/presence/ada')).toBeUndefined();
    expect((await native('for-each-ref', '--format=%(refname)')).split('\n')).toEqual([REF, 'refs/tags/v1']);
    expect(await native('rev-parse', 'v1^{commit}')).toBe(tip);
  });

  test('given a ref whose name is another ref’s folder, when it is made, then it is refused, packed or not', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    for (const packed of [false, true]) {
      if (packed) await native('pack-refs', '--all');
      for (const ref of [`${REF}/below`, 'refs/heads']) {
        await expect(store.moveRef(ref, undefined, tip)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
    }
  });

  test('given a lock that a dead process left, when a commit waits for it, then it gives up and leaves the lock alone', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const impatient = await IsomorphicStore.open({ fs, gitdir, lockWaitMs: 20 });
    const lock = join(gitdir, `${REF}.lock`);
    await writeFile(lock, '');
    const request = { ref: REF, expected: tip, base: tip, drafts: [draft('next', { a: '2' })] };
    await expect(impatient.commit(request)).rejects.toMatchObject({ code: 'CONTENDED', retryable: true });
    expect(fs.existsSync(lock)).toBe(true);
    expect(await store.readRef(REF)).toBe(tip);
  });

  test('given a merge, when history is read, then it shows no changes and parents come before children', async () => {
    const root = await append(store, draft('init', { a: '1' }));
    await append(store, draft('left', { b: '1' }));
    await native('update-ref', 'refs/heads/side', root);
    const right = await native('commit-tree', '-m', 'right', '-p', root, `${root}^{tree}`);
    const merge = await native('commit-tree', '-m', 'merge', '-p', REF, '-p', right, `${REF}^{tree}`);
    const tip = await native('commit-tree', '-m', 'after', '-p', merge, `${root}^{tree}`);
    const records = await history(store, { to: tip });
    const order = records.map(({ oid }) => oid);
    for (const { oid, parents } of records) {
      for (const parent of parents) expect(order.indexOf(parent)).toBeLessThan(order.indexOf(oid));
    }
    expect(order.toSorted()).toEqual((await native('rev-list', tip)).split('\n').toSorted());
    expect(records.find(({ oid }) => oid === merge)).toMatchObject({
      changes: [],
      parents: [expect.any(String), right],
    });
    expect((await history(store, { to: tip, newest: 2 })).map(({ oid }) => oid)).toEqual([tip, merge]);
    expect((await messages(store, { to: tip, from: right })).toSorted()).toEqual(['after', 'left', 'merge']);
    expect(await messages(store, { to: tip, paths: ['b'] })).toEqual(['left', 'after']);
    expect(await store.mergeBase(tip, right)).toBe(right);
  });

  test('given entries that are no plain files, when the tree is read, then they are shown as they are and kept', async () => {
    const blob = await append(store, draft('init', { a: 'target' }));
    const oid = (await store.readTree(blob))[0]?.oid ?? '';
    const index = { GIT_INDEX_FILE: join(folder.path, 'index') };
    for (const entry of [
      `120000,${oid},link`,
      `100755,${oid},run`,
      `160000,${blob},module`,
      `100644,${oid},back\\slash`,
    ]) {
      await runGit(gitdir, ['update-index', '--add', '--cacheinfo', entry], index);
    }
    const tree = await runGit(gitdir, ['write-tree'], index);
    await native('update-ref', REF, await native('commit-tree', '-m', 'strange', '-p', blob, tree));
    const tip = await append(store, draft('next', { b: '1' }));
    const modes = Object.fromEntries((await store.readTree(tip)).map(({ path, mode }) => [path, mode]));
    expect(modes).toEqual({
      'back\\slash': '100644',
      b: '100644',
      link: '120000',
      module: '160000',
      run: '100755',
    });
  });

  test.each([
    ['a sha256 repository', ['init', '--quiet', '--bare', '--object-format=sha256', 'x.git'], 'sha256'],
    [
      'a partial clone',
      ['clone', '--quiet', '--bare', '--filter=blob:none', '--no-local', 'file:source', 'x.git'],
      'partial',
    ],
    ['a shallow clone', ['clone', '--quiet', '--bare', '--depth=1', 'file:source', 'x.git'], 'shallow'],
    [
      'a clone that borrows objects',
      ['clone', '--quiet', '--bare', '--shared', 'source', 'x.git'],
      'alternates',
    ],
    ['a repository with reftable', ['init', '--quiet', '--bare', 'x.git'], 'reftable'],
  ])('given %s, when it is opened, then it is refused by name', async (_, args, word) => {
    const source = await makeWorkRepo(folder.path, 'source');
    for (const message of ['one', 'two'])
      await runGit(source, ['commit', '--quiet', '--allow-empty', '-m', message]);
    await runGit(source, ['config', 'uploadpack.allowFilter', 'true']);
    await runGit(
      folder.path,
      args.map((arg) => arg.replace('file:source', `file://${source}`)),
    );
    const made = join(folder.path, 'x.git');
    // This git may be too old to make one; the setting is what is looked at.
    if (word === 'reftable') await runGit(made, ['config', 'extensions.refstorage', 'reftable']);
    const opened = IsomorphicStore.open({ fs, gitdir: made });
    await expect(opened).rejects.toMatchObject({
      code: 'UNSUPPORTED_REPOSITORY',
      message: expect.stringContaining(word),
    });
  });

  test('given a folder that is no git directory, when it is opened, then it is refused', async () => {
    const opened = IsomorphicStore.open({ fs, gitdir: join(folder.path, 'nothing') });
    await expect(opened).rejects.toMatchObject({ code: 'NO_REPOSITORY' });
  });
});
