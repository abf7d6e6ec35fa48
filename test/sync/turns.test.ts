import { beforeEach, describe, expect, test } from 'vitest';
import type { TransitionResult, WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { performExchange, TO_PUSH } from '../../src/sync/perform-exchange.ts';
import { CONTENDED, ROUND } from '../../src/sync/state-keys.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: Replica;
let bob: Replica;
let cy: Replica;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob', 'cy']);
  [ada, bob, cy] = world.replicas as [Replica, Replica, Replica];
});

const fetchAll = async (): Promise<void> => {
  for (const { ledger } of world.replicas) await ledger.clone.fetch();
};
const commentsOn = async (ledger: WorkLedger, id: string): Promise<string[]> =>
  (await ledger.getWork(id)).comments.map(({ body }) => body);

/** Whose inboxes at the remote offer something that is not on the branch. */
async function inboxes(): Promise<string[]> {
  await ada.connection.fetch('all');
  const mirror = ada.connection.inbox?.mirror ?? '';
  const clones: string[] = [];
  for (const { ref, oid } of await ada.store.listRefs(mirror)) {
    const base = await ada.store.mergeBase(oid, world.remote.tip ?? '');
    if (base !== undefined && base !== oid) clones.push(ref.slice(mirror.length));
  }
  return clones;
}

/** Lets cy, who neither offers nor carries, do something each time that anyone waits. */
function cyGoesFirst(act: (n: number) => Promise<unknown>, times: number): void {
  cy.connection.keepsToItself = true;
  let done = 0;
  let busy = false;
  world.clock.meanwhile = async () => {
    if (busy || done >= times) return;
    busy = true;
    done += 1;
    await cy.ledger.clone.fetch();
    await act(done);
    busy = false;
  };
}

/** Two lost pushes one after another: from then on a clone reckons with others. */
async function loseTwice(replica: Replica, id: string): Promise<void> {
  let lost = 0;
  replica.connection.beforePush = async () => {
    if (lost === 2) return;
    lost += 1;
    await cy.ledger.clone.fetch();
    await cy.ledger.work.comment(id, `cy was first ${lost}`);
  };
}

describe('clones that push at once', () => {
  test('given clones that all write again and again, when all is done, then each transition is there once, for few pushes', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await fetchAll();
    const rounds = 6;
    const before = world.replicas.reduce((sum, { connection }) => sum + connection.pushes, 0);
    const bodies = (name: string) => Array.from({ length: rounds }, (_, n) => `${name} ${n}`);
    await Promise.all(
      world.replicas.map(async ({ name, ledger }) => {
        for (const body of bodies(name)) await ledger.work.comment(id, body);
      }),
    );
    await fetchAll();
    const expected = ['ada', 'bob', 'cy'].flatMap(bodies);
    expect((await commentsOn(ada.ledger, id)).sort()).toEqual(expected.sort());
    const pushes = world.replicas.reduce((sum, { connection }) => sum + connection.pushes, 0) - before;
    expect(pushes).toBeLessThanOrEqual(2.5 * expected.length);
    expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true, findings: [] });
  });

  test('given a clone that lost once, when it tries again, then it is accepted without waiting', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await fetchAll();
    const start = world.clock.now().getTime();
    let lost = false;
    bob.connection.beforePush = async () => {
      if (lost) return;
      lost = true;
      await cy.ledger.work.comment(id, 'cy was first');
    };
    await bob.ledger.work.comment(id, 'bob');
    expect(await commentsOn(bob.ledger, id)).toEqual(['cy was first', 'bob']);
    expect(world.clock.now().getTime()).toBe(start);
  });
});

describe('a clone that waits', () => {
  test('given a clone whose offer is passed over again and again, when others go on without it, then it pushes by itself', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await fetchAll();
    await loseTwice(bob, id);
    cyGoesFirst((n) => cy.ledger.work.comment(id, `cy again ${n}`), 50);
    await bob.ledger.work.comment(id, 'bob');
    const bodies = await commentsOn(bob.ledger, id);
    expect(bodies.filter((body) => body === 'bob')).toHaveLength(1);
    expect(bodies.length).toBeLessThan(12);
  });

  test('given a clone that led and is gone, when others wait with their offers, then one of them pushes them all', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await fetchAll();
    await loseTwice(bob, id);
    await bob.ledger.work.comment(id, 'bob');
    await ada.ledger.clone.fetch();
    const two = await makeWorld(['dora', 'eve'], () => 'push', world.remote);
    await Promise.all(
      [ada, bob, ...two.replicas].map(({ name, ledger }) => ledger.work.comment(id, `${name} at last`)),
    );
    await fetchAll();
    const bodies = await commentsOn(cy.ledger, id);
    for (const name of ['ada', 'bob', 'dora', 'eve']) expect(bodies).toContain(`${name} at last`);
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  test('given an offer of a claim, when another claims the item, then the offer is taken back, and its clone learns who', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    const other = await ada.ledger.createWork({ title: 'Two' });
    await fetchAll();
    await loseTwice(bob, other.id);
    cyGoesFirst(() => cy.ledger.claimWork(id), 1);
    const result: TransitionResult = await bob.ledger.claimWork(id);
    expect(result).toMatchObject({ ok: false, code: 'ALREADY_CLAIMED', details: { owner: 'cy' } });
    expect(await inboxes()).toEqual([]);
  });
});

test('given a push under way, when more is asked for, then it is committed meanwhile and shares the next push', async () => {
  const { id } = await ada.ledger.createWork({ title: 'One' });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: sent, resolve: begin } = Promise.withResolvers<void>();
  const before = ada.connection.pushes;
  ada.connection.beforePush = () => {
    begin();
    return held;
  };
  const first = ada.ledger.work.comment(id, 'first');
  await sent;
  const later = ['second', 'third'].map((body) => ada.ledger.work.comment(id, body));
  while ((await commentsOn(ada.ledger, id)).length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect((await ada.ledger.clone.status()).pending).toHaveLength(3);
  release();
  await Promise.all([first, ...later]);
  expect(ada.connection.pushes - before).toBe(2);
  expect((await ada.ledger.clone.status()).pending).toEqual([]);
});

describe('a time that is up', () => {
  test('given a clone that waited for its turn, when all that it reads by then is old, then it does not wait for another such time', async () => {
    const { id } = await ada.ledger.createWork({ title: 'One' });
    const older = world.remote.tip;
    await ada.ledger.work.comment(id, 'seen');
    await fetchAll();
    const { state } = connectionOf(bob.ledger);
    state.set(CONTENDED, world.clock.now().toISOString());
    state.set(ROUND, '80000');
    world.clock.meanwhile = async () => world.remote.showAs(older);
    const before = world.clock.now().getTime();
    expect(await refusalOf(bob.ledger.work.comment(id, 'bob'))).toMatchObject({ code: 'REMOTE_STALE' });
    expect(world.clock.now().getTime() - before).toBeLessThan(63_000);
  });

  test('given someone who commits here by hand again and again, when the time is up, then that ends, and nobody is said to have been first', async () => {
    await ada.ledger.createWork({ title: 'One' });
    const { context } = await connectionOf(ada.ledger).write();
    const { store, localRef, committer } = context;
    let made = 0;
    const commitByHand = async (base: string): Promise<void> => {
      made += 1;
      const path = `${made}.txt`;
      const draft = { author: committer, authored_at: made, committer, committed_at: made };
      const drafts = [{ ...draft, message: path, changes: [{ path, bytes: Buffer.from(path) }] }];
      await store.commit({ ref: localRef, expected: base, base, drafts });
    };
    const check = async (_: unknown, to: string) => {
      world.clock.advance(10_000);
      if (made < 30) await commitByHand(to);
      return [];
    };
    await commitByHand((await ada.ledger.query.asOf()).tip);
    const nothing = {
      arrived: async () => undefined,
      shared: () => undefined,
      gained: async () => undefined,
      bar: () => undefined,
    };
    const busy = { ...context, remote: ada.connection, judge: { ...nothing, check } };
    const pushes = ada.connection.pushes;
    expect(await refusalOf(performExchange(busy, TO_PUSH))).toMatchObject({
      code: 'CONTENDED',
      details: { lost: 0 },
    });
    expect(ada.connection.pushes).toBe(pushes);
  });
});
