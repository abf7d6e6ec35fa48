import { expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld } from '../helpers/replicas.ts';

async function pair(): Promise<{ remote: WorkLedger; local: WorkLedger }> {
  const { replicas } = await makeWorld(['ada', 'bob'], (name) => (name === 'bob' ? 'local' : 'push'));
  const [ada, bob] = replicas;
  if (ada === undefined || bob === undefined) throw new Error('two clones were asked for');
  return { remote: ada.ledger, local: bob.ledger };
}

test('given local mode, when work is claimed, then it is refused unless a tentative claim is asked for', async () => {
  const { remote, local } = await pair();
  const work = await remote.createWork({ title: 'One' });
  await local.clone.fetch();
  await expect(local.claimWork(work.id)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(await local.claimWork(work.id, { tentative: true })).toMatchObject({ ok: true, where: 'local' });
});

test('given two tentative claims, when both sync, then one stands and the other is lost and kept with what rested on it', async () => {
  const { remote, local } = await pair();
  const work = await remote.createWork({ title: 'One' });
  await local.clone.fetch();
  await local.claimWork(work.id, { tentative: true });
  await local.work.checkpoint(work.id, { step: 'half' });
  await remote.claimWork(work.id);
  expect(await local.clone.sync()).toMatchObject({ accepted: 0, lost: [{ id: work.id }, { id: work.id }] });
  expect((await local.clone.rejected()).map(({ verb }) => verb).sort()).toEqual(['checkpoint', 'claim']);
  expect(await local.query.find(work.id)).toMatchObject({ owner: 'ada' });
});

test('given local mode, when work is created, then its id is its own from the start, and sync shares it', async () => {
  const { remote, local } = await pair();
  const work = await local.createWork({ title: 'Alone' });
  expect(work.id).toMatch(/-[0-9a-z]{8}$/);
  expect((await local.clone.status()).pending).toMatchObject([{ verb: 'create', id: work.id }]);
  await local.clone.sync();
  await remote.clone.fetch();
  expect(await remote.query.find(work.id)).toMatchObject({ title: 'Alone' });
  expect((await local.clone.status()).pending).toEqual([]);
});
