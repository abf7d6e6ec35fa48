import { beforeEach, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { prepareOffer } from '../../src/sync/inbox.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

// Mallory may push inboxes, and not the ledger's branch. What is in one, other clones read, decide again and carry.
let world: World;
let ada: Replica;
let mallory: Replica;

beforeEach(async () => {
  world = await makeWorld(['ada', 'mallory']);
  [ada, mallory] = world.replicas as [Replica, Replica];
});

async function offer(act: (ledger: WorkLedger) => Promise<unknown>): Promise<void> {
  await mallory.ledger.clone.fetch();
  mallory.connection.cut = true;
  await refusalOf(act(mallory.ledger));
  mallory.connection.cut = false;
  const { context } = await connectionOf(mallory.ledger).write();
  const { tip } = await mallory.ledger.query.asOf();
  const made = await prepareOffer({ ...context, remote: mallory.connection }, tip);
  await mallory.connection.inbox?.publish(made.clone, made.pending, made.expected);
}

/** What ada's next push brings to the branch, her own transition last. */
async function carried(): Promise<string[]> {
  await ada.ledger.clone.fetch();
  const { tip } = await ada.ledger.query.asOf();
  await ada.ledger.createWork({ title: 'Ada’s own' });
  const log = await ada.ledger.audit.log({ limit: 20 });
  const before = log.findIndex(({ commit }) => commit === tip);
  return log.slice(0, before).map(({ verb, actor }) => `${verb} ${actor}`);
}

test('given an offer under another’s name, when a clone pushes, then it carries that as anyone’s word, since names are asserted', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await offer((ledger) => ledger.work.comment(id, 'as if I were lea', { actor: 'lea' }));
  expect(await carried()).toEqual(['comment lea', 'create ada']);
});

test('given the same offer without that role, when a clone pushes, then it is carried: the key is what keeps it off', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await ada.ledger.admin.configure({
    roles: { leads: { members: ['lea'] } },
    allow: [{ verbs: ['cancel'], roles: ['leads'] }],
  });
  await offer((ledger) => ledger.work.cancel(id, { reason: 'as if I were lea', actor: 'lea' }));
  expect(await carried()).toEqual(['cancel lea', 'create ada']);
});

test('given a role with a key, when an offer does in a member’s name what that role alone may, then no clone carries it', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  const keys = ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'];
  await ada.ledger.admin.configure({
    roles: { leads: { members: ['lea'], keys } },
    allow: [{ verbs: ['cancel'], roles: ['leads'] }],
  });
  await offer(async (ledger) => {
    await refusalOf(ledger.work.comment(id, 'beside it'));
    await ledger.work.cancel(id, { reason: 'as if I were lea', actor: 'lea' });
  });
  expect(await carried()).toEqual(['comment mallory', 'create ada']);
  expect((await ada.ledger.getWork(id)).status).toBe('pending');
});
