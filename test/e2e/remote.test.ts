import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { makeOneItem } from '../helpers/items.ts';
import { plainHistory, unsound } from '../helpers/plain-history.ts';
import { refusalOf, savedBy } from '../helpers/refusal.ts';

const OFFLINE_ID = /^WRK-\d{8}-(?=.*[a-z])[0-9a-z]{8}$/;

test.each(['file', 'http'] as const)(
  'given a remote over %s that is away, when work goes on, then claims are not made, the rest is saved, and a sync shares it once it is back',
  async (transport) => {
    const { repo, dir, id } = await makeOneItem(transport);
    const ada = await repo.open(dir);
    const before = await plainHistory(repo.bare);
    await repo.goAway();

    const claim = await refusalOf(ada.claimWork(id));
    expect(claim).toMatchObject({ code: 'REMOTE_UNREACHABLE', retryable: true, details: { saved: [] } });
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending', rev: 1 });
    const comment = await refusalOf(ada.work.comment(id, 'while it was away'));
    expect(comment).toMatchObject({ code: 'REMOTE_UNREACHABLE', details: { withdrawn: [] } });
    expect(savedBy(comment)).toMatchObject([{ verb: 'comment', id }]);
    const created = savedBy(await refusalOf(ada.createWork({ title: 'Made while it was away' })));
    expect(created).toMatchObject([{ verb: 'create', id: expect.stringMatching(OFFLINE_ID) }]);
    const child = created[0]?.id ?? '';
    await refusalOf(ada.createSubtask(id, { title: 'Child', dependencies: [child] }));
    expect((await ada.clone.status()).pending.map(({ verb }) => verb)).toEqual([
      'comment',
      'create',
      'create',
    ]);

    await repo.comeBack();
    expect(await ada.clone.sync()).toMatchObject({ accepted: 3, lost: [] });
    const history = await plainHistory(repo.bare);
    expect(unsound(history)).toEqual([]);
    expect(history.slice(before.length).map(({ verb, op }) => ({ verb, op }))).toMatchObject([
      { verb: 'comment', op: savedBy(comment)[0]?.op },
      { verb: 'create', op: created[0]?.op },
      { verb: 'create' },
    ]);
    const other = await repo.open(await repo.clone('bob'));
    expect(await other.query.find(child)).toMatchObject({ title: 'Made while it was away' });
    expect(await other.claimWork(child)).toMatchObject({ ok: true });
    expect(await ada.audit.verify()).toMatchObject({ ok: true, findings: [] });
  },
);

test.each(['before', 'after'] as const)(
  'given a push that breaks off %s the remote took it, when work is created, claimed and completed, then each is made once',
  async (when) => {
    const { repo, dir, id } = await makeOneItem('http');
    const ada = await repo.open(dir);
    const breakOff = (): void => repo.server?.breakOffNext('git-receive-pack', when);
    breakOff();
    const created = await ada.createWork({ title: 'Second' });
    breakOff();
    expect(await ada.claimWork(id)).toMatchObject({
      ok: true,
      where: 'remote',
      item: { claim: { epoch: 1 } },
    });
    breakOff();
    expect(await ada.completeWork(id)).toMatchObject({ ok: true, where: 'remote' });
    const history = await plainHistory(repo.bare);
    expect(unsound(history)).toEqual([]);
    expect(history.slice(2).map(({ verb, item }) => [verb, item])).toEqual([
      ['create', created.id],
      ['claim', id],
      ['complete', id],
    ]);
    expect(await ada.clone.rejected()).toEqual([]);
  },
);

test('given a push that the remote took before it went away, when it is back, then what was unknown is found, and nothing is made twice', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  const vanish = (): Promise<void> =>
    repo.hook(
      'reference-transaction',
      '[ "$1" = committed ] || exit 0; rm "$0"; mv "$PWD" "$PWD.away"; kill -9 $PPID',
    );

  await vanish();
  const create = await refusalOf(ada.createWork({ title: 'Second' }));
  expect(create).toMatchObject({ code: 'REMOTE_UNREACHABLE', details: { unknown: true } });
  expect(savedBy(create)).toMatchObject([{ verb: 'create' }]);
  await repo.comeBack();
  await ada.clone.sync();
  expect((await ada.query.list()).map(({ title }) => title)).toEqual(['Item 0', 'Second']);

  await vanish();
  const claim = await refusalOf(ada.claimWork(id, { execution_id: 'exec-1' }));
  expect(claim).toMatchObject({ code: 'REMOTE_UNREACHABLE', details: { unknown: true, withdrawn: [id] } });
  await repo.comeBack();
  const again = itemOf(await ada.claimWork(id, { execution_id: 'exec-1' }));
  expect(again.claim).toMatchObject({ epoch: 1, execution_id: 'exec-1' });

  const history = await plainHistory(repo.bare);
  expect(unsound(history)).toEqual([]);
  expect(history.map(({ verb }) => verb)).toEqual(['init', 'create', 'create', 'claim']);
  expect((await ada.clone.status()).pending).toEqual([]);
});

test('given a repository that moved for good, when its address is set anew, then the clone goes on where it was', async () => {
  const { repo, dir, id } = await makeOneItem();
  const ada = await repo.open(dir);
  await refusalOf(repo.goAway().then(() => ada.work.comment(id, 'saved')));
  await rename(`${repo.bare}.away`, `${repo.folder}/elsewhere.git`);
  await repo.git(dir, 'remote', 'set-url', 'origin', `${repo.folder}/elsewhere.git`);
  const moved = await repo.open(dir);
  expect(await moved.clone.sync()).toMatchObject({ accepted: 1 });
  expect(await moved.claimWork(id)).toMatchObject({ ok: true, where: 'remote' });
});
