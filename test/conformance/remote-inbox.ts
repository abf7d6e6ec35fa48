import { afterEach, beforeEach, expect, test } from 'vitest';
import { append, draft, files, REF } from './drafts.ts';
import type { RemoteClone, RemoteWorld } from './remote.ts';

/** The laws of the inbox, for adapters that have one: those of `SideRefs`, and that a push can fill it. */
export function inboxLaws(makeWorld: () => Promise<RemoteWorld>): void {
  let world: RemoteWorld;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(async () => {
    await world.cleanup();
  });

  /** What a clone sees in the inboxes of all clones, by their names. */
  const mirrored = async ({ store, remote }: RemoteClone): Promise<Record<string, string>> => {
    const mirror = remote.inbox?.mirror ?? 'refs/no/inbox/';
    return Object.fromEntries(
      (await store.listRefs(mirror)).map(({ ref, oid }) => [ref.slice(mirror.length), oid]),
    );
  };
  const offer = (clone: string, pending: string, expected?: string) => ({ clone, pending, expected });

  async function threeClones() {
    const [ada, bob, eve] = [await world.clone(), await world.clone(), await world.clone()];
    await ada.remote.push(await append(ada.store, draft('init', { a: '0' })));
    const root = (await ada.store.readRef(REF)) ?? '';
    for (const { store, remote } of [bob, eve]) {
      await remote.fetch();
      await store.moveRef(REF, undefined, root);
    }
    return { ada, bob, eve };
  }

  test('given a push that is behind, when it makes an offer, then others find the offer with all its files', async () => {
    const { ada, bob, eve } = await threeClones();
    await ada.remote.push(await append(ada.store, draft('ada', { a: 'ada' })));
    const pending = await append(
      bob.store,
      draft('bob 1', { b: '1' }),
      draft('bob 2', { b: undefined, 'b/c': '2' }),
    );
    expect(await bob.remote.push(pending, offer('bob', pending))).toMatchObject({ kind: 'behind' });
    await eve.remote.fetch();
    expect(await mirrored(eve)).toEqual({ bob: pending });
    expect(await files(eve.store, pending)).toEqual({ a: '0', 'b/c': '2' });
  });

  test('given a push that is accepted, when it makes an offer, then both stand, and others see both', async () => {
    const { bob, eve } = await threeClones();
    const pending = await append(bob.store, draft('bob', { b: '1' }));
    expect(await bob.remote.push(pending, offer('bob', pending))).toEqual({ kind: 'accepted' });
    expect(await eve.remote.fetch()).toEqual({ kind: 'ok', tip: pending });
    expect(await mirrored(eve)).toEqual({ bob: pending });
  });

  test('given an offer, when its clone makes another, then the new one takes its place, though it does not build on it', async () => {
    const { ada, bob, eve } = await threeClones();
    const first = await append(bob.store, draft('bob 1', { b: '1' }));
    const theirs = await append(ada.store, draft('ada', { a: 'ada' }));
    await ada.remote.push(theirs);
    await bob.remote.push(first, offer('bob', first));
    await eve.remote.fetch();
    await bob.remote.fetch();
    const drafts = [draft('bob 1, again', { b: '1' })];
    await bob.store.commit({ ref: REF, expected: first, base: theirs, drafts });
    const second = (await bob.store.readRef(REF)) ?? '';
    expect(await bob.remote.push(second, offer('bob', second, first))).toEqual({ kind: 'accepted' });
    await eve.remote.fetch();
    expect(await mirrored(eve)).toEqual({ bob: second });
  });

  test('given offers of several clones, when one is taken back, then the others stay', async () => {
    const { ada, bob, eve } = await threeClones();
    await ada.remote.push(await append(ada.store, draft('ada', { a: 'ada' })));
    const offers = new Map<string, string>();
    for (const [name, one] of [['bob', bob] as const, ['eve', eve] as const]) {
      const pending = await append(one.store, draft(name, { [name]: '1' }));
      await one.remote.push(pending, offer(name, pending));
      offers.set(name, pending);
    }
    await ada.remote.fetch();
    expect(await mirrored(ada)).toEqual(Object.fromEntries(offers));
    for (const kind of ['accepted', expect.stringMatching(/^(accepted|behind)$/)])
      expect(await bob.remote.inbox?.retract('bob', offers.get('bob') ?? '')).toMatchObject({ kind });
    await ada.remote.fetch();
    expect(await mirrored(ada)).toEqual({ eve: offers.get('eve') });
  });

  test('given an offer, when the branch alone is fetched, then it comes, and the mirror stays as it was', async () => {
    const { ada, bob, eve } = await threeClones();
    const theirs = await append(ada.store, draft('ada', { a: 'ada' }));
    await ada.remote.push(theirs);
    await bob.remote.inbox?.publish('bob', await append(bob.store, draft('bob', { b: '1' })), undefined);
    expect(await eve.remote.fetch('branch')).toEqual({ kind: 'ok', tip: theirs });
    expect(await mirrored(eve)).toEqual({});
  });

  test('given an inbox that another clone wrote to, when a push, an offer or a retreat expects something else, then it stays', async () => {
    const { bob, eve } = await threeClones();
    const theirs = await append(eve.store, draft('eve', { e: '1' }));
    const first = await append(bob.store, draft('bob 1', { b: '1' }));
    expect(await eve.remote.inbox?.publish('twin', theirs, undefined)).toEqual({ kind: 'accepted' });
    expect(await bob.remote.push(first, offer('twin', first))).toEqual({ kind: 'accepted' });
    expect(await bob.remote.inbox?.publish('twin', first, undefined)).toMatchObject({ kind: 'behind' });
    expect(await bob.remote.inbox?.retract('twin', first)).toMatchObject({ kind: 'behind' });
    await eve.remote.fetch();
    expect(await mirrored(eve)).toEqual({ twin: theirs });
  });

  /** An offer of bob's that ada carries: her tip has it, decided again on top of a commit of her own. */
  async function combinedOffer() {
    const { ada, bob, eve } = await threeClones();
    const root = (await ada.store.readRef(REF)) ?? '';
    const offered = await append(bob.store, draft('bob', { b: '1' }));
    await bob.remote.inbox?.publish('bob', offered, undefined);
    await ada.remote.fetch();
    const tip = await append(ada.store, draft('ada', { a: 'ada' }), draft('bob, combined', { b: '1' }));
    return { ada, bob, eve, root, offered, tip, combined: [{ clone: 'bob', offered, landed: tip }] };
  }

  test('given an offer, when a push carries it, then branch and inbox move, and a second such push is behind', async () => {
    const { ada, eve, offered, tip, combined } = await combinedOffer();
    expect(await ada.remote.push(tip, undefined, combined)).toEqual({ kind: 'accepted' });
    const late = await append(eve.store, draft('eve', { e: '1' }), draft('bob, combined', { b: '1' }));
    const again = [{ clone: 'bob', offered, landed: late }];
    expect(await eve.remote.push(late, undefined, again)).toMatchObject({ kind: 'behind' });
    expect(await eve.remote.fetch()).toEqual({ kind: 'ok', tip });
    expect(await mirrored(eve)).toEqual({ bob: tip });
  });

  test.each(['taken back', 'replaced'])(
    'given an offer that is %s, when a push carries it that had read it before, then it is behind, and nothing moves',
    async (what) => {
      const { ada, bob, eve, root, offered, tip, combined } = await combinedOffer();
      const other = await append(bob.store, draft('bob 2', { b: '2' }));
      if (what === 'replaced') await bob.remote.inbox?.publish('bob', other, offered);
      else await bob.remote.inbox?.retract('bob', offered);
      expect(await ada.remote.push(tip, undefined, combined)).toMatchObject({ kind: 'behind' });
      expect(await eve.remote.fetch()).toEqual({ kind: 'ok', tip: root });
      expect(await mirrored(eve)).toEqual(what === 'replaced' ? { bob: other } : {});
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
    },
  );

  test('given offers of two clones, when a push carries both and one was taken back, then the other stays an offer', async () => {
    const { ada, bob, eve, offered, tip, combined } = await combinedOffer();
    const theirs = await append(eve.store, draft('eve', { e: '1' }));
    await eve.remote.inbox?.publish('eve', theirs, undefined);
    await ada.remote.fetch();
    await eve.remote.inbox?.retract('eve', theirs);
    const both = [...combined, { clone: 'eve', offered: theirs, landed: tip }];
    expect(await ada.remote.push(tip, undefined, both)).toMatchObject({ kind: 'behind' });
    await bob.remote.fetch();
    expect(await mirrored(bob)).toEqual({ bob: offered });
  });

  test('given one offer, when it is taken back and combined at once, then one of the two takes place', async () => {
    const { ada, bob, offered, tip, combined } = await combinedOffer();
    const [taken, pushed] = await Promise.all([
      bob.remote.inbox?.retract('bob', offered),
      ada.remote.push(tip, undefined, combined),
    ]);
    expect([taken?.kind, pushed.kind].toSorted()).toEqual(['accepted', 'behind']);
    await bob.remote.fetch();
    expect(await mirrored(bob)).toEqual(pushed.kind === 'accepted' ? { bob: tip } : {});
  });
}
