import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld } from '../helpers/replicas.ts';

// Two clones make an item under one key. There is one item; who waits for its own gets that one, and who was told an id before finds out
// where it went, with what it said.

let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  const world = await makeWorld(['ada', 'bob'], (name) => (name === 'bob' ? 'local' : 'push'));
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const daily = (description: string) => ({ title: 'Daily report', description, idempotency_key: 'daily' });

describe('given a clone that made an item offline and was told its id', () => {
  test('when another clone shares one of the same key first, then the sync tells, and what it said is kept with where it went', async () => {
    const mine = await bob.createWork(daily('by bob'));
    const theirs = await ada.createWork(daily('by ada'));
    const report = await bob.clone.sync();
    expect(report.lost).toMatchObject([
      { message: expect.stringContaining(`${theirs.id} has the key of ${mine.id}`) },
    ]);
    expect(await bob.clone.rejected()).toMatchObject([
      { id: mine.id, verb: 'create', error: { details: { id: theirs.id } } },
    ]);
    await expect(bob.query.resolveId(mine.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining(`${theirs.id} has the key of ${mine.id}`),
    });
    const [kept] = await bob.clone.rejected();
    expect(await bob.clone.applyRejected(kept?.op ?? '')).toMatchObject({
      ok: true,
      item: { id: theirs.id },
    });
    expect(await bob.clone.rejected()).toHaveLength(1);
    expect(await bob.getWork(theirs.id)).toMatchObject({ description: 'by ada' });
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when it went on with that item, then what it did is of the one that stands', async () => {
    const mine = await bob.createWork(daily('by bob'));
    await bob.work.comment(mine.id, 'on my way');
    const theirs = await ada.createWork(daily('by ada'));
    await bob.clone.sync();
    expect((await bob.getWork(theirs.id))?.comments).toMatchObject([{ body: 'on my way' }]);
  });
});

test('given two clones online, when both make it at once, then each is answered with the one that stands, and nothing is kept', async () => {
  const world = await makeWorld(['eve', 'dan']);
  const [eve, dan] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  const made = await Promise.all([eve.createWork(daily('x')), dan.createWork(daily('y'))]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect([...(await eve.clone.rejected()), ...(await dan.clone.rejected())]).toEqual([]);
});

test('given an item that takes a key which another one has by then, when it is changed, then that is lost and kept, and nothing else is told', async () => {
  const world = await makeWorld(['eve', 'dan']);
  const [eve, dan] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  const { id } = await dan.createWork({ title: 'Plain' });
  await eve.clone.sync();
  await eve.createWork(daily('by eve'));
  const lost = await dan.work.update(id, { set: { idempotency_key: 'daily' } });
  expect(lost).toMatchObject({ ok: false, code: 'INVALID_INPUT', kept: { op: expect.any(String) } });
  expect(await dan.clone.rejected()).toMatchObject([{ verb: 'update', id }]);
});
