import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PushResult, SideRefs } from '../../src/remote/port.ts';
import type { Oid } from '../../src/store/port.ts';
import { append, committed, draft, files, REF } from './drafts.ts';
import type { RemoteClone, RemoteWorld } from './remote.ts';

const LONG_NAME = `${'a'.repeat(200)}.0a1b2c3d`;

/** The laws of `SideRefs`, for each folder of refs that adapters have beside the branch. */
export function sideRefsLaws(makeWorld: () => Promise<RemoteWorld>): void {
  describe.each(['presence', 'reviews'] as const)('%s', (folder) => lawsOf(makeWorld, folder));
}

function lawsOf(makeWorld: () => Promise<RemoteWorld>, folder: 'presence' | 'reviews'): void {
  let world: RemoteWorld;
  let open: RemoteClone[];
  beforeEach(async () => {
    world = await makeWorld();
    open = [];
  });
  afterEach(async () => {
    for (const { store } of open) await store.close();
    await world.cleanup();
  });

  const refsOf = ({ remote }: RemoteClone): SideRefs => {
    const refs = remote[folder];
    if (refs === undefined) throw new Error(`this remote has no ${folder}`);
    return refs;
  };
  async function clones(count: number): Promise<RemoteClone[]> {
    for (let n = 0; n < count; n += 1) open.push(await world.clone());
    const [first, ...others] = open;
    if (first === undefined) return [];
    await first.remote.push(await append(first.store, draft('init', { a: '0' })));
    for (const { remote } of others) await remote.fetch();
    return open;
  }
  /** A commit without a parent, kept from being collected by a ref of its own. */
  const sign = ({ store }: RemoteClone, text: string): Promise<Oid> =>
    committed(store, {
      ref: `refs/work-ledger/test/${text}`,
      expected: undefined,
      base: undefined,
      drafts: [draft(text, { 'presence.json': text })],
    });
  const listed = async (clone: RemoteClone): Promise<Record<string, Oid>> => {
    const result = await refsOf(clone).list();
    if (result.kind !== 'ok') throw result.cause;
    const { mirror } = refsOf(clone);
    const mirrored = (await clone.store.listRefs(mirror)).map(
      ({ ref, oid }) => [ref.slice(mirror.length), oid] as const,
    );
    expect(Object.fromEntries(mirrored)).toEqual(Object.fromEntries(result.found));
    return Object.fromEntries(result.found);
  };

  test('given nobody who said so, when it is asked who is at work, then nobody is', async () => {
    const [ada] = await clones(1);
    expect(ada && (await listed(ada))).toEqual({});
  });

  test('given a remote without a ledger, when it is asked who is at work, then nobody is', async () => {
    const bob = await world.clone();
    open.push(bob);
    expect(await listed(bob)).toEqual({});
  });

  test('given a sign, when another clone asks, then it has the sign with its file, and the branch is as it was', async () => {
    const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
    const commit = await sign(ada, 'one');
    expect(await refsOf(ada).publish('ada.0a1b2c3d', commit, undefined)).toEqual({ kind: 'accepted' });
    expect(await listed(bob)).toEqual({ 'ada.0a1b2c3d': commit });
    expect(await files(bob.store, commit)).toEqual({ 'presence.json': 'one' });
    expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip: await ada.store.readRef(REF) });
  });

  test('given a commit that builds on the branch, when it is put there, then another clone has it, and the branch is as it was', async () => {
    const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
    const tip = await ada.store.readRef(REF);
    const commit = await committed(ada.store, {
      ref: 'refs/work-ledger/test/built',
      expected: undefined,
      base: tip,
      drafts: [draft('more', { b: '1' })],
    });
    expect(await refsOf(ada).publish('built', commit, undefined)).toEqual({ kind: 'accepted' });
    expect(await listed(bob)).toEqual({ built: commit });
    expect(await files(bob.store, commit)).toEqual({ a: '0', b: '1' });
    expect(await bob.store.mergeBase(commit, tip ?? '')).toBe(tip);
    expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip });
  });

  test('given a sign, when its owner gives another that does not build on it, then the new one takes its place', async () => {
    const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
    const [one, two] = [await sign(ada, 'one'), await sign(ada, 'two')];
    await refsOf(ada).publish('ada', one, undefined);
    expect(await listed(bob)).toEqual({ ada: one });
    expect(await refsOf(ada).publish('ada', two, one)).toEqual({ kind: 'accepted' });
    expect(await listed(bob)).toEqual({ ada: two });
    expect(await refsOf(ada).publish('ada', two, one)).toEqual({ kind: 'accepted' });
  });

  test.each([
    ['nothing', () => undefined],
    ['an older sign', (older: Oid) => older],
  ])(
    'given a sign that someone else overwrote, when its owner expects %s, then it is behind and the other stays',
    async (_, choose) => {
      const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
      const [one, two] = [await sign(ada, 'one'), await sign(ada, 'two')];
      const theirs = await sign(bob, 'theirs');
      await refsOf(ada).publish('ada', one, undefined);
      await listed(bob);
      await refsOf(bob).publish('ada', theirs, one);
      expect(await refsOf(ada).publish('ada', two, choose(one))).toMatchObject({ kind: 'behind' });
      expect(await listed(ada)).toEqual({ ada: theirs });
    },
  );

  test('given a sign that was taken away, when its owner expects it there, then it is behind, and nothing comes back', async () => {
    const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
    const [one, two] = [await sign(ada, 'one'), await sign(ada, 'two')];
    await refsOf(ada).publish('ada', one, undefined);
    await listed(bob);
    expect(await refsOf(bob).retract('ada', one)).toEqual({ kind: 'accepted' });
    expect(await refsOf(ada).publish('ada', two, one)).toMatchObject({ kind: 'behind' });
    expect(await listed(ada)).toEqual({});
    expect(await refsOf(ada).publish('ada', two, undefined)).toEqual({ kind: 'accepted' });
  });

  test('given a sign that moved on, when it is taken away as it was, then it is behind and stays', async () => {
    const [ada, bob] = (await clones(2)) as [RemoteClone, RemoteClone];
    const [one, two] = [await sign(ada, 'one'), await sign(ada, 'two')];
    await refsOf(ada).publish('ada', one, undefined);
    await listed(bob);
    await refsOf(ada).publish('ada', two, one);
    expect(await refsOf(bob).retract('ada', one)).toMatchObject({ kind: 'behind' });
    expect(await listed(bob)).toEqual({ ada: two });
  });

  test('given signs of several, when one is taken away, then it leaves the mirror and the others stay', async () => {
    const [ada, bob, eve] = (await clones(3)) as [RemoteClone, RemoteClone, RemoteClone];
    const [one, two] = [await sign(ada, 'one'), await sign(bob, 'two')];
    await refsOf(ada).publish('swarm%2fada', one, undefined);
    await refsOf(bob).publish(LONG_NAME, two, undefined);
    expect(await listed(eve)).toEqual({ 'swarm%2fada': one, [LONG_NAME]: two });
    expect(await refsOf(ada).retract('swarm%2fada', one)).toEqual({ kind: 'accepted' });
    expect((await refsOf(ada).retract('swarm%2fada', one)).kind).toMatch(/accepted|behind/);
    expect(await listed(eve)).toEqual({ [LONG_NAME]: two });
  });

  test('given several that give a sign under one name at once, when all are done, then one is accepted and the rest are behind', async () => {
    const all = await clones(4);
    const signs = await Promise.all(all.map((clone, n) => sign(clone, `${n}`)));
    const results: PushResult[] = await Promise.all(
      all.map((clone, n) => refsOf(clone).publish('one', signs[n] ?? '', undefined)),
    );
    const kinds = results.map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['accepted', 'behind', 'behind', 'behind']);
    expect(await listed(all[0] as RemoteClone)).toEqual({ one: signs[kinds.indexOf('accepted')] });
  });

  test('given a remote that cannot be reached, when it is used, then that is said, and all goes on when it is back', async () => {
    const [ada] = (await clones(1)) as [RemoteClone];
    const commit = await sign(ada, 'one');
    await world.goAway();
    expect((await refsOf(ada).publish('ada', commit, undefined)).kind).toBe('unreachable');
    expect((await refsOf(ada).retract('ada', commit)).kind).toBe('unreachable');
    expect((await refsOf(ada).list()).kind).toBe('unreachable');
    await world.comeBack();
    expect(await refsOf(ada).publish('ada', commit, undefined)).toEqual({ kind: 'accepted' });
    expect(await listed(ada)).toEqual({ ada: commit });
  });
}
