import { expect, test } from 'vitest';
import { makeWorld } from '../helpers/replicas.ts';

test('given two clones, when both claim one item, then one wins and the other learns who', async () => {
  const { replicas } = await makeWorld(['ada', 'bob']);
  const [ada, bob] = replicas.map(({ ledger }) => ledger);
  if (ada === undefined || bob === undefined) throw new Error('two clones were asked for');
  const work = await ada.createWork({ title: 'One' });
  await bob.fetch();
  const [first, second] = await Promise.all([ada.claimWork(work.id), bob.claimWork(work.id)]);
  expect([first.ok, second.ok].filter(Boolean)).toHaveLength(1);
});
