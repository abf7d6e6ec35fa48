import { join } from 'node:path';
import { expect, test } from 'vitest';
import { initLedger, itemOf } from '../../src/index.ts';
import { makeCodeRepo } from '../helpers/code-repo.ts';
import { createItems } from '../helpers/items.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';
import { liveWhole } from '../helpers/whole-life.ts';

test.each([
  [['--bare']],
  [['--mirror']],
  [['--single-branch']],
  [['--depth=1']],
  [['--depth=1', '--no-single-branch']],
  [['--depth=1', '--branch=work-ledger']],
  [['--filter=blob:none']],
  [['--no-checkout']],
  [['--origin=upstream']],
])(
  'given a clone made with %s, when work is done in it, then it sees and shares the whole ledger',
  async (args) => {
    const { repo, dir } = await makeCodeRepo();
    await repo.git(repo.bare, 'config', 'uploadpack.allowFilter', 'true');
    const first = await repo.init(dir);
    const [deleted = '', id = ''] = await createItems(first, 2);
    await first.work.cancel(deleted);
    await first.work.delete(deleted);

    const other = await repo.clone('bob', args);
    const bob = await repo.open(other);
    itemOf(await bob.claimWork(id));
    await first.work.comment(id, 'from ada');
    itemOf(await bob.completeWork(id, { result: { from: 'bob' } }));
    expect((await bob.createWork({ title: 'Third' })).id).toMatch(/0003$/);
    expect((await bob.audit.history(deleted)).map(({ verb }) => verb)).toEqual([
      'create',
      'cancel',
      'delete',
    ]);
    expect(await bob.audit.verify()).toMatchObject({ ok: true, findings: [] });
    await first.clone.fetch();
    expect(await first.query.find(id)).toMatchObject({ status: 'completed', result: { from: 'bob' } });
    expect(unsound(await plainHistory(repo.bare))).toEqual([]);
    await fsck(other);
    if (args.includes('--depth=1') && !args.includes('--branch=work-ledger')) {
      expect(await repo.git(other, 'rev-list', '--count', 'main'), 'code stays shallow').toBe('1');
    }
  },
);

test('given linked worktrees, when each is worked in, then they share one ledger', async () => {
  const { repo, dir } = await makeCodeRepo();
  const linked = join(repo.folder, 'linked');
  await repo.git(dir, 'worktree', 'add', '--quiet', linked, '-b', 'feature');
  const main = await repo.init(dir);
  const other = await repo.open(linked, { actor: 'bob' });
  const [id = ''] = await createItems(main, 1);
  expect(await other.query.find(id)).toMatchObject({ title: 'Item 0' });
  itemOf(await other.claimWork(id));
  expect(await main.claimWork(id)).toMatchObject({ ok: false, details: { owner: 'bob' } });
  expect((await other.clone.status()).place).toBe((await main.clone.status()).place);
  expect(await repo.git(linked, 'status', '--porcelain')).toBe('');
  expect(await main.audit.verify()).toMatchObject({ ok: true });
});

test('given a repository without a remote, when work is done, then the local branch is the truth', async () => {
  const repo = await makeSharedRepo();
  const dir = join(repo.folder, 'alone');
  await repo.git(repo.folder, 'init', '--quiet', dir);
  const ledger = await repo.init(dir);
  expect(ledger.clone).toMatchObject({ mode: 'none', remote: null });
  const id = await liveWhole(ledger);
  expect(await ledger.query.find(id)).toMatchObject({ status: 'completed' });
  expect(await refusalOf(ledger.clone.sync())).toMatchObject({ code: 'NO_REMOTE' });
  expect(await ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  await fsck(dir);
});

test('given a ledger that lived alone, when a remote is added, then the whole of it is shared', async () => {
  const repo = await makeSharedRepo();
  const dir = join(repo.folder, 'alone');
  await repo.git(repo.folder, 'init', '--quiet', dir);
  await createItems(await repo.init(dir), 3);
  await repo.git(dir, 'remote', 'add', 'origin', repo.url);
  await (await repo.open(dir)).clone.sync();
  expect(await plainHistory(repo.bare)).toEqual(await plainHistory(dir));
  expect(await (await repo.open(await repo.clone('bob'))).query.list()).toHaveLength(3);
});

test('given a ledger, when it is made again here and in another clone, then nothing changes', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  await createItems(await repo.init(dir), 1);
  const history = await plainHistory(repo.bare);
  for (const place of [dir, await repo.clone('bob')]) {
    const { ledger, created } = await initLedger({ dir: place, prefix: 'OTHER' });
    expect(created).toBe(false);
    expect((await ledger.query.settings()).id_prefix).toBe('WRK');
    await ledger.close();
  }
  expect(await plainHistory(repo.bare)).toEqual(history);
});

test('given a clone that was made before the ledger, when it is read for the first time, then it joins by itself', async () => {
  const repo = await makeSharedRepo();
  const early = await repo.clone('early');
  expect(await refusalOf(repo.open(early))).toMatchObject({
    code: 'NO_LEDGER',
    hint: 'Make one with: wl init',
  });
  const [id] = await createItems(await repo.init(await repo.clone('ada')), 1);
  const joined = await repo.open(early);
  expect((await joined.getPending()).map((item) => item.id)).toEqual([id]);
});

test('given clones that are set to another branch, when they work, then the ledger is on that branch alone', async () => {
  const repo = await makeSharedRepo();
  const dirs = [await repo.clone('ada'), await repo.clone('bob')];
  for (const dir of dirs) await repo.git(dir, 'config', 'ledger.branch', 'team/work');
  const ada = await repo.init(dirs[0] ?? '');
  const [id = ''] = await createItems(ada, 1);
  const bob = await repo.open(dirs[1] ?? '');
  itemOf(await bob.claimWork(id));
  const refs = await repo.git(repo.bare, 'for-each-ref', '--format=%(refname)');
  expect(refs).toBe('refs/heads/team/work');
  expect(await plainHistory(repo.bare, 'team/work')).toHaveLength(3);
});
