import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld } from '../helpers/replicas.ts';

// Two clones make an item under one key. There is one item. Who asked for the same is answered with that one, also who was told another id
// before; who asked for something else is told so, and what it said is kept.

let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  const world = await makeWorld(['ada', 'bob'], (name) => (name === 'bob' ? 'local' : 'push'));
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const daily = (description = '') => ({ title: 'Daily report', description, idempotency_key: 'daily' });
const used = (id: string, more: object = {}) => ({
  code: 'KEY_USED',
  details: { id, idempotency_key: 'daily', same: false, deleted: false, ...more },
});

describe('given a clone that made an item offline and was told its id', () => {
  test('when another clone shares one that asks for the same first, then the sync tells, and the id says where it went', async () => {
    const mine = await bob.createWork(daily());
    const theirs = await ada.createWork(daily());
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
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when another clone uses the key for something else first, then it is lost and kept, and names that item', async () => {
    const mine = await bob.createWork(daily('by bob'));
    const theirs = await ada.createWork(daily('by ada'));
    const report = await bob.clone.sync();
    expect(report.lost).toMatchObject([{ message: expect.stringContaining(`used for ${theirs.id}`) }]);
    expect(await bob.clone.rejected()).toMatchObject([
      { id: mine.id, verb: 'create', error: used(theirs.id) },
    ]);
    await expect(bob.query.resolveId(mine.id)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining(theirs.id),
    });
    expect(await bob.getWork(theirs.id)).toMatchObject({ description: 'by ada' });
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when it went on with that item, then what it did is of the one that stands', async () => {
    const mine = await bob.createWork(daily());
    await bob.work.comment(mine.id, 'on my way');
    const theirs = await ada.createWork(daily());
    await bob.clone.sync();
    expect((await bob.getWork(theirs.id))?.comments).toMatchObject([{ body: 'on my way' }]);
  });
});

describe('given two clones online', () => {
  let eve: WorkLedger;
  let dan: WorkLedger;
  beforeEach(async () => {
    const world = await makeWorld(['eve', 'dan']);
    [eve, dan] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  });

  test('when both ask for the same at once, then each is answered with the one that stands, and nothing is kept', async () => {
    const made = await Promise.all([eve.createWork(daily()), dan.createWork(daily())]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect([...(await eve.clone.rejected()), ...(await dan.clone.rejected())]).toEqual([]);
  });

  test('when they ask for different things at once, then one is told whose the key is', async () => {
    const made = await Promise.all([eve.work.create(daily('x')), dan.work.create(daily('y'))]);
    const [won] = made.filter(({ ok }) => ok) as { item: { id: string } }[];
    expect(made.filter(({ ok }) => !ok)).toMatchObject([used(won?.item.id ?? '')]);
  });

  test.each([
    [
      'completed',
      async (id: string) => void (await eve.work.complete(id, { claim: true, result: { said: 1 } })),
    ],
    ['cancelled', async (id: string) => void (await eve.work.cancel(id, { reason: 'x' }))],
  ])(
    'when the item was %s, then the same is answered with it in every clone, and anything else is refused',
    async (status, end) => {
      const { id } = await eve.createWork(daily());
      await end(id);
      await dan.clone.sync();
      for (const ledger of [eve, dan]) {
        expect(await ledger.createWork(daily())).toMatchObject({ id, status });
        await expect(ledger.createWork(daily('else'))).rejects.toMatchObject(used(id));
      }
      expect(await eve.query.count({ all: true })).toBe(1);
    },
  );

  test('when the item was deleted, then the same is answered with it as it last was, and anything else is refused', async () => {
    const { id } = await eve.createWork(daily());
    await eve.work.complete(id, { claim: true, result: { said: 1 } });
    await eve.work.delete(id);
    await dan.clone.sync();
    for (const ledger of [eve, dan]) {
      expect(await ledger.work.create(daily())).toMatchObject({
        ok: true,
        commit: undefined,
        item: { id, status: 'completed', result: { said: 1 } },
      });
      await expect(ledger.createWork(daily('else'))).rejects.toMatchObject(used(id, { deleted: true }));
    }
    expect(await dan.query.count({ all: true })).toBe(0);
    expect(await dan.audit.verify()).toMatchObject({ ok: true });
  });

  test('when a clone that was away asks for it again, then it is found at its next sync, and made once', async () => {
    const { id } = await eve.createWork(daily());
    await eve.work.complete(id, { claim: true });
    const made = await dan.createWork(daily());
    expect(made).toMatchObject({ id, status: 'completed' });
    expect(await dan.audit.verify()).toMatchObject({ ok: true });
  });

  test('when a batch uses a key twice, then the second is the first, or is refused', async () => {
    const commands = [daily(), daily(), daily('else')].map((fields) =>
      eve.work.command('create', { fields }),
    );
    const [first, second, third] = await eve.work.batch(commands);
    expect(first).toMatchObject({ kind: 'accepted' });
    expect(second).toMatchObject({ kind: 'unchanged', item: { idempotency_key: 'daily' } });
    expect(third).toMatchObject({ kind: 'refused', error: { code: 'KEY_USED' } });
  });

  test('when an export that has the key is imported in a clone that never read history, then it comes without the key, and that is noted', async () => {
    const { id } = await eve.createWork(daily());
    await eve.work.complete(id, { claim: true });
    await dan.clone.sync();
    const text = JSON.stringify({
      id: 'OLD-20250101-0001',
      title: 'Daily report',
      created_at: '2025-01-01T00:00:00.000Z',
      idempotency_key: 'daily',
    });
    const input = { from: 'json', files: [{ path: 'active/OLD-20250101-0001.json', text }] } as const;
    expect((await dan.admin.planImport(input)).notes).toMatchObject([{ rule: 'field' }]);
    const { failed, ids } = await dan.admin.importWork(input);
    expect(failed).toEqual([]);
    const [came = ''] = ids.values();
    expect((await dan.getWork(came))?.idempotency_key).toBeUndefined();
  });
});
