import { beforeEach, describe, expect, test } from 'vitest';
import { LedgerError, type WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import type { Oid } from '../../src/store/port.ts';
import { prepareOffer } from '../../src/sync/inbox.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: Replica;
let bob: Replica;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas as [Replica, Replica];
});

/** Leaves what `act` does pending in bob's clone, offered to the others in his inbox. */
async function offerOf(act: (ledger: WorkLedger) => Promise<unknown>): Promise<void> {
  bob.connection.cut = true;
  await refusalOf(act(bob.ledger));
  bob.connection.cut = false;
  const { context } = await connectionOf(bob.ledger).write();
  const made = await prepareOffer(
    { ...context, remote: bob.connection },
    (await bob.ledger.query.asOf()).tip,
  );
  await bob.connection.inbox?.publish(made.clone, made.pending, made.expected);
}

const lastTwo = async ({ ledger }: Replica) =>
  (await ledger.audit.log({ limit: 2 })).map(({ verb, actor, id }) => ({ verb, actor, id }));

test('given what a clone offers, when another pushes, then it carries that along, and its author is kept', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.comment(id, 'from bob'));
  await ada.ledger.clone.fetch();
  const before = world.remote.tip;
  await ada.ledger.work.comment(id, 'from ada');
  expect(world.remote.tip).not.toBe(before);
  expect(await lastTwo(ada)).toEqual([
    { verb: 'comment', actor: 'bob', id },
    { verb: 'comment', actor: 'ada', id },
  ]);
  const [author] = (await ada.ledger.getWork(id)).comments.slice(-1);
  expect(author).toMatchObject({ by: 'bob', body: 'from bob' });

  expect(await bob.ledger.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
  expect((await bob.ledger.query.asOf()).tip).toBe(world.remote.tip);
  expect((await bob.ledger.clone.status()).pending).toEqual([]);
});

test('given a carried transition, when its clone tries again, then it is on the branch once', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.comment(id, 'once'));
  for (const body of ['first', 'second']) {
    await ada.ledger.clone.fetch();
    await ada.ledger.work.comment(id, body);
  }
  await bob.ledger.work.comment(id, 'after');
  await ada.ledger.clone.fetch();
  const bodies = (await ada.ledger.getWork(id)).comments.map(({ body }) => body);
  expect(bodies.filter((body) => body === 'once')).toHaveLength(1);
  expect(bodies).toHaveLength(4);
});

describe('one transition that is pending in two clones, since one is a copy of the other', () => {
  /** @returns whether the branch has it once after `push` */
  async function isOnce(push: (offered: Oid) => Promise<unknown>): Promise<boolean> {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    await offerOf((ledger) => ledger.work.comment(id, 'once'));
    await ada.ledger.clone.fetch();
    await push((await bob.ledger.query.asOf()).tip);
    await ada.ledger.work.comment(id, 'from ada');
    const { comments } = await ada.ledger.getWork(id);
    return comments.filter(({ body }) => body === 'once').length === 1;
  }

  test('given a copy, when it pushes beside the offer of its original, then the branch has it once', async () => {
    const branch = connectionOf(ada.ledger).localRef;
    expect(
      await isOnce(async (offered) => ada.store.moveRef(branch, await ada.store.readRef(branch), offered)),
    ).toBe(true);
  });

  test('given offers of both, when another clone pushes, then the branch has it once', async () => {
    expect(
      await isOnce(async (offered) => {
        await bob.connection.inbox?.publish('copy', offered, undefined);
        await ada.ledger.clone.fetch();
      }),
    ).toBe(true);
  });
});

test.each<[string, (ledger: WorkLedger) => Promise<unknown>]>([
  [
    'items from elsewhere',
    (ledger) => ledger.work.batch([ledger.work.command('import', importedAs('WRK-20260103-0009'))]),
  ],
  ['settings', (ledger) => ledger.admin.configure({ max_attempts: 7 })],
])(
  'given an offer of %s beside other work, when another clone pushes, then it combines the other work alone',
  async (_, act) => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    await offerOf(async (ledger) => {
      await refusalOf(ledger.work.comment(id, 'from bob'));
      await act(ledger);
    });
    await ada.ledger.clone.fetch();
    await ada.ledger.work.comment(id, 'from ada');
    expect(await lastTwo(ada)).toEqual([
      { verb: 'comment', actor: 'bob', id },
      { verb: 'comment', actor: 'ada', id },
    ]);
    expect(await bob.ledger.clone.sync()).toMatchObject({ accepted: 2, lost: [] });
    expect((await bob.ledger.clone.status()).pending).toEqual([]);
  },
);

describe('what an offer of others costs', () => {
  /** How many commits ada reads, without their files. */
  async function readWhile(act: () => Promise<unknown>): Promise<number> {
    const store = await connectionOf(ada.ledger).store();
    const commits = store.commits.bind(store);
    let read = 0;
    store.commits = async function* (query) {
      for await (const record of commits(query)) {
        read += 1;
        yield record;
      }
    };
    await act();
    store.commits = commits;
    return read;
  }

  /** Bob offers what is not legal any more, and ada goes on by so many commits since. */
  async function deadOffer(commits: number): Promise<string> {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    await offerOf((ledger) => ledger.work.assign(id, 'cy'));
    ada.connection.keepsToItself = true;
    await ada.ledger.claimWork(id);
    await ada.ledger.work.batch(
      Array.from({ length: commits }, (_, n) => ada.ledger.work.command('comment', { id, body: `${n}` })),
    );
    ada.connection.keepsToItself = false;
    await ada.ledger.clone.fetch();
    return id;
  }

  test('given one that is old, when another clone pushes, then nothing of what came since is read for it', async () => {
    const id = await deadOffer(60);
    world.clock.advance(200_000);
    await ada.ledger.clone.fetch();
    expect(await readWhile(() => ada.ledger.work.comment(id, 'much later'))).toBeLessThan(20);
  });

  test('given one that cannot be accepted, when another clone pushes again and again, then what came since is read once', async () => {
    const id = await deadOffer(60);
    expect(await readWhile(() => ada.ledger.work.comment(id, 'first'))).toBeGreaterThan(60);
    expect(await readWhile(() => ada.ledger.work.comment(id, 'second'))).toBeLessThan(25);
  });
});

function importedAs(id: string) {
  const at = '2026-01-03T10:00:00.000Z';
  const item = {
    id,
    title: 'Imported',
    type: 'task' as const,
    priority: 'medium' as const,
    status: 'pending' as const,
    labels: [],
    description: '',
    acceptance: [],
    context: {},
    dependencies: [],
    links: [],
    created_at: at,
    created_by: 'bob',
    updated_at: at,
    attempts: 0,
    comments: [],
  };
  return { id, item };
}

test('given an offer that is not legal any more, when another pushes, then it is left to its owner, who learns why', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.assign(id, 'cy'));
  await ada.ledger.clone.fetch();
  await ada.ledger.claimWork(id);
  expect((await ada.ledger.audit.log({ limit: 1 }))[0]).toMatchObject({ verb: 'claim', actor: 'ada' });
  expect(await bob.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{ id }] });
  expect(await bob.ledger.clone.rejected()).toMatchObject([
    { verb: 'assign', actor: 'bob', error: { code: 'ILLEGAL_TRANSITION' } },
  ]);
  await ada.ledger.clone.fetch();
  await ada.ledger.work.comment(id, 'what was lost is not offered any more');
  expect((await ada.ledger.audit.log({ limit: 1 }))[0]).toMatchObject({ verb: 'comment' });
});

describe('inboxes of clones that are gone', () => {
  const inboxes = (): string[] => [...world.remote.inboxes.keys()].sort();

  test('given one that nobody moved for a day, when another clone syncs, then it goes, and its clone goes on without it', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    await offerOf((ledger) => ledger.work.comment(id, 'from bob'));
    await ada.ledger.clone.sync();
    expect(inboxes()).toEqual(['bob']);
    world.clock.advance(23 * 3_600_000);
    await ada.ledger.clone.sync();
    expect(inboxes()).toEqual(['bob']);
    world.clock.advance(2 * 3_600_000);
    await ada.ledger.clone.sync();
    expect(inboxes()).toEqual([]);
    expect(await bob.ledger.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
    await offerOf((ledger) => ledger.work.comment(id, 'again'));
    expect(inboxes()).toEqual(['bob']);
  });

  test('given one that its clone moved since it was read, when another clone syncs, then it stays', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    await offerOf((ledger) => ledger.work.comment(id, 'from bob'));
    const [name = ''] = world.remote.inboxes.keys();
    const moved = world.remote.tip;
    world.clock.advance(25 * 3_600_000);
    ada.connection.beforeRetract = async () => world.remote.setBeside('inboxes', name, moved);
    await ada.ledger.clone.sync();
    expect([...world.remote.inboxes]).toEqual([[name, moved]]);
  });
});

test('given a branch that cannot move where it is checked out, when that shows only after a push was taken, then the transition is told as accepted', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.comment(id, 'from bob'));
  await ada.ledger.clone.fetch();
  const store = await connectionOf(ada.ledger).store();
  const [moveRef, tip] = [store.moveRef, world.remote.tip];
  store.moveRef = async (ref, ...move) => {
    if (ref === 'refs/heads/work-ledger' && world.remote.tip !== tip)
      throw new LedgerError('CHECKED_OUT', 'It is checked out.', {
        details: { branch: 'work-ledger', work_tree: '/clone', paths: [] },
      });
    return moveRef.call(store, ref, ...move);
  };
  expect(await ada.ledger.work.comment(id, 'from ada')).toMatchObject({ ok: true, where: 'remote' });
  store.moveRef = moveRef;
  await ada.ledger.clone.sync();
  expect((await ada.ledger.query.asOf()).tip).toBe(world.remote.tip);
});

test('given a remote that takes no refs together, when pushes would carry what others offer, then one is wasted, and again after a day', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.comment(id, 'from bob'));
  ada.connection.movesEachAlone = true;
  const pushesFor = async (body: string): Promise<number> => {
    await ada.ledger.clone.fetch();
    const before = ada.connection.pushes;
    await ada.ledger.work.comment(id, body);
    return ada.connection.pushes - before;
  };
  expect([await pushesFor('first'), await pushesFor('second'), await pushesFor('third')]).toEqual([2, 1, 1]);
  world.clock.advance(24 * 60 * 60 * 1000);
  for (const name of world.remote.inboxes.keys()) world.remote.setBeside('inboxes', name, undefined);
  await bob.ledger.clone.fetch();
  await offerOf((ledger) => ledger.work.comment(id, 'from bob again'));
  expect(await pushesFor('fourth')).toBe(2);
});
