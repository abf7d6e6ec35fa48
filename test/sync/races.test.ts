import { beforeEach, describe, expect, test } from 'vitest';
import { itemOf, type LostRace, type WorkLedger } from '../../src/index.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
let cy: WorkLedger;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob', 'cy']);
  [ada, bob, cy] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger, WorkLedger];
});

const replica = (index: number): Replica => world.replicas[index] as Replica;
const everyone = async (): Promise<void> => {
  for (const { ledger } of world.replicas) await ledger.clone.sync();
};

describe('claims', () => {
  test('given many clones, when all claim one item, then one wins and the others learn who', async () => {
    const work = await ada.createWork({ title: 'One' });
    await Promise.all([bob.clone.fetch(), cy.clone.fetch()]);
    const results = await Promise.all([ada, bob, cy].map((ledger) => ledger.claimWork(work.id)));
    const winners = results.filter(({ ok }) => ok);
    expect(winners).toHaveLength(1);
    const { owner } = itemOf(winners[0] as (typeof results)[0]);
    for (const lost of results.filter(({ ok }) => !ok) as LostRace[]) {
      expect(lost).toMatchObject({ code: 'ALREADY_CLAIMED', details: { owner, epoch: 1 } });
      expect(lost.message).toContain(`${owner} holds it`);
    }
  });

  test('given a claim that lost, when it is tried again after a release, then it takes place and is kept no longer', async () => {
    const work = await ada.createWork({ title: 'One' });
    await bob.clone.fetch();
    await ada.claimWork(work.id);
    const lost = await bob.claimWork(work.id, { execution_id: 'exec-bob' });
    expect(lost).toMatchObject({ ok: false, kept: { ref: expect.stringContaining('rejected/') } });
    const [entry] = await bob.clone.rejected();
    expect(entry).toMatchObject({ id: work.id, verb: 'claim', actor: 'bob' });
    await ada.releaseWork(work.id);
    await bob.clone.fetch();
    expect(itemOf(await bob.clone.applyRejected(entry?.op ?? ''))).toMatchObject({
      owner: 'bob',
      claim: { epoch: 2 },
    });
    expect(await bob.clone.rejected()).toEqual([]);
  });

  test('given a claim that lost, when it is dropped, then it is gone', async () => {
    const work = await ada.createWork({ title: 'One' });
    await bob.clone.fetch();
    await ada.claimWork(work.id);
    await bob.claimWork(work.id);
    const [entry] = await bob.clone.rejected();
    await bob.clone.dropRejected(entry?.op ?? '');
    expect(await bob.clone.rejected()).toEqual([]);
    await expect(bob.clone.dropRejected(entry?.op ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('given a holder who was superseded, when it completes, then it is refused and told who holds it now', async () => {
    const work = await ada.createWork({ title: 'One' });
    const first = itemOf(await ada.claimWork(work.id));
    await bob.clone.fetch();
    world.clock.advance(26 * 3_600_000);
    expect((await bob.recoverOrphanedWork()).map(({ id }) => id)).toEqual([work.id]);
    await bob.claimWork(work.id);
    const late = await ada.completeWork(work.id, { epoch: first.claim?.epoch, result: { found: 'it' } });
    expect(late).toMatchObject({ ok: false, code: 'STALE_EPOCH', details: { owner: 'bob', epoch: 2 } });
    const [kept] = await ada.clone.rejected();
    expect(kept?.commit.after?.result).toEqual({ found: 'it' });
  });

  test('given a recovery of work whose holder just gave a sign of life, when both are pushed, then the work stays held', async () => {
    const work = await ada.createWork({ title: 'One' });
    await ada.claimWork(work.id);
    await bob.clone.fetch();
    world.clock.advance(26 * 3_600_000);
    await ada.work.checkpoint(work.id, { step: 'still here' });
    expect(await bob.recoverOrphanedWork()).toEqual([]);
    expect(await bob.query.find(work.id)).toMatchObject({ status: 'in_progress', owner: 'ada' });
  });
});

describe('limits', () => {
  test('given a swarm with room for one, when two clones claim two of its items at once, then one wins and the other learns why', async () => {
    await ada.admin.configure({ limits: { swarm: { dev: 1 } } });
    const one = await ada.createWork({ title: 'One', swarm_name: 'dev' });
    const two = await ada.createWork({ title: 'Two', swarm_name: 'dev' });
    await Promise.all([bob.clone.fetch(), cy.clone.fetch()]);
    const results = await Promise.all([bob.claimWork(one.id), cy.claimWork(two.id)]);
    const [lost] = results.filter(({ ok }) => !ok);
    expect(lost).toMatchObject({
      code: 'LIMIT_REACHED',
      details: { limits: [{ kind: 'swarm', name: 'dev' }] },
    });
    await everyone();
    expect(await ada.getInProgress()).toHaveLength(1);
    expect(await ada.audit.verify()).toMatchObject({ ok: true });
  });

  test('given two clones that change limits at once, when both are settled, then both changes stand', async () => {
    await bob.clone.fetch();
    await Promise.all([
      ada.admin.configure({ limits: { owner: { ada: 1 } } }),
      bob.admin.configure({ limits: { owner: { bob: 2 } } }),
    ]);
    await everyone();
    expect((await cy.query.settings()).limits).toEqual({ owner: { ada: 1, bob: 2 } });
    expect(await cy.audit.verify()).toMatchObject({ ok: true });
  });
});

describe('ids', () => {
  test('given two clones that create at once, when one loses the number, then it takes the next before it returns', async () => {
    const made = await Promise.all([ada, bob, cy].map((ledger) => ledger.createWork({ title: 'New' })));
    expect(made.map(({ id }) => id.slice(-4)).sort()).toEqual(['0001', '0002', '0003']);
  });

  test('given a family in one batch that loses its number, when it is decided again, then the child follows its parent', async () => {
    await bob.clone.fetch();
    await ada.createWork({ title: 'First' });
    const [parent, child] = await bob.work.batch([
      bob.work.command('create', { fields: { title: 'Parent' } }),
      ([made]) =>
        bob.work.command('create', {
          fields: { title: 'Child', parent_id: made?.kind === 'accepted' ? made.item?.id : '' },
        }),
    ]);
    if (parent?.kind !== 'accepted' || child?.kind !== 'accepted') throw new Error('both are legal');
    expect(parent.item?.id).toMatch(/-0002$/);
    expect(child.item?.parent_id).toBe(parent.item?.id);
  });

  test('given the newest item was deleted, when another clone creates one, then it does not get that number', async () => {
    const work = await ada.createWork({ title: 'One' });
    await ada.work.cancel(work.id);
    await ada.work.delete(work.id);
    const fresh = await makeWorld(['dora'], () => 'push', world.remote);
    const [dora] = fresh.replicas;
    expect((await dora?.ledger.createWork({ title: 'Two' }))?.id).toMatch(/-0002$/);
    expect((await ada.audit.history(work.id)).map(({ verb }) => verb)).toEqual([
      'create',
      'cancel',
      'delete',
    ]);
  });

  test('given no remote in reach, when work is created, then its id is drawn at random and stays', async () => {
    replica(0).connection.cut = true;
    const failure = await ada.createWork({ title: 'Alone' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'REMOTE_UNREACHABLE', details: { saved: [{ verb: 'create' }] } });
    const [alone] = await ada.query.list();
    expect(alone?.id).toMatch(/-(?=.*[a-z])[0-9a-z]{8}$/);
    replica(0).connection.cut = false;
    await ada.clone.sync();
    await bob.clone.fetch();
    expect(await bob.query.find(alone?.id ?? '')).toMatchObject({ title: 'Alone' });
  });

  test('given one idempotency key in two clones, when both create, then there is one item and both have it', async () => {
    await Promise.all([ada.clone.fetch(), bob.clone.fetch()]);
    const made = await Promise.all(
      [ada, bob].map((ledger) => ledger.createWork({ title: 'Once', idempotency_key: 'k1' })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await everyone();
    expect(await ada.query.list()).toHaveLength(1);
  });
});

describe('consequences', () => {
  test('given work blocked by an item, when that completes, then it is unblocked by a commit of its own, once', async () => {
    const blocker = await ada.createWork({ title: 'Blocker' });
    const work = await ada.createWork({ title: 'Blocked' });
    await ada.claimWork(work.id);
    await ada.blockWork(work.id, { reason: 'needs the other', blocker_id: blocker.id });
    await bob.clone.fetch();
    await bob.completeWork(blocker.id, { claim: true });
    expect(await bob.query.find(work.id)).toMatchObject({ status: 'in_progress', owner: 'ada' });
    await everyone();
    const verbs = (await ada.audit.log({ limit: 3 })).map(({ verb, id }) => `${verb} ${id}`);
    expect(verbs).toEqual([`unblock ${work.id}`, `complete ${blocker.id}`, `claim ${blocker.id}`]);
  });

  test('given an item that was blocked elsewhere meanwhile, when its blocker completes on an older tip, then replay unblocks it too', async () => {
    const blocker = await ada.createWork({ title: 'Blocker' });
    const work = await ada.createWork({ title: 'Blocked' });
    await ada.claimWork(blocker.id);
    await bob.clone.fetch();
    await bob.blockWork(work.id, { reason: 'waits', blocker_id: blocker.id });
    await ada.completeWork(blocker.id);
    expect(await ada.query.find(work.id)).toMatchObject({ status: 'pending' });
  });
});

describe('one clone, many callers', () => {
  test('given 32 callers at once, when all create, then few pushes carry all of it', async () => {
    let pushes = 0;
    const { connection } = replica(0);
    const push = connection.push.bind(connection);
    connection.push = (tip, offer) => {
      pushes += 1;
      return push(tip, offer);
    };
    const made = await Promise.all(
      Array.from({ length: 32 }, (_, n) => ada.createWork({ title: `Work ${n}` })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(32);
    expect(pushes).toBeLessThanOrEqual(2);
  });

  test('given a batch with an illegal command, when it runs, then the others take place; an atomic one does nothing', async () => {
    const work = await ada.createWork({ title: 'One' });
    const commands = () => [
      ada.work.command('comment', { id: work.id, body: 'before' }),
      ada.work.command('complete', { id: work.id, result: undefined }),
    ];
    const loose = await ada.work.batch(commands());
    expect(loose.map(({ kind }) => kind)).toEqual(['accepted', 'refused']);
    const atomic = await ada.work.batch(commands(), { atomic: true });
    expect(atomic.map(({ kind }) => kind)).toEqual(['refused', 'refused']);
    expect((await ada.query.find(work.id))?.comments).toHaveLength(1);
  });
});

describe('without the remote', () => {
  test('given a cut connection, when work is claimed, then nothing is made and later transitions still are', async () => {
    const work = await ada.createWork({ title: 'One' });
    world.clock.advance(60_000);
    replica(0).connection.cut = true;
    await expect(ada.claimWork(work.id)).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      details: { saved: [] },
    });
    await expect(ada.work.comment(work.id, 'from the train')).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      details: { saved: [{ verb: 'comment', id: work.id }] },
    });
    replica(0).connection.cut = false;
    expect(await ada.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
    expect(await ada.query.find(work.id)).toMatchObject({
      status: 'pending',
      comments: [{ body: 'from the train' }],
    });
  });

  test('given an answer that was lost, when the clone asks, then the transition is found and not made again', async () => {
    const work = await ada.createWork({ title: 'One' });
    replica(0).connection.loseNextAnswer = true;
    // Why it cannot be asked now is told, and not how the push before that ended.
    await expect(ada.work.comment(work.id, 'once')).rejects.toMatchObject({
      code: 'REMOTE_UNREACHABLE',
      message: expect.stringContaining('the connection is cut'),
      details: { unknown: true },
    });
    await bob.clone.sync();
    await bob.work.comment(work.id, 'twice');
    replica(0).connection.cut = false;
    await ada.clone.sync();
    expect((await ada.query.find(work.id))?.comments.map(({ body }) => body)).toEqual(['once', 'twice']);
  });

  test('given a rewritten remote, when a clone that saw the old one writes, then it stops, and nothing here is lost', async () => {
    const work = await ada.createWork({ title: 'One' });
    const [first] = (await ada.audit.log({ limit: 10 })).slice(-1);
    world.remote.setTip(first?.commit);
    await expect(ada.work.comment(work.id, 'hello')).rejects.toMatchObject({ code: 'HISTORY_REWRITTEN' });
    expect(world.remote.tip).toBe(first?.commit);
    expect((await ada.query.find(work.id))?.comments).toHaveLength(1);
  });

  test('given a hook that refuses, when a transition is pushed, then it is lost for good and kept', async () => {
    const work = await ada.createWork({ title: 'One' });
    world.remote.refusePushes('not on a Sunday');
    expect(await ada.work.comment(work.id, 'hello')).toMatchObject({ ok: false, code: 'REMOTE_REFUSED' });
    world.remote.refusePushes(undefined);
    expect((await ada.clone.status()).pending).toEqual([]);
    expect((await ada.clone.rejected()).map(({ verb }) => verb)).toEqual(['comment']);
  });
});

describe('an item that is not made', () => {
  const at = '2026-01-03T10:00:00.000Z';

  test('given a number that went to another, when what was meant for it is decided again, then the other is left alone', async () => {
    const limited = {
      roles: { leads: { members: ['ada'] } },
      allow: [{ verbs: ['create' as const], types: ['bug' as const], roles: ['leads'] }],
    };
    replica(1).connection.beforePush = async () => {
      replica(1).connection.beforePush = async () => undefined;
      await ada.createWork({ title: 'Of ada' });
      await ada.admin.configure(limited);
    };
    const id = 'WRK-20260103-0001';
    const outcomes = await bob.work.batch([
      { ...bob.work.command('create', { id, fields: { title: 'Parent', type: 'bug' } }), at },
      bob.work.command('create', { fields: { title: 'Child', parent_id: id } }),
      bob.work.command('create', { fields: { title: 'Next', dependencies: [id] } }),
      bob.work.command('create', { fields: { title: 'Near', links: [{ kind: 'related', target: id }] } }),
      bob.work.command('comment', { id, body: 'for the parent' }),
      bob.work.command('update', { id, patch: { set: { title: 'Parent, too' } } }),
    ]);
    expect(outcomes.map((one) => (one.kind === 'lost' ? one.error.code : one.kind))).toEqual([
      'POLICY_DENIED',
      'UNKNOWN_REFERENCE',
      'UNKNOWN_REFERENCE',
      'accepted',
      'NOT_FOUND',
      'NOT_FOUND',
    ]);
    expect(await bob.getWork(id)).toMatchObject({ title: 'Of ada', rev: 1, comments: [] });
    const [, near] = await bob.query.list();
    expect(near).toMatchObject({ title: 'Near', links: [] });
    expect((await bob.clone.rejected()).length).toBe(5);
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });
});
