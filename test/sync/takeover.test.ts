import { expect, test } from 'vitest';
import { connectionOf } from '../../src/ledger/connection.ts';
import { commitLocally } from '../../src/sync/local.ts';
import { makeWorld, type Replica } from '../helpers/replicas.ts';

const BRANCH = 'refs/heads/work-ledger';
const SEEN = 'refs/work-ledger/seen/origin';

/** A clone, and a comment that two of its processes come to make: one that stood still, and the one that goes around it. */
async function given() {
  const [ada] = (await makeWorld(['ada'])).replicas as [Replica];
  const { id } = await ada.ledger.createWork({ title: 'One' });
  const { context, sync } = await connectionOf(ada.ledger).write();
  const begun = { local: await ada.store.readRef(BRANCH), seen: await ada.store.readRef(SEEN) };
  const command = ada.ledger.work.command('comment', { id, body: 'once' });
  const group = { commands: [command], atomic: false };
  const comments = async () => (await ada.ledger.getWork(id)).comments.map(({ body }) => body);
  return { ada, context, sync, begun, command, group, comments };
}

test('given a transition that the other process committed meanwhile, when it is taken over, then it stands once and is told as done', async () => {
  const { ada, context, sync, begun, command, group, comments } = await given();
  await commitLocally(context, [group]);
  expect(await sync.submit({ ...group, begun }, true)).toMatchObject([
    { kind: 'accepted', op: command.op, where: 'remote' },
  ]);
  expect(await comments()).toEqual(['once']);
  expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
});

test('and that the other process shared as well, then it is told as that', async () => {
  const { sync, begun, command, group, comments } = await given();
  await sync.submit(group, true);
  expect(await sync.submit({ ...group, begun }, true)).toMatchObject([
    { kind: 'accepted', op: command.op, where: 'remote' },
  ]);
  expect(await comments()).toEqual(['once']);
});

test('given one that was withdrawn from the other process, when that goes on, then it commits nothing of it', async () => {
  const { context, group, comments } = await given();
  const progress = { stage: 'waiting' as const, signal: undefined, isWithdrawn: () => true };
  expect(await commitLocally(context, [{ ...group, progress }])).toEqual([[]]);
  expect(await comments()).toEqual([]);
});
