import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isLedgerError } from '../../src/index.ts';
import { deadlyGit, MOMENTS } from '../helpers/deadly-git.ts';
import { makeOneItem } from '../helpers/items.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { leaveLock, leaveOwnLock } from '../helpers/stale-lock.ts';
import { withPath } from '../helpers/wrapped-git.ts';

const bodiesOf = (item: { comments: { body: string }[] }): string[] => item.comments.map(({ body }) => body);

test.each(MOMENTS)(
  'given a git that is killed $when its $command, when a comment is made, then it is made once or refused, and the next one is made',
  async (blow) => {
    const { repo, dir, id } = await makeOneItem();
    const told = await withPath(deadlyGit(repo.folder, { ...blow, victim: 'git' }), async () => {
      const ledger = await repo.open(dir);
      return ledger.work.comment(id, 'one');
    }).catch((error: unknown) => error);

    await fsck(dir);
    const ada = await repo.open(dir);
    await ada.work.comment(id, 'two');
    const bodies = bodiesOf(await ada.getWork(id));
    if (isLedgerError(told)) expect([['one', 'two'], ['two']]).toContainEqual(bodies);
    else {
      expect(told).toMatchObject({ ok: true, where: 'remote' });
      expect(bodies).toEqual(['one', 'two']);
    }
    expect(unsound(await plainHistory(repo.bare))).toEqual([]);
    expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
  },
);

test.each(['refs/heads/work-ledger', 'refs/work-ledger/seen/origin'])(
  'given a lock on %s that a killed git left behind, when work is created, then the lock is named and stays, and once it is gone all goes on',
  async (ref) => {
    const { repo, dir, id } = await makeOneItem();
    const ada = await repo.open(dir);
    const other = await repo.open(join(repo.folder, 'first'));
    await other.work.comment(id, 'moves the shared tip');
    const lock = await leaveLock(join(dir, '.git'), ref);

    const refusal = ada.createWork({ title: 'Late' });
    await expect(refusal).rejects.toMatchObject({
      code: 'CONTENDED',
      message: expect.stringContaining(lock),
      details: { lock },
    });
    await expect(ada.claimWork(id)).rejects.toMatchObject({ code: 'CONTENDED', details: { lock } });
    expect(existsSync(lock)).toBe(true);

    rmSync(lock);
    await ada.clone.sync();
    expect(await ada.claimWork(id)).toMatchObject({ ok: true, item: { claim: { epoch: 1 } } });
    expect((await ada.clone.status()).pending).toEqual([]);
    expect(unsound(await plainHistory(repo.bare))).toEqual([]);
  },
);

test('given a lock on what was last seen, when the remote takes a push, then that is unknown, and found once the lock is gone', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  await ada.clone.fetch();
  const lock = await leaveLock(join(dir, '.git'), 'refs/work-ledger/seen/origin');
  const created = await refusalOf(ada.createWork({ title: 'Second' }));
  expect(created).toMatchObject({ code: 'CONTENDED', details: { lock, unknown: true } });
  rmSync(lock);
  await ada.clone.sync();
  expect((await ada.query.list()).map(({ title }) => title)).toEqual(['Item 0', 'Second']);
  expect((await plainHistory(repo.bare)).map(({ verb }) => verb)).toEqual(['init', 'create', 'create']);
  expect(await ada.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
});

test('given a lock on the branch that people look at, when work goes on, then it does not matter', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  const lock = await leaveLock(join(dir, '.git'), 'refs/remotes/origin/work-ledger');
  expect(await ada.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
  expect(await ada.completeWork(id)).toMatchObject({ ok: true, where: 'remote' });
  expect(existsSync(lock)).toBe(true);
});

test('given a lock that a killed git left behind at the remote, when work is claimed, then it is not made, and once it is gone it is', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir, { patience_s: 1 });
  const lock = await leaveLock(repo.bare, 'refs/heads/work-ledger');
  await expect(ada.claimWork(id)).rejects.toMatchObject({
    code: 'PUSH_DENIED',
    message: expect.stringContaining('failed to update ref'),
    details: { withdrawn: [id] },
  });
  expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
  expect(existsSync(lock)).toBe(true);
  rmSync(lock);
  expect(await ada.claimWork(id)).toMatchObject({ ok: true, item: { claim: { epoch: 1 } } });
});

test.each([
  ['before it did anything', 'pre-receive', 'true'],
  ['while it held its lock', 'reference-transaction', '[ "$1" = prepared ]'],
  ['after it moved the branch', 'reference-transaction', '[ "$1" = committed ]'],
  ['after it answered', 'post-receive', 'true'],
])(
  "given a remote's git that is killed %s, when work is claimed, then it is claimed once",
  async (_, hook, at) => {
    const { repo, dir, id } = await makeOneItem();
    const ada = await repo.open(dir, { patience_s: 1 });
    await repo.hook(hook, `${at} || exit 0; rm "$0"; kill -9 $PPID`);
    const told = await ada.claimWork(id, { execution_id: 'exec-1' }).catch((error: unknown) => error);
    if (isLedgerError(told)) {
      expect(told).toMatchObject({ code: 'PUSH_DENIED', details: { withdrawn: [id] } });
      rmSync(join(repo.bare, 'refs/heads/work-ledger.lock'));
      expect(await ada.claimWork(id, { execution_id: 'exec-1' })).toMatchObject({ ok: true });
    } else expect(told).toMatchObject({ ok: true, where: 'remote' });
    const claims = (await plainHistory(repo.bare)).filter(({ verb }) => verb === 'claim');
    expect(claims).toMatchObject([{ item: id, epoch: '1' }]);
  },
);

test.each(['packed-refs', 'refs/work-ledger/seen/origin'])(
  'given a lock on %s that a killed process of this program left behind, when git needs it, then it is taken away, and work goes on',
  async (name) => {
    const { repo, dir, id } = await makeOneItem();
    const ada = await repo.open(dir);
    await ada.clone.fetch();
    const other = await repo.open(join(repo.folder, 'first'));
    await other.work.comment(id, 'moves the shared tip');
    // Something that a fetch prunes, for which git locks the packed refs.
    await repo.git(dir, 'update-ref', 'refs/work-ledger/inbox/origin/gone', 'refs/heads/work-ledger');
    const lock = await leaveOwnLock(join(dir, '.git'), name);
    expect(existsSync(lock)).toBe(true);
    await ada.clone.fetch();
    expect(existsSync(lock)).toBe(false);
    expect(await ada.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
    await fsck(dir);
  },
);
