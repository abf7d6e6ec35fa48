import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LockOwners } from '../../src/git/locks.ts';
import { openRepository } from '../../src/git/repository.ts';
import { NativeStore } from '../../src/store/native.ts';
import { DISK_MOMENTS, deadlyDisk } from '../helpers/deadly-disk.ts';
import { leaveLock } from '../helpers/stale-lock.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';
import { append, appendAgainstOthers, draft, files, history, messages, REF } from './drafts.ts';

isolateThisProcess();

const WRITER = new URL('./ref-writer.ts', import.meta.url).pathname;
const READER = new URL('../../src/git/repository.ts', import.meta.url).href;
const EACH = 8;
const OTHER = 'refs/work-ledger/seen/origin';
const run = promisify(execFile);

describe('native store beside git', () => {
  let folder: TempFolder;
  let gitDir: string;
  let store: NativeStore;
  beforeEach(async () => {
    folder = await makeTempFolder();
    gitDir = await makeBareRepo(folder.path);
    store = new NativeStore(gitDir);
  });
  afterEach(async () => {
    await store.close();
    await folder.cleanup();
  });
  const git = (...args: string[]): Promise<string> => runGit(gitDir, args);
  const sound = async (): Promise<void> =>
    expect(await git('fsck', '--strict', '--full', '--no-dangling')).toBe('');

  test('given processes of all kinds and one that packs, when all append to one ref, then nothing acknowledged is lost', async () => {
    await append(store, draft('init', { 'ledger.yaml': 's' }));
    let writing = true;
    const pack = async (): Promise<void> => {
      while (writing) {
        await git('pack-refs', '--all', '--prune');
        await git('repack', '-q', '-d', '-l');
      }
    };
    const packer = pack();
    const writers = ['store', 'native', 'store', 'isomorphic'].map((kind, n) =>
      run(process.execPath, [WRITER, kind, gitDir, `${kind}-${n}`, `${EACH}`], { env: isolatedEnv() }),
    );
    const ended = await Promise.allSettled(writers);
    writing = false;
    await packer;
    const acknowledged = ended.flatMap((one) =>
      one.status === 'fulfilled' ? one.value.stdout.trim().split('\n') : [String(one.reason)],
    );
    expect(acknowledged.filter((line) => !/^[0-9a-f]{40}$/.test(line))).toEqual([]);
    expect(new Set(acknowledged).size).toBe(4 * EACH);
    const found = (await history(store, { to: (await store.readRef(REF)) ?? '' })).map(({ oid }) => oid);
    expect(found).toHaveLength(4 * EACH + 1);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    await sound();
  });

  test('given processes that swap one ref at once, when all have tried, then exactly one won', async () => {
    const root = await append(store, draft('init', { a: '1' }));
    for (let round = 0; round < 3; round += 1) {
      const before = await store.readRef(OTHER);
      const nexts: string[] = [];
      for (let n = 0; n < 4; n += 1) nexts.push(await append(store, draft(`${round} ${n}`)));
      const tries = nexts.map((next) =>
        run(process.execPath, [WRITER, 'swap', gitDir, OTHER, before ?? 'none', next], {
          env: isolatedEnv(),
        }),
      );
      const said = (await Promise.all(tries)).map(({ stdout }) => stdout.trim());
      const winners = said.filter((line) => line !== 'lost');
      expect(winners).toEqual([await store.readRef(OTHER)]);
    }
    expect(await git('rev-list', '--max-parents=0', OTHER)).toBe(root);
  });

  test('given processes that are killed while they commit, when the repository is read, then all that they acknowledged is there and nothing is torn', async () => {
    await append(store, draft('init', { 'ledger.yaml': 's' }));
    const acknowledged: string[] = [];
    for (let life = 0; life < 4; life += 1) {
      const writer = spawn(process.execPath, [WRITER, 'store', gitDir, `life-${life}`, '1000'], {
        env: isolatedEnv(),
      });
      const closed = once(writer, 'close');
      let said = '';
      for await (const chunk of writer.stdout) {
        said += String(chunk);
        if (said.split('\n').length > 3 + life) writer.kill('SIGKILL');
      }
      expect(await closed).toEqual([null, 'SIGKILL']);
      acknowledged.push(...said.split('\n').filter((line) => line.length === 40));
    }
    const found = (await history(store, { to: (await store.readRef(REF)) ?? '' })).map(({ oid }) => oid);
    expect(found).toEqual(expect.arrayContaining(acknowledged));
    await sound();
    await append(store, draft('after', { a: '1' }));
  });

  test.each(DISK_MOMENTS)(
    'given a process that dies %s, when others go on, then they are not held up and nothing is lost',
    async (_, blow) => {
      const root = await append(store, draft('init', { a: '1' }));
      const doomed = run(process.execPath, [WRITER, 'store', gitDir, 'doomed', '1'], {
        env: { ...isolatedEnv(), NODE_OPTIONS: deadlyDisk(folder.path, blow) },
      });
      await expect(doomed).rejects.toMatchObject({ signal: 'SIGKILL', stdout: '' });
      const tips = await Promise.all(
        ['left', 'right'].map((name) => appendAgainstOthers(new NativeStore(gitDir), draft(name))),
      );
      const found = await history(store, { to: (await store.readRef(REF)) ?? '' });
      const landed = blow.when === 'after' && blow.path === REF ? ['doomed 0'] : [];
      expect(found.map(({ message }) => message).sort()).toEqual([...landed, 'init', 'left', 'right'].sort());
      expect(found.map(({ oid }) => oid)).toEqual(expect.arrayContaining([root, ...tips]));
      expect(existsSync(join(gitDir, `${REF}.lock`))).toBe(false);
      await sound();
    },
  );

  test('given a lock whose process lives, when a ref is moved, then the lock stays', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const path = join(gitDir, `${REF}.lock`);
    const file = await new LockOwners(gitDir).create(path);
    const request = { ref: REF, expected: tip, base: tip, drafts: [draft('next', { a: '2' })] };
    await expect(store.commit(request)).rejects.toMatchObject({ code: 'CONTENDED', details: { lock: path } });
    expect(existsSync(path)).toBe(true);
    await file.close();
  });

  test('given a disk that is full midway, when a large file is committed, then nothing of it is left, and small ones go on', async () => {
    const root = await append(store, draft('init', { a: '1' }));
    const cramped = (kind: string) =>
      run(
        'sh',
        [
          '-c',
          `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`,
          process.execPath,
          WRITER,
          kind,
          gitDir,
          kind,
          '1',
        ],
        {
          env: isolatedEnv(),
        },
      );
    await expect(cramped('large')).rejects.toMatchObject({
      stderr: expect.stringContaining('STORAGE_FAILED'),
    });
    expect(await store.readRef(REF)).toBe(root);
    const left = await readdir(join(gitDir, 'objects'), { recursive: true });
    expect(left.filter((name) => name.includes('tmp_obj'))).toEqual([]);
    await cramped('store');
    expect(await messages(store, { to: (await store.readRef(REF)) ?? '' })).toEqual(['init', 'store 0']);
    await sound();
  });

  test('given no git on PATH, when work goes on, then single transitions do; what takes git says that it is missing', async () => {
    const { PATH } = process.env;
    process.env.PATH = folder.path;
    try {
      const root = await append(store, draft('init', { 'a/b': '1' }));
      const tip = await append(store, draft('next', { 'a/b': '2', 'a/c': '3' }));
      expect(await files(store, tip)).toEqual({ 'a/b': '2', 'a/c': '3' });
      expect(await messages(store, { to: tip, from: root })).toEqual(['next']);
      expect(await store.moveRef(OTHER, undefined, tip)).toBe(true);
      await expect(history(store, { to: tip })).rejects.toMatchObject({ code: 'NO_GIT' });
      await expect(history(store, { to: tip, changes: false })).rejects.toMatchObject({ code: 'NO_GIT' });
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('given trees that differ in many folders, when they are compared, then git and this process say the same', async () => {
    const many = (text: string) =>
      Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`d${n}/f`, text]));
    const before = await append(store, draft('before', many('1')));
    const after = await append(store, draft('after', many('2')));
    const compare = async (): Promise<unknown> => {
      // Nothing is at hand.
      const fresh = new NativeStore(gitDir);
      const changes = await fresh.diffTrees(before, after);
      await fresh.close();
      return [...changes].sort((a, b) => (a.path < b.path ? -1 : 1));
    };
    const byGit = await compare();
    expect(byGit).toHaveLength(30);
    const { PATH } = process.env;
    process.env.PATH = folder.path;
    try {
      expect(await compare()).toEqual(byGit);
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('given a limit that is reached, when work goes on, then git packs in the background and nothing is lost', async () => {
    await git('config', 'gc.auto', '1');
    const { traits } = await openRepository(gitDir);
    const busy = new NativeStore(gitDir, { traits });
    const made: string[] = [];
    const packed = async (): Promise<number> =>
      Number(/^in-pack: (\d+)$/m.exec(await git('count-objects', '-v'))?.[1]);
    for (let n = 0; n < 2_000 && (await packed()) === 0; n += 1) {
      made.push(await append(busy, draft(`number ${n}`, { [`a/b/c/${n % 5}/${n}.yaml`]: `${n}` })));
    }
    expect(await packed()).toBeGreaterThan(0);
    const to = (await busy.readRef(REF)) ?? '';
    expect((await history(busy, { to })).map(({ oid }) => oid)).toEqual(made);
    expect(Object.keys(await files(busy, to))).toHaveLength(made.length);
    await busy.close();
    while (existsSync(join(gitDir, 'gc.pid'))) await new Promise((resolve) => setTimeout(resolve, 20));
    await sound();
  });

  test('given a user who packs by hand, when many objects gather, then they are left alone', async () => {
    await git('config', 'gc.auto', '0');
    expect((await openRepository(gitDir)).traits.looseLimit).toBe(0);
    await git('config', 'gc.auto', '1k');
    expect((await openRepository(gitDir)).traits.looseLimit).toBe(1_024);
    await git('config', 'maintenance.auto', 'false');
    expect((await openRepository(gitDir)).traits.looseLimit).toBe(0);
  });

  test('given refs and objects that git packs, when they are read and moved, then nothing is missed', async () => {
    const old = await append(store, draft('init', { a: '1' }));
    await store.moveRef(OTHER, undefined, old);
    await git('gc', '--quiet', '--prune=now');
    expect(await store.readRef(REF)).toBe(old);
    const tip = await append(store, draft('next', { b: '2' }));
    expect(await files(store, tip)).toEqual({ a: '1', b: '2' });
    await git('gc', '--quiet', '--prune=now');
    expect(await messages(store, { to: tip })).toEqual(['init', 'next']);
    expect(await store.listRefs('refs/')).toEqual([
      { ref: REF, oid: tip },
      { ref: OTHER, oid: old },
    ]);
    expect(await store.moveRef(OTHER, old, undefined)).toBe(true);
    expect(await git('for-each-ref', '--format=%(refname)')).toBe(REF);
  });

  test('given a ref that only points to another, when it is read and moved, then the other is', async () => {
    const root = await append(store, draft('init', { a: '1' }));
    await git('symbolic-ref', 'refs/heads/alias', REF);
    expect(await store.readRef('refs/heads/alias')).toBe(root);
    const drafts = [draft('next', { a: '2' })];
    const result = await store.commit({ ref: 'refs/heads/alias', expected: root, base: root, drafts });
    expect(result.kind).toBe('committed');
    expect(await store.readRef(REF)).toBe(result.tip);
    expect(await git('symbolic-ref', 'refs/heads/alias')).toBe(REF);
  });

  test('given a ref whose file is torn, when it is read, then that is an error; once it is whole, it is read', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const file = join(gitDir, REF);
    await writeFile(file, tip.slice(0, 20));
    await expect(store.readRef(REF)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const reading = store.readRef(REF);
    await writeFile(file, `${tip}\n`);
    expect(await reading).toBe(tip);
  });

  test('given a branch, when it moves, then git’s log of it says from where, to where and by whom', async () => {
    const work = await makeWorkRepo(folder.path);
    const { gitDir: dir, traits, identity } = await openRepository(work);
    const logged = new NativeStore(dir, { traits, identity });
    const root = await append(logged, draft('init', { a: '1' }));
    const tip = await append(logged, draft('next', { a: '2' }));
    await logged.moveRef(REF, tip, root);
    await logged.moveRef(OTHER, undefined, root);
    const log = await runGit(work, ['reflog', 'show', '--format=%H %gn %ge', REF]);
    expect(log.split('\n')).toEqual([root, tip, root].map((oid) => `${oid} Test test@example.invalid`));
    expect(existsSync(join(dir, 'logs', OTHER))).toBe(false);
    await runGit(work, ['fsck', '--strict']);
    await logged.close();
  });

  test('given a lock that a dead process left, when a ref is moved, then the lock is named and left alone', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const lock = await leaveLock(gitDir, REF);
    const request = { ref: REF, expected: tip, base: tip, drafts: [draft('next', { a: '2' })] };
    const refusal = { code: 'CONTENDED', details: { lock } };
    await expect(store.commit(request)).rejects.toMatchObject(refusal);
    expect(existsSync(lock)).toBe(true);
    expect(await store.readRef(REF)).toBe(tip);
  });

  test('given names that are not there or are no commits, when a branch is moved to them, then it is refused', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const [blob] = await store.readTree(tip);
    for (const oid of ['0123456789012345678901234567890123456789', blob?.oid ?? '']) {
      await expect(store.moveRef(REF, tip, oid)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    }
    expect(await store.readRef(REF)).toBe(tip);
  });

  test('given a repository that a group shares, when work is committed, then the group can read and write what is made', async () => {
    await git('config', 'core.sharedRepository', 'group');
    const { traits } = await openRepository(gitDir);
    const shared = new NativeStore(gitDir, { traits });
    const tip = await append(shared, draft('init', { a: '1' }));
    expect(await shared.moveRef(OTHER, undefined, tip)).toBe(true);
    expect(await shared.moveRef(OTHER, tip, undefined)).toBe(true);
    expect(await messages(shared, { to: tip })).toEqual(['init']);
    expect(await shared.listRefs('refs/')).toEqual([{ ref: REF, oid: tip }]);
    const { stdout } = await run('find', [gitDir, '-path', '*objects*', '-type', 'f', '!', '-perm', '-0440']);
    expect(stdout).toBe('');
    await shared.close();
  });

  test('given an object that git shows another for, when it is read, then it is the one that is shared', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const other = await git('commit-tree', '-m', 'other', `${tip}^{tree}`);
    await git('replace', tip, other);
    expect(await messages(store, { to: tip })).toEqual(['init']);
    expect(await messages(store, { to: tip, changes: false })).toEqual(['init']);
  });

  test('given a process that reads one ref, then it loads nothing that runs git', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    const script = `
      const { openRefReader } = await import(${JSON.stringify(READER)});
      const refs = await openRefReader(${JSON.stringify(gitDir)}, { fileRefs: true });
      console.log(await refs.readRef(${JSON.stringify(REF)}));
      const heavy = ['child_process', 'crypto', 'zlib', 'sqlite'];
      console.log(process.moduleLoadList.filter((name) => heavy.includes(name.replace('NativeModule ', ''))).join());`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      env: isolatedEnv(),
    });
    expect(stdout.split('\n')).toEqual([tip, '', '']);
  });

  test('given a log that is in the way, when a branch is made, then it is refused and not made', async () => {
    const tip = await append(store, draft('init', { a: '1' }));
    await mkdir(join(gitDir, 'logs', 'refs', 'heads', 'made'), { recursive: true });
    const logged = new NativeStore(gitDir, {
      traits: { ...(await openRepository(gitDir)).traits, reflogs: 'all' },
    });
    await expect(logged.moveRef('refs/heads/made', undefined, tip)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
    });
    expect(await logged.readRef('refs/heads/made')).toBeUndefined();
    expect(await readFile(join(gitDir, REF), 'utf8')).toBe(`${tip}\n`);
    await logged.close();
  });
});
