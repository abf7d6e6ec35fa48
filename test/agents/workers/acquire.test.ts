import { expect, test } from 'vitest';
import { acquireWork } from '../../../src/agents/workers/acquire.ts';
import { listPresence, openPresence } from '../../../src/index.ts';
import { connectionOf } from '../../../src/ledger/connection.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makePair } from '../pair.ts';

test("given signs of life under one clone's name, when another clone of that name lists them, then it takes a name of its own", async () => {
  const { ada, bob, remote } = await makePair();
  const [one, other] = [connectionOf(ada.ledger), connectionOf(bob.ledger)];
  // As after an image was restored elsewhere.
  const shared = one.clone.name;
  other.state.set('clones/1', one.state.get('clones/1') ?? '');
  expect(other.clone.name).toBe(shared);
  const presence = await openPresence({ ledger: ada.ledger });
  await presence.beat();
  expect((await listPresence(ada.ledger)).entries).toMatchObject([{ record: { clone: shared } }]);
  expect(one.clone.name).toBe(shared);

  await listPresence(bob.ledger);
  expect(other.clone.name).not.toBe(shared);
  expect([...remote.inboxes.keys()]).toEqual([shared]);
  // Nobody can tell which of the two was first: the other one finds it, too.
  await ada.ledger.clone.fetch();
  expect(one.clone.name).not.toBe(shared);
  await presence.close();
});

test('given work that the same name claimed in another clone, when a pool takes it, then it does not take it over, unless its execution is named', async () => {
  const { ada, bob } = await makePair();
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await ada.ledger.claimWork(id, { execution_id: 'exec-1' });
  await bob.ledger.clone.fetch();
  const wish = { execution_id: 'exec-2', actor: 'ada', ttl_s: undefined };
  expect((await refusalOf(acquireWork(bob.ledger, id, { ...wish, link: true }))).code).toBe(
    'ALREADY_CLAIMED',
  );
  expect((await acquireWork(ada.ledger, id, { ...wish, link: true })).execution_id).toBe('exec-2');
  await bob.ledger.clone.fetch();
  const named = { ...wish, execution_id: 'exec-3', link: 'exec-2' };
  expect((await acquireWork(bob.ledger, id, named)).claim).toMatchObject({
    epoch: 1,
    execution_id: 'exec-3',
  });
});
