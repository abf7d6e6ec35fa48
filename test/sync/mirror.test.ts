import { beforeEach, describe, expect, test } from 'vitest';
import { itemOf } from '../../src/index.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { addReplica, makeWorld, type Replica, type World } from '../helpers/replicas.ts';

/** Writes in one place, and reads in another that follows it. */
let world: World;
let mirror: MemoryRemote;
let ada: Replica;
let bob: Replica;
let id: string;

const advance = (ms: number): void => world.clock.advance(ms);

beforeEach(async () => {
  world = await makeWorld(['eve']);
  const [eve] = world.replicas as [Replica];
  ({ id } = await eve.ledger.createWork({ title: 'One' }));
  mirror = new MemoryRemote();
  await mirror.follow(world.remote);
  ada = await addReplica(world, 'ada', { reads: mirror });
  bob = await addReplica(world, 'bob', { reads: mirror });
});

/** The mirror catches up once someone has waited for so long. */
function catchUpAfter(ms: number): void {
  const at = world.clock.now().getTime() + ms;
  world.clock.meanwhile = async () => {
    if (world.clock.now().getTime() >= at) await mirror.follow(world.remote);
  };
}

describe('given a remote that is read at a mirror of where it is written', () => {
  test('when the mirror shows a claim in time, then it is told as won on the remote', async () => {
    catchUpAfter(5_000);
    const claimed = await ada.ledger.claimWork(id);
    expect(itemOf(claimed)).toMatchObject({ owner: 'ada', claim: { epoch: 1 } });
    expect(claimed).toMatchObject({ where: 'remote' });
    expect(mirror.tip).toBe(world.remote.tip);
  });

  test('when the mirror does not show a claim in time, then it is told as unknown, waits, and is settled by a later sync', async () => {
    const refusal = await refusalOf(ada.ledger.claimWork(id));
    expect(refusal).toMatchObject({
      code: 'REMOTE_STALE',
      details: { unknown: true, withdrawn: [], saved: [], sent: [{ verb: 'claim', id }] },
    });
    expect((await ada.ledger.clone.status()).pending).toMatchObject([{ verb: 'claim', id }]);
    expect(await refusalOf(ada.ledger.clone.sync())).toMatchObject({ code: 'REMOTE_STALE' });
    await mirror.follow(world.remote);
    expect(await ada.ledger.clone.sync()).toMatchObject({ lost: [], tip: mirror.tip });
    expect((await ada.ledger.clone.status()).pending).toEqual([]);
    expect(await ada.ledger.query.find(id)).toMatchObject({ owner: 'ada', claim: { epoch: 1 } });
    expect(await ada.ledger.audit.verify()).toMatchObject({ ok: true });
  });

  test('when the mirror is away after a claim was taken, then the claim is not withdrawn, and told as unknown', async () => {
    ada.connection.beforePush = async () => mirror.goAway();
    expect(await refusalOf(ada.ledger.claimWork(id))).toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      details: { unknown: true, withdrawn: [], saved: [], sent: [{ verb: 'claim', id }] },
    });
    mirror.comeBack();
    await mirror.follow(world.remote);
    expect(await ada.ledger.clone.sync()).toMatchObject({ lost: [], tip: mirror.tip });
    expect(await ada.ledger.query.find(id)).toMatchObject({ owner: 'ada' });
  });

  test('when more is written before it is read, then it builds on what was taken, and each is there once', async () => {
    await refusalOf(ada.ledger.work.comment(id, 'one'));
    await refusalOf(ada.ledger.work.comment(id, 'two'));
    catchUpAfter(1_000);
    await ada.ledger.work.comment(id, 'three');
    expect((await ada.ledger.getWork(id)).comments.map(({ body }) => body)).toEqual(['one', 'two', 'three']);
    expect(await ada.ledger.clone.status()).toMatchObject({ pending: [] });
  });

  test('when another clone was first and the mirror does not show it yet, then it waits for that and tells the holder', async () => {
    await refusalOf(ada.ledger.claimWork(id));
    catchUpAfter(2_000);
    expect(await bob.ledger.claimWork(id)).toMatchObject({
      ok: false,
      code: 'ALREADY_CLAIMED',
      details: { owner: 'ada' },
    });
  });

  test('when another clone was first and the mirror never shows it, then nothing is made, and nobody is said to be first', async () => {
    await refusalOf(ada.ledger.claimWork(id));
    expect(await refusalOf(bob.ledger.claimWork(id))).toMatchObject({
      code: 'REMOTE_STALE',
      details: { unknown: false, withdrawn: [id] },
    });
    expect((await bob.ledger.clone.status()).pending).toEqual([]);
  });

  test('when the answer to a push is lost, then it is found at the mirror, and made once', async () => {
    ada.connection.loseNextPush = true;
    catchUpAfter(1_000);
    await ada.ledger.work.comment(id, 'once');
    expect((await ada.ledger.getWork(id)).comments).toHaveLength(1);
  });
});

describe('given a remote that is written in another repository than it is read in', () => {
  const forked = async (name: string): Promise<{ replica: Replica; fork: MemoryRemote }> => {
    const fork = new MemoryRemote();
    await fork.follow(world.remote);
    return { replica: await addReplica(world, name, { reads: world.remote, writes: fork }), fork };
  };

  test('when two clones claim one item, each in a fork of its own, then neither is told that it holds it', async () => {
    const [cy, dora] = [await forked('cy'), await forked('dora')];
    for (const { replica } of [cy, dora])
      expect(await refusalOf(replica.ledger.claimWork(id))).toMatchObject({
        code: 'REMOTE_STALE',
        details: { unknown: true },
      });
    const [eve] = world.replicas as [Replica];
    expect(itemOf(await eve.ledger.claimWork(id))).toMatchObject({ owner: 'eve' });
    expect(await cy.replica.ledger.clone.sync()).toMatchObject({ accepted: 0, lost: [{ id }] });
    expect(await cy.replica.ledger.query.find(id)).toMatchObject({ owner: 'eve' });
  });

  test('when the two have parted, then both are named, nothing is written, and what was said waits', async () => {
    const { replica, fork } = await forked('cy');
    await refusalOf(replica.ledger.work.comment(id, 'in the fork'));
    const [eve] = world.replicas as [Replica];
    await eve.ledger.work.comment(id, 'where it is read');
    await replica.ledger.clone.fetch();
    const [before, read] = [fork.tip, world.remote.tip];
    const refusal = await refusalOf(replica.ledger.work.comment(id, 'again'));
    expect(refusal).toMatchObject({
      code: 'DIFFERENT_REMOTES',
      details: { read: 'memory:', written: 'memory:written' },
    });
    expect(refusal.message).toMatch(/read at memory: and written at memory:written/);
    expect([fork.tip, world.remote.tip]).toEqual([before, read]);
    expect((await replica.ledger.clone.status()).pending).toHaveLength(2);
  });

  test.each([
    ['has no ledger', async (_: MemoryRemote) => undefined],
    ['is behind', async (fork: MemoryRemote) => fork.follow(world.remote)],
  ])('when the one that is written %s, then that is told at once', async (_, prepare) => {
    const fork = new MemoryRemote();
    await prepare(fork);
    const [eve] = world.replicas as [Replica];
    await eve.ledger.work.comment(id, 'later');
    const cy = await addReplica(world, 'cy', { reads: world.remote, writes: fork });
    const before = world.clock.now().getTime();
    expect(await refusalOf(cy.ledger.work.comment(id, 'x'))).toMatchObject({ code: 'DIFFERENT_REMOTES' });
    expect(world.clock.now().getTime() - before).toBeLessThan(1_000);
  });
});

describe('given a remote whose readings can be older than what was read before', () => {
  let eve: Replica;
  let older: string | undefined;

  beforeEach(async () => {
    [eve] = world.replicas as [Replica];
    older = world.remote.tip;
    await eve.ledger.work.comment(id, 'seen');
    world.remote.showAs(older);
  });

  test('when a later reading is up to date, then nothing is told of it', async () => {
    world.clock.meanwhile = async () => world.remote.showAs('now');
    await eve.ledger.clone.fetch();
    await eve.ledger.work.comment(id, 'more');
    expect((await eve.ledger.getWork(id)).comments).toHaveLength(2);
  });

  test.each([['an older tip'], ['no branch']])(
    'when all it shows is %s until the time is up, then that is told, and not that history was rewritten',
    async (what) => {
      if (what === 'no branch') world.remote.showAs(undefined);
      advance(10_000);
      expect(await refusalOf(eve.ledger.claimWork(id))).toMatchObject({
        code: 'REMOTE_STALE',
        details: { unknown: false, saved: [], withdrawn: [] },
      });
      world.remote.showAs('now');
      expect(itemOf(await eve.ledger.claimWork(id))).toMatchObject({ owner: 'eve' });
    },
  );

  test('when a push breaks off, and no later reading is up to date, then what a sync tells of it is that nobody knows', async () => {
    world.remote.showAs('now');
    await refusalOf(cutOff(() => eve.ledger.work.comment(id, 'waits')));
    eve.connection.loseNextPush = true;
    eve.connection.beforePush = async () => world.remote.showAs(older);
    expect(await refusalOf(eve.ledger.clone.sync())).toMatchObject({
      code: 'REMOTE_STALE',
      details: { unknown: true },
    });
  });

  /** Does something while the remote is away. */
  async function cutOff<T>(act: () => Promise<T>): Promise<T> {
    eve.connection.cut = true;
    try {
      return await act();
    } finally {
      eve.connection.cut = false;
    }
  }

  test('when the branch was set back in truth, then that is told at once', async () => {
    world.remote.showAs('now');
    world.remote.setTip(older);
    const before = world.clock.now().getTime();
    expect(await refusalOf(eve.ledger.clone.sync())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
    expect(world.clock.now().getTime()).toBe(before);
  });

  test('when nobody can tell which it is, as without the right to push, then it is asked until the time is up, and told as rewritten', async () => {
    eve.connection.mayNotPush = true;
    const before = world.clock.now().getTime();
    expect(await refusalOf(eve.ledger.clone.fetch())).toMatchObject({ code: 'HISTORY_REWRITTEN' });
    expect(world.clock.now().getTime() - before).toBeGreaterThanOrEqual(60_000);
  });
});

test('given one address, when a transition is made, then the answer to its push is all that is asked', async () => {
  const [eve] = world.replicas as [Replica];
  await eve.ledger.work.comment(id, 'first');
  const { fetches, pushes } = eve.connection;
  await eve.ledger.work.comment(id, 'second');
  expect([eve.connection.fetches - fetches, eve.connection.pushes - pushes]).toEqual([0, 1]);
});
