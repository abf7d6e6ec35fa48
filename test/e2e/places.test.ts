import { execFile } from 'node:child_process';
import { appendFile, chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initLedger, itemOf, openLedger } from '../../src/index.ts';
import {
  isolatedEnv,
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
  type TempFolder,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

let folder: TempFolder;
let bare: string;
beforeEach(async () => {
  folder = await makeTempFolder();
  bare = await makeBareRepo(folder.path, 'shared.git');
});
afterEach(() => folder.cleanup());

const place = (name: string): string => join(folder.path, name);

async function clone(name: string, ...options: string[]): Promise<string> {
  await runGit(folder.path, ['clone', '--quiet', ...options, `file://${bare}`, name]);
  return place(name);
}

/** A remote that has code on `main`, and a first clone of it with a ledger. */
async function withLedger(): Promise<string> {
  const first = await clone('first');
  await writeFile(join(first, 'code.txt'), 'code\n');
  await runGit(first, ['add', '.']);
  await runGit(first, ['commit', '--quiet', '--message', 'code']);
  await runGit(first, ['push', '--quiet', 'origin', 'HEAD:main']);
  const { ledger } = await initLedger({ dir: first, actor: 'ada' });
  await ledger.createWork({ title: 'One' });
  await ledger.close();
  return first;
}

/** A life of one item: what leaves traces in a repository. */
async function live(dir: string, actor = 'ada'): Promise<void> {
  const ledger = await openLedger({ dir, actor });
  const work = await ledger.createWork({ title: 'Life' });
  await ledger.claimWork(work.id);
  await ledger.checkpointWork(work.id, { step: 'half' });
  await ledger.completeWork(work.id, { result: { ok: true } });
  expect(await ledger.verify()).toMatchObject({ ok: true });
  await ledger.close();
}

test('given a dirty work tree, when a life is lived, then HEAD, index, work tree, stash and configuration are as before', async () => {
  const dir = await withLedger();
  await appendFile(join(dir, 'code.txt'), 'stashed\n');
  await runGit(dir, ['stash', '--quiet']);
  await appendFile(join(dir, 'code.txt'), 'staged\n');
  await runGit(dir, ['add', '.']);
  await appendFile(join(dir, 'code.txt'), 'not staged\n');
  await writeFile(join(dir, 'untracked.txt'), 'mine\n');
  const traces = async (): Promise<string[]> => [
    await runGit(dir, ['status', '--porcelain=v2', '--branch']),
    await runGit(dir, ['stash', 'list']),
    await runGit(dir, ['diff']),
    await readFile(join(dir, '.git/HEAD'), 'utf8'),
    await readFile(join(dir, '.git/config'), 'utf8'),
    (await readFile(join(dir, '.git/index'))).toString('hex'),
    await readFile(join(dir, 'code.txt'), 'utf8'),
    await runGit(dir, ['branch', '--show-current']),
  ];
  const before = await traces();
  await live(dir);
  expect(await traces()).toEqual(before);
});

test('given linked worktrees, when one makes work, then the other has it at once: they share one ledger', async () => {
  const dir = await withLedger();
  await runGit(dir, ['worktree', 'add', '--quiet', place('linked')]);
  const linked = await openLedger({ dir: place('linked'), actor: 'bob' });
  const work = await linked.createWork({ title: 'From the worktree' });
  const main = await openLedger({ dir });
  expect((await main.findWork(work.id))?.title).toBe('From the worktree');
  await Promise.all([linked.close(), main.close()]);
});

test.each([
  ['a bare clone', ['--bare']],
  ['a clone of a single branch', ['--single-branch', '--branch', 'main']],
  ['a shallow clone', ['--depth', '1', '--branch', 'main']],
  ['a clone without a work tree', ['--no-checkout']],
])('given %s, when it is used first, then it joins by itself and works', async (_name, options) => {
  await withLedger();
  const dir = await clone('other', ...options);
  const ledger = await openLedger({ dir, actor: 'bob' });
  const [work] = await ledger.getReadyToStart();
  expect(work?.title).toBe('One');
  expect(itemOf(await ledger.claimWork(work?.id ?? ''))).toMatchObject({ owner: 'bob' });
  await ledger.close();
  await live(dir, 'bob');
});

test('given a detached HEAD, when a life is lived, then it stays where it is', async () => {
  const dir = await withLedger();
  await runGit(dir, ['checkout', '--quiet', '--detach']);
  const head = await readFile(join(dir, '.git/HEAD'), 'utf8');
  await live(dir);
  expect(await readFile(join(dir, '.git/HEAD'), 'utf8')).toBe(head);
});

test('given hooks of the repository, when a life is lived, then none of them runs', async () => {
  const dir = await withLedger();
  for (const hook of ['pre-push', 'reference-transaction', 'post-commit', 'pre-commit', 'commit-msg']) {
    const file = join(dir, '.git/hooks', hook);
    await writeFile(file, `#!/bin/sh\ntouch '${place('hook-ran')}'\nexit 1\n`);
    await chmod(file, 0o755);
  }
  await live(dir);
  await expect(readFile(place('hook-ran'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('given no remote at all, when a life is lived, then the local branch is the truth', async () => {
  const dir = await makeWorkRepo(folder.path, 'alone');
  const { ledger, created } = await initLedger({ dir, actor: 'ada' });
  expect(created).toBe(true);
  expect(await ledger.status()).toMatchObject({ mode: 'none', remote: null });
  await ledger.close();
  await live(dir);
});

test('given another branch name in the configuration, when a ledger is made, then it stands there and nowhere else', async () => {
  const dir = await makeWorkRepo(folder.path, 'named');
  await runGit(dir, ['config', 'ledger.branch', 'agents/ledger']);
  const { ledger } = await initLedger({ dir, actor: 'ada' });
  await ledger.close();
  await live(dir);
  expect(await runGit(dir, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/agents/ledger');
});

test('given a ledger, when it is made again, then nothing changes', async () => {
  const dir = await withLedger();
  const tip = await runGit(dir, ['rev-parse', 'work-ledger']);
  const { ledger, created } = await initLedger({ dir, actor: 'ada' });
  expect(created).toBe(false);
  expect(await runGit(dir, ['rev-parse', 'work-ledger'])).toBe(tip);
  await ledger.close();
});

test('given two clones that make the ledger at once, when both are done, then there is one and both have it', async () => {
  const dirs = [await clone('a'), await clone('b')];
  const made = await Promise.all(dirs.map((dir) => initLedger({ dir, actor: 'ada' })));
  const [one, two] = await Promise.all(made.map(async ({ ledger }) => (await ledger.settings()).ledger_id));
  expect(one).toBe(two);
  expect(made.filter(({ created }) => created)).toHaveLength(1);
  await Promise.all(made.map(({ ledger }) => ledger.close()));
});

test('given two ledgers that know nothing of each other, when one is pointed at the other, then it stops and mixes nothing', async () => {
  await withLedger();
  const dir = await makeWorkRepo(folder.path, 'foreign');
  const { ledger } = await initLedger({ dir, actor: 'eve' });
  await ledger.createWork({ title: 'Foreign' });
  await ledger.close();
  await runGit(dir, ['remote', 'add', 'origin', bare]);
  const before = await runGit(bare, ['rev-parse', 'work-ledger']);
  const joined = await openLedger({ dir, actor: 'eve' });
  await expect(joined.sync()).rejects.toMatchObject({ code: 'DIFFERENT_LEDGER' });
  expect(await runGit(bare, ['rev-parse', 'work-ledger'])).toBe(before);
  expect((await joined.list()).map(({ title }) => title)).toEqual(['Foreign']);
  await joined.close();
});

test('given 12 processes in one clone, when each makes and does work, then all of it is on the remote, in fewer pushes', async () => {
  const dir = await withLedger();
  await runGit(bare, ['config', 'core.logAllRefUpdates', 'always']);
  const script = `
    import { openLedger } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const ledger = await openLedger({ dir: ${JSON.stringify(dir)}, actor: process.argv[1] });
    for (let n = 0; n < 3; n += 1) {
      const work = await ledger.createWork({ title: process.argv[1] + ' ' + n });
      const done = await ledger.completeWork(work.id, { claim: true });
      console.log(work.id, done.ok);
    }
    await ledger.close();
  `;
  const run = promisify(execFile);
  const told = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      run(process.execPath, ['--input-type=module', '--eval', script, `p${n}`], {
        cwd: dir,
        env: isolatedEnv(),
      }),
    ),
  );
  const lines = told.flatMap(({ stdout }) => stdout.trim().split('\n'));
  expect(lines).toHaveLength(36);
  expect(lines.every((line) => line.endsWith(' true'))).toBe(true);
  expect(new Set(lines).size).toBe(36);
  await rm(place('auditor'), { recursive: true, force: true });
  const auditor = await openLedger({ dir: await clone('auditor'), actor: 'auditor' });
  expect((await auditor.list({ status: ['completed'] })).length).toBe(36);
  expect(await auditor.verify()).toMatchObject({ ok: true });
  await auditor.close();
  const pushes = (await runGit(bare, ['reflog', 'show', '--format=%h', 'work-ledger'])).split('\n').length;
  expect(pushes).toBeLessThan(108);
});
