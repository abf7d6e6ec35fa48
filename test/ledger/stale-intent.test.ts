import { beforeEach, describe, expect, test } from 'vitest';
import type { TransitionResult, WorkLedger } from '../../src/index.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

// What a caller decides, it decides on what its clone shows as the call begins. Where the item is another by the time that the shared
// branch has it, and the difference is one that the caller went by, nothing happens, and the caller is told what changed and by whom.

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = (world.replicas as [Replica, Replica]).map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const make = async (fields: object = {}): Promise<string> =>
  (await bob.createWork({ title: 'One', description: 'first', context: { branch: 'a' }, ...fields })).id;

async function finish(id: string, how: 'complete' | 'fail' | 'submit'): Promise<void> {
  await ada.work.claim(id);
  if (how === 'complete') await ada.work.complete(id, { result: { at: how } });
  else if (how === 'fail') await ada.work.fail(id, { error: 'boom' });
  else await ada.work.submit(id, { result: { at: how } });
}

interface Case {
  /** What bob sees. */
  seen(id: string): Promise<unknown>;
  /** What ada does since. */
  since(id: string): Promise<unknown>;
  /** What bob asks for, in a clone that is merely behind. */
  asks(id: string): Promise<TransitionResult>;
  fields: string[];
}

const CASES: Record<string, Case> = {
  'approves a submission that was replaced': {
    seen: (id) => finish(id, 'submit'),
    since: async (id) => {
      await ada.work.withdraw(id);
      await ada.work.submit(id, { result: { at: 'unseen' } });
    },
    asks: (id) => bob.work.approve(id),
    fields: ['review.requested_at'],
  },
  'rejects a submission that was replaced': {
    seen: (id) => finish(id, 'submit'),
    since: async (id) => {
      await ada.work.withdraw(id);
      await ada.work.submit(id, { result: { at: 'unseen' } });
    },
    asks: (id) => bob.work.reject(id, { reason: 'the first one' }),
    fields: ['review.requested_at'],
  },
  'reopens what succeeded since it failed': {
    seen: (id) => finish(id, 'fail'),
    since: async (id) => {
      await ada.work.reopen(id, { reason: 'again' });
      await finish(id, 'complete');
    },
    asks: (id) => bob.work.reopen(id, { reason: 'a flake' }),
    fields: ['status', 'completed_at', 'result', 'error'],
  },
  'deletes what was done again': {
    seen: (id) => finish(id, 'complete'),
    since: async (id) => {
      await ada.work.reopen(id, { reason: 'again' });
      await finish(id, 'complete');
    },
    asks: (id) => bob.work.delete(id),
    fields: ['completed_at'],
  },
  'retries what failed again': {
    seen: (id) => finish(id, 'fail'),
    since: async (id) => {
      await ada.work.retry(id, { not_before: null });
      await finish(id, 'fail');
    },
    asks: (id) => bob.work.retry(id),
    fields: ['completed_at'],
  },
  'cancels what someone took up': {
    seen: async () => undefined,
    since: (id) => ada.work.claim(id),
    asks: (id) => bob.work.cancel(id),
    fields: ['owner', 'claim.claimed_at'],
  },
  'cancels what another execution holds by now': {
    seen: (id) => ada.work.claim(id),
    since: async (id) => {
      await ada.work.release(id);
      await ada.work.claim(id);
    },
    asks: (id) => bob.work.cancel(id),
    fields: ['claim.claimed_at'],
  },
  'unblocks what is blocked for another reason': {
    seen: (id) => ada.work.block(id, { reason: 'one' }),
    since: async (id) => {
      await ada.work.unblock(id);
      await ada.work.block(id, { reason: 'two' });
    },
    asks: (id) => bob.work.unblock(id),
    fields: ['block.reason', 'block.since'],
  },
  'assigns what was assigned to another': {
    seen: async () => undefined,
    since: (id) => ada.work.assign(id, 'carol'),
    asks: (id) => bob.work.assign(id, 'dave'),
    fields: ['owner'],
  },
  'writes a description that was written anew': {
    seen: async () => undefined,
    since: (id) => ada.work.update(id, { set: { description: 'a page by ada' } }),
    asks: (id) => bob.work.update(id, { set: { description: 'a word by bob' } }),
    fields: ['description'],
  },
  'sets a key of the context that was set': {
    seen: async () => undefined,
    since: (id) => ada.work.update(id, { context: { branch: 'b' } }),
    asks: (id) => bob.work.update(id, { context: { branch: 'c' } }),
    fields: ['context.branch'],
  },
};

describe.each(Object.entries(CASES))(
  'given a clone that is behind, when it %s',
  (_, { seen, since, asks, fields }) => {
    let id: string;
    beforeEach(async () => {
      id = await make();
      await ada.clone.sync();
      await seen(id);
      await bob.clone.sync();
      world.clock.advance(1_000);
      await since(id);
    });

    test('then it is lost, is told what changed and by whom, and what stands is left as it is', async () => {
      const before = await ada.getWork(id);
      const lost = await asks(id);
      expect(lost).toMatchObject({ ok: false, code: 'CONFLICT', details: { id } });
      const changed = (
        lost as unknown as { details: { changed: { field: string; by?: { actor: string } }[] } }
      ).details.changed;
      expect(changed.map(({ field }) => field)).toEqual(fields);
      // A map is told by its keys, and what is gone by nobody.
      const named = changed.filter(({ field }) => field !== 'result');
      expect(named.map(({ by }) => by?.actor)).toEqual(named.map(() => 'ada'));
      await ada.clone.sync();
      expect(await ada.getWork(id)).toEqual(before);
      expect(await ada.audit.verify()).toMatchObject({ ok: true });
    });

    test('then the attempt is kept, and is made where it is asked for again', async () => {
      const lost = await asks(id);
      const { kept } = lost as { kept: { op: string } };
      const applied = await bob.clone.applyRejected(kept.op);
      expect(applied).toMatchObject({ ok: true });
      expect(await bob.clone.rejected()).toEqual([]);
      expect(await bob.audit.verify()).toMatchObject({ ok: true });
    });
  },
);

describe('given two clones that change one item', () => {
  let id: string;
  beforeEach(async () => {
    id = await make();
    await Promise.all([ada.clone.sync(), bob.clone.sync()]);
  });
  const get = async () => {
    await ada.clone.sync();
    return ada.getWork(id);
  };

  test('when they change different fields, then both stand', async () => {
    await ada.work.update(id, { set: { title: 'Two' }, context: { size: 1 } });
    expect(
      await bob.work.update(id, { set: { description: 'second' }, context: { branch: 'b' } }),
    ).toMatchObject({ ok: true });
    expect(await get()).toMatchObject({
      title: 'Two',
      description: 'second',
      context: { branch: 'b', size: 1 },
    });
  });

  test('when they change members of one list, then both stand', async () => {
    await ada.work.update(id, { labels: { add: ['a'] } });
    expect(await bob.work.update(id, { labels: { add: ['b'] } })).toMatchObject({ ok: true });
    expect((await get())?.labels).toEqual(['a', 'b']);
  });

  test('when they agree, then who comes second has nothing left to do', async () => {
    await ada.work.update(id, { set: { title: 'Two' } });
    const second = await bob.work.update(id, { set: { title: 'Two' } });
    expect(second).toMatchObject({ ok: true, commit: undefined });
    expect(await bob.clone.rejected()).toEqual([]);
  });

  test('when they agree in one field, and one changes another as well, then that stands', async () => {
    await ada.work.update(id, { set: { title: 'Two' } });
    expect(await bob.work.update(id, { set: { title: 'Two', priority: 'high' } })).toMatchObject({
      ok: true,
    });
    expect(await get()).toMatchObject({ title: 'Two', priority: 'high' });
  });

  test('when one comments and checks nothing else, then whatever the other changed both stand', async () => {
    await ada.work.update(id, { set: { title: 'Two' } });
    expect(await bob.work.comment(id, 'seen')).toMatchObject({ ok: true });
    expect(await bob.work.block(id, { reason: 'waits' })).toMatchObject({ ok: true });
  });

  test('when one asks for a revision, then any change of the other is in its way, and the history says which was asked for', async () => {
    const { rev } = (await bob.getWork(id)) ?? { rev: 0 };
    expect(await bob.work.update(id, { set: { description: 'x' } }, { if_rev: rev })).toMatchObject({
      ok: true,
    });
    await ada.clone.sync();
    await ada.work.comment(id, 'hello');
    const lost = await bob.work.update(id, { set: { description: 'y' } }, { if_rev: rev + 1 });
    expect(lost).toMatchObject({
      ok: false,
      code: 'CONFLICT',
      details: { changed: [{ field: 'rev', seen: rev + 1, now: rev + 2, by: { actor: 'ada' } }] },
    });
    expect(await bob.audit.verify()).toMatchObject({ ok: true });
  });

  test('when one asks for a revision that its own clone is past, then it is refused there, and what it wrote is kept', async () => {
    await bob.work.comment(id, 'hello');
    const lost = await bob.work.update(id, { set: { description: 'y' } }, { if_rev: 1 });
    expect(lost).toMatchObject({
      ok: false,
      code: 'CONFLICT',
      details: { kept: { op: expect.any(String) } },
    });
    expect(await bob.clone.rejected()).toMatchObject([
      { verb: 'update', content: { set: { description: 'y' } } },
    ]);
  });
});

describe('given commands that build on one another', () => {
  test('when several of one item are made offline, then all of them arrive', async () => {
    const id = await make();
    await bob.work.batch([
      bob.work.command('update', { id, patch: { set: { title: 'Two' } } }),
      bob.work.command('update', { id, patch: { set: { title: 'Three' } } }),
      bob.work.command('cancel', { id }),
      bob.work.command('reopen', { id, reason: 'no' }),
      bob.work.command('update', { id, patch: { set: { title: 'Four' } } }),
    ]);
    expect(await bob.getWork(id)).toMatchObject({ title: 'Four', status: 'pending', rev: 6 });
  });

  test('when the first of them is lost, then so is what was asked for on top of it, and both are kept', async () => {
    const id = await make();
    await ada.clone.sync();
    await ada.work.update(id, { set: { title: 'Of ada' } });
    const outcomes = await bob.work.batch([
      bob.work.command('update', { id, patch: { set: { title: 'Two' } } }),
      bob.work.command('update', { id, patch: { set: { title: 'Three' } } }),
      bob.work.command('comment', { id, body: 'still here' }),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['lost', 'lost', 'accepted']);
    expect(await bob.getWork(id)).toMatchObject({ title: 'Of ada' });
    expect(await bob.clone.rejected()).toHaveLength(2);
  });
});

describe('given settings', () => {
  beforeEach(async () => {
    await make();
    await Promise.all([ada.clone.sync(), bob.clone.sync()]);
  });

  test.each([
    ['one key', { lease_ttl_s: 600 }, { lease_ttl_s: 700 }, 'lease_ttl_s'],
    ['one limit', { limits: { owner: { x: 1 } } }, { limits: { owner: { x: 2 } } }, 'limits.owner.x'],
  ])('when two clones set %s otherwise, then the second is told', async (_, first, second, field) => {
    await ada.admin.configure(first);
    await expect(bob.admin.configure(second)).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { changed: [{ field }] },
    });
    expect(await bob.clone.rejected()).toMatchObject([{ verb: 'configure' }]);
  });

  test('when two clones set different keys and names, then all of them stand', async () => {
    await ada.admin.configure({ lease_ttl_s: 600, limits: { owner: { x: 1 } } });
    await bob.admin.configure({ clock_skew_s: 60, limits: { owner: { y: 2 } } });
    expect(await bob.query.settings()).toMatchObject({
      lease_ttl_s: 600,
      clock_skew_s: 60,
      limits: { owner: { x: 1, y: 2 } },
    });
  });

  test('when they agree, then it is set once', async () => {
    await ada.admin.configure({ lease_ttl_s: 600 });
    await bob.admin.configure({ lease_ttl_s: 600 });
    expect(await bob.clone.rejected()).toEqual([]);
  });
});
