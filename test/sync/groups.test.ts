import { beforeEach, describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { makeWorld, type World } from '../helpers/replicas.ts';

// What is asked for with `atomic` stands on the shared branch whole, one commit right after the other, or not at all.

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
let one: string;
let two: string;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob', 'eve']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  one = (await ada.createWork({ title: 'One' })).id;
  two = (await ada.createWork({ title: 'Two' })).id;
  await bob.clone.sync();
});

const claims = (ledger: WorkLedger) => [
  ledger.work.command('claim', { id: one, execution_id: `exec-${ledger.actor}` }),
  ledger.work.command('claim', { id: two, execution_id: `exec-${ledger.actor}` }),
];
const statuses = async (ledger: WorkLedger): Promise<unknown[]> => {
  await ledger.clone.sync();
  return Promise.all([one, two].map(async (id) => (await ledger.getWork(id))?.owner));
};
const verified = (ledger: WorkLedger) => ledger.audit.verify();

test('given a group, when it is shared, then each commit says its place, and a single command says none', async () => {
  await ada.work.batch(claims(ada), { atomic: true });
  await ada.work.batch([ada.work.command('comment', { id: one, body: 'x' })], { atomic: true });
  const store = world.replicas[0]?.store;
  const places: (string | undefined)[] = [];
  for await (const { message } of store?.commits({ to: (await ada.query.asOf()).tip, newest: 3 }) ?? [])
    places.push(/^Work-Group: \S+ (\d+\/\d+)$/m.exec(message)?.[1]);
  expect(places).toEqual([undefined, '2/2', '1/2']);
  expect(await verified(bob)).toMatchObject({ ok: true });
});

describe('given a group in a clone that is behind', () => {
  test('when one of it is not legal any more, then none of it is, all of it is kept, and each says why', async () => {
    await ada.work.claim(two);
    const outcomes = await bob.work.batch(claims(bob), { atomic: true });
    expect(outcomes).toMatchObject([
      {
        kind: 'lost',
        error: {
          code: 'ALREADY_CLAIMED',
          message: expect.stringContaining(`together with the claim of ${two}`),
        },
      },
      { kind: 'lost', error: { code: 'ALREADY_CLAIMED', message: expect.stringContaining('ada') } },
    ]);
    expect(await statuses(ada)).toEqual([undefined, 'ada']);
    expect(await bob.clone.rejected()).toHaveLength(2);
    expect(await verified(ada)).toMatchObject({ ok: true });
  });

  test('when all of it is legal on the new tip, then all of it stands there, numbered anew', async () => {
    await ada.work.comment(one, 'x');
    const outcomes = await bob.work.batch(claims(bob), { atomic: true });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'accepted']);
    expect(await statuses(ada)).toEqual(['bob', 'bob']);
    expect(await verified(ada)).toMatchObject({ ok: true });
  });

  test('when a kept one of it is applied again, then all of it is', async () => {
    await ada.work.claim(two);
    await bob.work.batch(claims(bob), { atomic: true });
    await ada.work.release(two);
    await bob.clone.sync();
    const [kept] = await bob.clone.rejected();
    expect(await bob.clone.applyRejected(kept?.op ?? '')).toMatchObject({ ok: true });
    expect(await bob.clone.rejected()).toEqual([]);
    expect(await statuses(ada)).toEqual(['bob', 'bob']);
  });

  test('when single commands are lost around it, then it stands all the same', async () => {
    await ada.work.update(one, { set: { title: 'Of ada' } });
    const [update, comment] = [
      bob.work.command('update', { id: one, patch: { set: { title: 'Of bob' } } }),
      bob.work.command('comment', { id: two, body: 'after' }),
    ];
    const [lost, group, after] = await Promise.all([
      bob.work.batch([update]),
      bob.work.batch(claims(bob), { atomic: true }),
      bob.work.batch([comment]),
    ]);
    expect([lost, group, after].flat().map((outcome) => outcome?.kind)).toEqual([
      ...['lost', 'accepted', 'accepted', 'accepted'],
    ]);
    expect(await verified(ada)).toMatchObject({ ok: true });
  });
});

describe('given a remote that says no', () => {
  test('when it refuses one of a group, then the group is lost, and what else is pending is shared', async () => {
    const [, replica] = world.replicas;
    if (replica === undefined) throw new Error('bob has no clone');
    const { connection, store } = replica;
    connection.refusalOf = async (tip) => {
      const from = await store.readRef(connection.seenRef);
      for await (const { message } of store.commits({ from, to: tip }))
        if (message.startsWith(`claim ${two}`)) return 'not that one';
      return undefined;
    };
    const [group, single] = await Promise.all([
      bob.work.batch(claims(bob), { atomic: true }),
      bob.work.batch([bob.work.command('comment', { id: one, body: 'x' })]),
    ]);
    expect(group.map(({ kind }) => kind)).toEqual(['lost', 'lost']);
    expect(single.map(({ kind }) => kind)).toEqual(['accepted']);
    expect(await statuses(ada)).toEqual([undefined, undefined]);
  });
});

test('given a remote that is away, when a ready item is completed, then the claim is taken back, and what was to be said is kept', async () => {
  const [, replica] = world.replicas;
  if (replica !== undefined) replica.connection.cut = true;
  await expect(bob.work.complete(one, { claim: true, result: { rows: 1 } })).rejects.toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { withdrawn: [one] },
  });
  expect((await bob.getWork(one))?.status).toBe('pending');
  expect(await bob.clone.rejected()).toMatchObject([{ verb: 'complete', content: { rows: 1 } }]);
});

test('given more commands than a group may have, when they are asked for, then nothing is done', async () => {
  const many = Array.from({ length: 1_001 }, (_, n) =>
    ada.work.command('comment', { id: one, body: String(n) }),
  );
  await expect(ada.work.batch(many, { atomic: true })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
