import { expect, test } from 'vitest';
import { claimNext } from '../../../src/agents/following/claim-next.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makePair, QUICK, turn, until } from '../pair.ts';

const WAIT = { ...QUICK, wait: true } as const;

test('given ready items, when the next is claimed, then it is the most urgent, then the oldest', async () => {
  const { ada, bob } = await makePair();
  await bob.ledger.createWork({ title: 'Old' });
  const { id } = await bob.ledger.createWork({ title: 'Urgent', priority: 'high' });
  await bob.ledger.createWork({ title: 'Urgent and new', priority: 'high' });
  expect(await claimNext(ada.ledger)).toMatchObject({ ok: true, item: { id, owner: 'ada' } });
});

test('given nothing that is ready, when the next is claimed, then there is none; an escalation is given only to who asks for one', async () => {
  const { ada, bob } = await makePair();
  const { id } = await bob.ledger.createWork({ title: 'Which way?', type: 'escalation' });
  expect(await claimNext(ada.ledger)).toBeUndefined();
  expect(await claimNext(ada.ledger, { type: ['escalation'] })).toMatchObject({ item: { id } });
});

test('given one that waits, when another clone makes an item, then it gets that', async () => {
  const { ada, bob } = await makePair();
  const claiming = claimNext(ada.ledger, {}, { ...WAIT, execution_id: 'e1', ttl_s: 77 });
  await turn();
  const { id } = await bob.ledger.createWork({ title: 'One' });
  const won = await claiming;
  expect(won).toMatchObject({ where: 'remote', item: { id, claim: { execution_id: 'e1', ttl_s: 77 } } });
});

test('given several that wait in two clones, when as many items appear, then each gets one, and no lost claim is kept', async () => {
  const { ada, bob } = await makePair();
  const claims = ['a', 'b', 'c', 'd'].map((name, n) =>
    claimNext((n % 2 === 0 ? ada : bob).ledger, {}, { ...WAIT, actor: name, execution_id: `e-${name}` }),
  );
  await turn();
  for (const title of ['One', 'Two', 'Three', 'Four']) await bob.ledger.createWork({ title });
  const items = (await Promise.all(claims)).map((won) => won?.item.id);
  expect(new Set(items).size).toBe(4);
  expect([...(await ada.ledger.clone.rejected()), ...(await bob.ledger.clone.rejected())]).toEqual([]);
});

test('given work that may not start yet, when its time comes, then it is claimed, without anything else having happened', async () => {
  const { ada, bob } = await makePair();
  const not_before = new Date(Date.now() + 300).toISOString();
  const { id } = await bob.ledger.createWork({ title: 'Later', not_before });
  const won = await claimNext(ada.ledger, {}, WAIT);
  expect(won).toMatchObject({ item: { id } });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(not_before));
});

test('given work that waits for other work, when that is completed, then it is claimed', async () => {
  const { ada, bob } = await makePair();
  const first = await bob.ledger.createWork({ title: 'First' });
  const { id } = await bob.ledger.createWork({ title: 'Second', dependencies: [first.id] });
  await bob.ledger.claimWork(first.id);
  const claiming = claimNext(ada.ledger, {}, WAIT);
  await turn();
  await bob.ledger.completeWork(first.id);
  expect(await claiming).toMatchObject({ item: { id } });
});

test('given nothing that becomes ready, when the time is up or the signal is given, then there is none', async () => {
  const { ada } = await makePair();
  expect(await claimNext(ada.ledger, {}, { ...WAIT, timeout_s: 0.02 })).toBeUndefined();
  const stop = new AbortController();
  const claiming = claimNext(ada.ledger, {}, { ...WAIT, signal: stop.signal });
  await turn();
  stop.abort();
  expect(await claiming).toBeUndefined();
});

test('given a remote that is away, when one waits, then it claims once the remote is back; one that does not wait is told', async () => {
  const { ada, bob } = await makePair();
  await bob.ledger.createWork({ title: 'One' });
  await ada.ledger.clone.fetch();
  ada.connection.cut = true;
  expect(await refusalOf(claimNext(ada.ledger))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  const told: (string | undefined)[] = [];
  const claiming = claimNext(ada.ledger, {}, { ...WAIT, onRemote: (failure) => told.push(failure?.code) });
  await until(() => told.length > 0);
  ada.connection.cut = false;
  expect(await claiming).toMatchObject({ item: { owner: 'ada' } });
  expect(told[0]).toBe('REMOTE_UNREACHABLE');
});

test('given a claim whose answer was lost, when the remote had taken it, then one that waits finds that it has the item', async () => {
  const { ada, bob } = await makePair();
  const { id } = await bob.ledger.createWork({ title: 'One' });
  await ada.ledger.clone.fetch();
  ada.connection.loseNextAnswer = true;
  const claiming = claimNext(ada.ledger, {}, { ...WAIT, execution_id: 'e1' });
  await until(() => ada.connection.cut);
  await turn();
  ada.connection.cut = false;
  expect(await claiming).toMatchObject({ ok: true, item: { id, claim: { execution_id: 'e1', epoch: 1 } } });
  await bob.ledger.clone.fetch();
  expect(await bob.ledger.query.find(id)).toMatchObject({ owner: 'ada' });
});

test('given a limit of a swarm, when the next is claimed, then it is one of another; given one of the asker, then that is said', async () => {
  const { ada, bob } = await makePair();
  await bob.ledger.admin.configure({ limits: { swarm: { dev: 1 }, owner: { ada: 2 } } });
  for (const swarm_name of ['dev', 'dev', 'ops'])
    await bob.ledger.createWork({ title: swarm_name, swarm_name });
  expect(await claimNext(ada.ledger)).toMatchObject({ item: { swarm_name: 'dev' } });
  expect(await claimNext(ada.ledger)).toMatchObject({ item: { swarm_name: 'ops' } });
  await bob.ledger.createWork({ title: 'free' });
  expect(await refusalOf(claimNext(ada.ledger))).toMatchObject({ code: 'LIMIT_REACHED' });
  const waiting = claimNext(ada.ledger, {}, WAIT);
  const held = (await ada.ledger.getInProgress({ owner: 'ada' })).find((one) => one.swarm_name === 'ops');
  await ada.ledger.completeWork(held?.id ?? '');
  expect(await waiting).toMatchObject({ item: { title: 'free' } });
});

test('given a clone that may ask nobody, when it waits to claim, then it is told at once', async () => {
  const { ada } = await makePair();
  await ada.ledger.createWork({ title: 'One' });
  const local = await ada.open({ mode: 'local' });
  expect(await refusalOf(claimNext(local, {}, WAIT))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
});

test.each([false, true])(
  'given a signal that was given before, when the next is claimed, then nothing is (waiting: %s)',
  async (wait) => {
    const { ada } = await makePair();
    const { id } = await ada.ledger.createWork({ title: 'One' });
    expect(await claimNext(ada.ledger, {}, { ...QUICK, wait, signal: AbortSignal.abort() })).toBeUndefined();
    expect(await ada.ledger.query.find(id)).toMatchObject({ status: 'pending' });
  },
);
