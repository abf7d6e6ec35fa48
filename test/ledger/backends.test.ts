import { join } from 'node:path';
import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { afterEach, describe, expect, test } from 'vitest';
import { initLedger, itemOf, type OpenOptions, openLedger } from '../../src/index.ts';
import { GitHttpServer } from '../helpers/git-http-server.ts';
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
