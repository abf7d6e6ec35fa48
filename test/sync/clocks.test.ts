import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CommitRecord } from '../../src/store/port.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

// Each clone commits as a machine of its own, whatever another file of this process left in its environment.
beforeEach(() => {
  for (const key of ['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL'])
    vi.stubEnv(key, undefined);
});

/** Clones of one ledger, each with a clock that is off by so much, and an item that the first of them made. */
async function clones(off: Record<string, number>): Promise<{ world: World; all: Replica[]; id: string }> {
  const world = await makeWorld(Object.keys(off));
  const [first] = world.replicas;
  const { id } = (await first?.ledger.createWork({ title: 'Shared' })) ?? { id: '' };
  for (const replica of world.replicas) {
    replica.clock.off = off[replica.name] ?? 0;
    await replica.ledger.clone.fetch();
    replica.notices.length = 0;
  }
  return { world, all: world.replicas, id };
}

async function say({ ledger, name }: Replica, id: string): Promise<string> {
  const [outcome] = await ledger.work.batch([ledger.work.command('comment', { id, body: `By ${name}.` })]);
  return outcome?.kind === 'accepted' ? outcome.commit : '';
}

async function history({ ledger, store }: Replica): Promise<CommitRecord[]> {
  await ledger.clone.fetch();
  const found: CommitRecord[] = [];
  const tip = (await store.readRef('refs/heads/work-ledger')) ?? '';
  for await (const record of store.commits({ to: tip, changes: false })) found.push(record);
  return found;
}

/** What each clone finds, by its own clock. */
async function found(all: readonly Replica[]): Promise<{ rule: string; commit: string }[][]> {
  const findings: { rule: string; commit: string }[][] = [];
  for (const { ledger } of all) {
    await ledger.clone.fetch();
    const { findings: some } = await ledger.audit.verify({ since_last: false });
    findings.push(some.map(({ rule, commit }) => ({ rule, commit })));
  }
  return findings;
}

describe('given clocks that are off by no more than is allowed, or from one another by little more', () => {
  it.each([
    ['one is six minutes behind', { ada: 0, bob: -6 * MINUTE }],
    ['one is 200 s ahead and one 200 s behind', { ada: 200 * SECOND, bob: -200 * SECOND }],
    ['they are off as far as they may be', { ada: 300 * SECOND, bob: -300 * SECOND, cid: 0 }],
  ])('when %s, then every clone verifies clean, whatever it makes', async (_what, off) => {
    const { world, all, id } = await clones(off);
    for (let round = 0; round < 3; round += 1) {
      for (const replica of all) {
        await say(replica, id);
        world.clock.advance(20 * SECOND);
      }
    }
    expect(await found(all)).toEqual(all.map(() => []));
  });

  it('when all of them push at once and carry what others offer, then every clone verifies clean', async () => {
    const { world, all, id } = await clones({
      ada: 290 * SECOND,
      bob: -290 * SECOND,
      cid: 100 * SECOND,
      dan: -60 * SECOND,
    });
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(all.map((replica) => say(replica, id)));
      await Promise.all(all.map(({ ledger, name }) => ledger.createWork({ title: `${name} ${round}` })));
      world.clock.advance(7 * SECOND);
    }
    expect(await found(all)).toEqual(all.map(() => []));
  });

  it('when one is behind its parent, then its commit is dated as that one, and says when it was asked for', async () => {
    const { all, id } = await clones({ ada: 0, bob: -100 * SECOND });
    const [ada, bob] = all as [Replica, Replica];
    await say(ada, id);
    await say(bob, id);
    const [parent, last] = (await history(bob)).slice(-2);
    expect(last?.committer.at).toBe(parent?.committer.at);
    expect(last?.author.at).toBe((parent?.author.at ?? 0) - 100);
    expect(bob.notices).toEqual([]);
  });

  it('when pending work is decided again on a later tip, then it is dated after that', async () => {
    const { world, all, id } = await clones({ ada: 0, bob: -250 * SECOND });
    const [ada, bob] = all as [Replica, Replica];
    bob.connection.cut = true;
    await expect(say(bob, id)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    bob.connection.cut = false;
    world.clock.advance(10 * SECOND);
    await say(ada, id);
    await bob.ledger.clone.sync();
    const [parent, last] = (await history(bob)).slice(-2);
    expect(last?.committer.at).toBe(parent?.committer.at);
    expect(await found(all)).toEqual([[], []]);
  });
});

describe('given a clone whose clock is an hour ahead', () => {
  it('when it commits and an honest one goes on, then its own commit is found, in every clone', async () => {
    const { world, all, id } = await clones({ ada: 0, bob: 60 * MINUTE, cid: 0 });
    const [ada, bob, cid] = all as [Replica, Replica, Replica];
    const wrong = await say(bob, id);
    world.clock.advance(MINUTE);
    await say(ada, id);
    await say(cid, id);
    expect(await found(all)).toEqual(all.map(() => [{ rule: 'clock', commit: wrong }]));
  });

  it('when another commits on it, then that one is told first who is ahead, and does not follow', async () => {
    const { world, all, id } = await clones({ ada: 0, bob: 60 * MINUTE });
    const [ada, bob] = all as [Replica, Replica];
    const wrong = await say(bob, id);
    const before = ada.notices.length;
    await say(ada, id);
    expect(ada.notices.slice(before)).toMatchObject([{ code: 'CLOCK_AHEAD' }]);
    expect(ada.notices.at(-1)?.message).toContain(
      `60 minutes ahead of this clone's, as ${wrong.slice(0, 12)} by bob`,
    );
    const last = (await history(ada)).at(-1);
    expect(last?.committer.at).toBe(Math.floor(world.clock.now().getTime() / 1000));
  });

  it('when another looks where it stands, then it is told who is ahead, and by how much', async () => {
    const { all, id } = await clones({ ada: 0, bob: 60 * MINUTE });
    const [ada, bob] = all as [Replica, Replica];
    expect((await ada.ledger.clone.status()).ahead).toBeNull();
    const commit = await say(bob, id);
    await ada.ledger.clone.fetch();
    const ahead = { commit, actor: 'bob', machine: 'bob@example.invalid', seconds: 3600 };
    expect((await ada.ledger.clone.status()).ahead).toEqual(ahead);
    expect((await bob.ledger.clone.status()).ahead).toBeNull();
  });

  it('when it verified its own line before, then what is found since is what replaying everything finds', async () => {
    const { all, id } = await clones({ ada: 0, bob: 60 * MINUTE });
    const [ada, bob] = all as [Replica, Replica];
    const wrong = await say(bob, id);
    expect(await bob.ledger.audit.verify({ since_last: true })).toMatchObject({ ok: true });
    await say(ada, id);
    await bob.ledger.clone.fetch();
    const since = await bob.ledger.audit.verify({ since_last: true });
    expect(since.from).toBe(wrong);
    expect(since.findings).toMatchObject([{ rule: 'clock', commit: wrong }]);
    const full = await bob.ledger.audit.verify({ since_last: false });
    expect(full.findings).toEqual(since.findings);
  });
});

it('given a clone whose clock is an hour behind, when it commits on what others go on from, then its commit is found and none of theirs', async () => {
  const { world, all, id } = await clones({ ada: 0, bob: -60 * MINUTE, cid: 0 });
  const [ada, bob, cid] = all as [Replica, Replica, Replica];
  await say(ada, id);
  await say(cid, id);
  const wrong = await say(bob, id);
  expect(bob.notices).toMatchObject([{ code: 'CLOCK_AHEAD' }]);
  world.clock.advance(MINUTE);
  await say(ada, id);
  // By its own clock, its owner finds the others ahead of it as well.
  expect(await found([ada, cid])).toEqual([ada, cid].map(() => [{ rule: 'clock', commit: wrong }]));
});
