import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { afterEach, describe, expect, test } from 'vitest';
import { initLedger, itemOf, type OpenOptions, openLedger } from '../../src/index.ts';
import { GitHttpServer } from '../helpers/git-http-server.ts';
import { refusalOf } from '../helpers/refusal.ts';
import {
  isolateThisProcess,
  makeBareRepo,
  makeTempFolder,
  makeWorkRepo,
  runGit,
} from '../helpers/temp-repo.ts';

isolateThisProcess();

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Two clones of one bare repository that is served over http. */
async function overHttp(): Promise<{ bare: string; clones: string[] }> {
  const folder = await makeTempFolder();
  cleanups.push(folder.cleanup);
  const bare = await makeBareRepo(folder.path);
  const server = await GitHttpServer.start(folder.path);
  cleanups.push(() => server.stop());
  const clones: string[] = [];
  for (const name of ['one', 'two']) {
    const dir = await makeWorkRepo(folder.path, name);
    await runGit(dir, ['remote', 'add', 'origin', server.url('repo.git')]);
    clones.push(dir);
  }
  return { bare, clones };
}

/** The same life for every backend: made in one clone, done in the other. */
async function live(first: OpenOptions, second: OpenOptions): Promise<void> {
  const { ledger: planner } = await initLedger({ ...first, actor: 'planner' });
  const parent = await planner.createWork({ title: 'Whole', swarm_name: 'shop' });
  const part = await planner.createSubtask(parent.id, { title: 'Part' });
  const worker = await openLedger({ ...second, actor: 'worker' });
  await worker.clone.fetch();
  expect((await worker.getReadyToStart({ swarm_name: 'shop' })).map(({ id }) => id)).toEqual([part.id]);
  const claimed = itemOf(await worker.claimWork(part.id));
  expect(claimed).toMatchObject({ status: 'in_progress', owner: 'worker', claim: { epoch: 1 } });
  await worker.completeWork(part.id, { result: { ok: true } });
  await planner.clone.fetch();
  expect(await planner.getProgress(parent.id)).toMatchObject({ total_children: 1, percent_complete: 100 });
  expect((await planner.getWork(part.id)).history.map(({ verb }) => verb)).toEqual([
    'create',
    'claim',
    'complete',
  ]);
  expect(await planner.audit.verify()).toMatchObject({ ok: true });
  await Promise.all([planner.close(), worker.close()]);
}

describe('a ledger opened as a program opens it', () => {
  test.each([
    ['native', 'native'],
    ['isomorphic', 'isomorphic'],
    ['native', 'isomorphic'],
  ] as const)(
    'given clones over http with %s and %s, when work is made in one, then it is done in the other',
    async (a, b) => {
      const { bare, clones } = await overHttp();
      const [one = '', two = ''] = clones;
      await live({ dir: one, backend: a }, { dir: two, backend: b });
      await runGit(bare, ['fsck', '--strict']);
    },
  );

  test('given a file system in memory, when a ledger is made in it, then it lives there', async () => {
    const { fs } = memfs();
    await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
    await live({ dir: '/clone', fs }, { dir: '/clone', fs });
  });

  test('given a linked worktree, when it is opened without git, then it has the ledger of the clone', async () => {
    const folder = await makeTempFolder();
    cleanups.push(folder.cleanup);
    const dir = await makeWorkRepo(folder.path);
    await runGit(dir, ['commit', '--quiet', '--allow-empty', '--message', 'code']);
    await runGit(dir, ['worktree', 'add', '--quiet', join(folder.path, 'linked')]);
    await live({ dir, backend: 'native' }, { dir: join(folder.path, 'linked'), backend: 'isomorphic' });
  });
});

describe.each(['in the clone itself', 'in a linked work tree', 'in a rebase of it'])(
  'given the backend isomorphic and the branch checked out %s',
  (where) => {
    test('when the branch is to move, by a transition or by what arrives, then that is refused, nothing moves, and reads go on', async () => {
      const { clones } = await overHttp();
      const [one = '', two = ''] = clones;
      const { ledger } = await initLedger({ dir: one, actor: 'ada', backend: 'isomorphic' });
      const { id } = await ledger.createWork({ title: 'One' });
      const other = await openLedger({ dir: two, actor: 'bob' });
      let tree = one;
      if (where === 'in a linked work tree') {
        tree = join(one, '..', 'tree');
        await runGit(one, ['worktree', 'add', '-q', tree, 'work-ledger']);
      } else await runGit(one, ['checkout', '-q', 'work-ledger']);
      if (where === 'in a rebase of it')
        await runGit(one, ['-c', 'sequence.editor=sed -i 1ibreak', 'rebase', '-q', '-i', '--root']);
      const tip = await runGit(one, ['rev-parse', 'work-ledger']);

      const refused = await refusalOf(ledger.work.comment(id, 'hello'));
      expect(refused).toMatchObject({
        code: 'CHECKED_OUT',
        details: { branch: 'work-ledger', work_tree: tree },
      });
      await other.work.comment(id, 'from bob');
      expect(await refusalOf(ledger.clone.fetch())).toMatchObject({ code: 'CHECKED_OUT' });
      expect(await runGit(one, ['rev-parse', 'work-ledger'])).toBe(tip);
      expect(await runGit(tree, ['status', '--porcelain'])).toBe('');
      expect((await ledger.getWork(id)).title).toBe('One');

      if (where === 'in a rebase of it') await runGit(one, ['rebase', '--abort']);
      await runGit(tree, ['switch', '-q', '--detach']);
      expect(itemOf(await ledger.work.comment(id, 'hello')).comments).toHaveLength(2);
      await ledger.close();
      await other.close();
    });
  },
);

test('given the backend isomorphic, when a work tree of the branch was removed, or the repository is bare, then the branch moves', async () => {
  const { bare, clones } = await overHttp();
  const [one = ''] = clones;
  const { ledger } = await initLedger({ dir: one, actor: 'ada', backend: 'isomorphic' });
  const tree = join(one, '..', 'tree');
  await runGit(one, ['worktree', 'add', '-q', tree, 'work-ledger']);
  await rm(tree, { recursive: true });
  await ledger.createWork({ title: 'One' });
  await ledger.close();
  await runGit(bare, ['symbolic-ref', 'HEAD', 'refs/heads/work-ledger']);
  const inBare = await openLedger({ dir: bare, actor: 'ada', backend: 'isomorphic', remote: null });
  expect((await inBare.createWork({ title: 'Two' })).title).toBe('Two');
  await inBare.close();
});
