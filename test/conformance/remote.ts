import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LedgerRemote } from '../../src/remote/port.ts';
import type { LedgerStore, Oid } from '../../src/store/port.ts';
import { append, committed, draft, files, messages, REF } from './drafts.ts';

export interface RemoteClone {
  store: LedgerStore;
  remote: LedgerRemote;
}

export interface RemoteWorld {
  /** A new, empty clone of one shared repository. */
  clone(): Promise<RemoteClone>;
  /** Replaces the shared branch by a foreign history. */
  rewrite(): Promise<void>;
  /** The shared repository cannot be reached until it comes back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  cleanup(): Promise<void>;
}

export type MakeRemote = () => Promise<RemoteWorld>;

/** The laws of `LedgerRemote`, for one adapter. */
export function remoteConformance(name: string, makeRemote: MakeRemote): void {
  describe(`remote port: ${name}`, () => {
    let world: RemoteWorld;
    let open: RemoteClone[];
    beforeEach(async () => {
      world = await makeRemote();
      open = [];
    });
    afterEach(async () => {
      for (const { store } of open) await store.close();
      await world.cleanup();
    });
    const clone = async (): Promise<RemoteClone> => {
      const made = await world.clone();
      open.push(made);
      return made;
    };
    const seen = ({ store, remote }: RemoteClone): Promise<Oid | undefined> => store.readRef(remote.seenRef);

    test('given no shared branch, when it is fetched, then there is no tip and nothing is seen', async () => {
      const ada = await clone();
      expect(await ada.remote.fetch()).toEqual({ kind: 'ok', tip: undefined });
      expect(await seen(ada)).toBeUndefined();
    });

    test('given no shared branch, when a root commit is pushed, then it is accepted and seen', async () => {
      const ada = await clone();
      const tip = await append(ada.store, draft('init', { 'ledger.yaml': 's' }));
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      expect(await seen(ada)).toBe(tip);
      expect(await ada.remote.fetch()).toEqual({ kind: 'ok', tip });
    });

    test('given a pushed history, when another clone fetches, then it has every commit and file', async () => {
      const [ada, bob] = [await clone(), await clone()];
      await append(ada.store, draft('init ü', { 'ledger.yaml': 's' }));
      const tip = await append(
        ada.store,
        draft('one', { 'active/1.yaml': '1' }),
        draft('two', { 'active/2.yaml': '2' }),
      );
      await ada.remote.push(tip);
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip });
      expect(await seen(bob)).toBe(tip);
      expect(await messages(bob.store, { to: tip })).toEqual(['init ü', 'one', 'two']);
      expect(await files(bob.store, tip)).toEqual({
        'ledger.yaml': 's',
        'active/1.yaml': '1',
        'active/2.yaml': '2',
      });
    });

    test('given a clone that fetched, when its local branch is looked at, then fetching did not move it', async () => {
      const [ada, bob] = [await clone(), await clone()];
      await ada.remote.push(await append(ada.store, draft('init', { a: '1' })));
      await bob.remote.fetch();
      expect(await bob.store.readRef(REF)).toBeUndefined();
    });

    test('given two clones that take turns, when each fetches and pushes, then all of it is on one line', async () => {
      const [ada, bob] = [await clone(), await clone()];
      await ada.remote.push(await append(ada.store, draft('0', { n: '0' })));
      for (const [n, { store, remote }] of [bob, ada, bob, ada].entries()) {
        const fetched = await remote.fetch();
        const base = fetched.kind === 'ok' ? fetched.tip : undefined;
        const expected = await store.readRef(REF);
        const tip = await committed(store, {
          ref: REF,
          expected,
          base,
          drafts: [draft(`${n + 1}`, { n: `${n + 1}` })],
        });
        expect(await remote.push(tip)).toEqual({ kind: 'accepted' });
      }
      const fetched = await bob.remote.fetch();
      const to = fetched.kind === 'ok' ? (fetched.tip ?? '') : '';
      expect(await messages(bob.store, { to })).toEqual(['0', '1', '2', '3', '4']);
    });

    test('given a large history, when another clone fetches it, then it arrives whole', async () => {
      const [ada, bob] = [await clone(), await clone()];
      const drafts = Array.from({ length: 60 }, (_, n) =>
        draft(`${n}`, { [`active/${n % 7}/${n}.yaml`]: `${n}`.repeat(50) }),
      );
      const tip = await append(ada.store, ...drafts);
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip });
      expect(await files(bob.store, tip)).toEqual(await files(ada.store, tip));
      const next = await append(
        ada.store,
        draft('one more', { 'active/0/0.yaml': undefined, 'done/0.yaml': 'moved' }),
      );
      expect(await ada.remote.push(next)).toEqual({ kind: 'accepted' });
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip: next });
      expect(await files(bob.store, next)).toEqual(await files(ada.store, next));
    });

    test('given a push made from an old tip, when someone else was first, then it is behind and theirs stays', async () => {
      const { ada, bob, root } = await twoClonesOnOneTip(clone);
      const theirs = await append(ada.store, draft('ada', { a: 'ada' }));
      expect(await ada.remote.push(theirs)).toEqual({ kind: 'accepted' });
      const late = await append(bob.store, draft('bob', { a: 'bob' }));
      expect(await bob.remote.push(late)).toMatchObject({ kind: 'behind' });
      expect(await seen(bob)).toBe(root);
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip: theirs });
      expect(await seen(bob)).toBe(theirs);
      expect(await bob.remote.push(late)).toMatchObject({ kind: 'behind' });
      expect(await ada.remote.fetch()).toEqual({ kind: 'ok', tip: theirs });
    });

    test('given a clone that never fetched, when it pushes a root of its own, then it is behind', async () => {
      const [ada, bob] = [await clone(), await clone()];
      const tip = await append(ada.store, draft('init', { a: '1' }));
      await ada.remote.push(tip);
      const foreign = await append(bob.store, draft('another init', { b: '1' }));
      expect(await bob.remote.push(foreign)).toMatchObject({ kind: 'behind' });
      expect(await ada.remote.fetch()).toEqual({ kind: 'ok', tip });
    });

    test('given a tip that does not build on what was seen, when it is pushed, then it is behind and nothing is lost', async () => {
      const { ada, bob, root } = await twoClonesOnOneTip(clone);
      const tip = await append(ada.store, draft('ada', { a: 'ada' }));
      await ada.remote.push(tip);
      const aside = [draft('aside', { a: 'aside' })];
      const sideways = await committed(ada.store, {
        ref: 'refs/heads/x',
        expected: undefined,
        base: root,
        drafts: aside,
      });
      for (const wrong of [root, sideways])
        expect(await ada.remote.push(wrong)).toMatchObject({ kind: 'behind' });
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip });
      expect(await seen(ada)).toBe(tip);
    });

    test('given a tip that the remote has already, when it is pushed again, then it is accepted', async () => {
      const { ada, bob } = await twoClonesOnOneTip(clone);
      const tip = await append(ada.store, draft('ada', { a: 'ada' }));
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      await bob.remote.fetch();
      expect(await bob.remote.push(tip)).toEqual({ kind: 'accepted' });
      expect(await seen(bob)).toBe(tip);
    });

    test('given many clones on one tip, when all push at once, then exactly one is accepted and the rest are behind', async () => {
      const first = await clone();
      const root = await append(first.store, draft('init', { a: '0' }));
      await first.remote.push(root);
      const clones = await Promise.all(Array.from({ length: 5 }, clone));
      const tips: Oid[] = [];
      for (const [n, { store, remote }] of clones.entries()) {
        await remote.fetch();
        const drafts = [draft(`from ${n}`, { a: `${n}` })];
        tips.push(await committed(store, { ref: REF, expected: undefined, base: root, drafts }));
      }
      const results = await Promise.all(clones.map(({ remote }, n) => remote.push(tips[n] ?? '')));
      const kinds = results.map(({ kind }) => kind);
      expect(kinds.toSorted()).toEqual(['accepted', ...Array(4).fill('behind')]);
      expect(await first.remote.fetch()).toEqual({ kind: 'ok', tip: tips[kinds.indexOf('accepted')] });
    });

    test('given many clones that try until they are in, when all push at once, then every commit is in history', async () => {
      const first = await clone();
      await first.remote.push(await append(first.store, draft('init', { a: '0' })));
      const clones = await Promise.all(Array.from({ length: 4 }, clone));
      await Promise.all(clones.map((one, n) => pushUntilAccepted(one, `writer ${n}`)));
      const fetched = await first.remote.fetch();
      const to = fetched.kind === 'ok' ? (fetched.tip ?? '') : '';
      const found = await messages(first.store, { to });
      expect(found.toSorted()).toEqual(['init', 'writer 0', 'writer 1', 'writer 2', 'writer 3']);
    });

    test('given a branch that was replaced, when it is fetched, then the clone says so and nothing moves', async () => {
      const { ada, root } = await twoClonesOnOneTip(clone);
      await world.rewrite();
      const result = await ada.remote.fetch();
      expect(result).toMatchObject({ kind: 'rewritten', seen: root });
      expect(result.kind === 'rewritten' && result.found).toMatch(/^[0-9a-f]{40}$/);
      expect(await seen(ada)).toBe(root);
      expect(await ada.remote.fetch()).toEqual(result);
    });

    test('given a branch that was replaced, when a clone pushes, then it is behind and the clone still sees the rewrite', async () => {
      const { ada, root } = await twoClonesOnOneTip(clone);
      await world.rewrite();
      const tip = await append(ada.store, draft('ada', { a: 'ada' }));
      expect(await ada.remote.push(tip)).toMatchObject({ kind: 'behind' });
      expect(await seen(ada)).toBe(root);
      expect((await ada.remote.fetch()).kind).toBe('rewritten');
    });

    test('given a branch that was replaced, when a clone that never saw the old one fetches, then it takes the new one', async () => {
      await twoClonesOnOneTip(clone);
      await world.rewrite();
      const eve = await clone();
      const result = await eve.remote.fetch();
      expect(result.kind).toBe('ok');
      expect(result.kind === 'ok' && result.tip).toBe(await seen(eve));
    });

    test('given a remote that cannot be reached, when it is used, then nothing moves, and all goes on when it is back', async () => {
      const { ada, bob, root } = await twoClonesOnOneTip(clone);
      const tip = await append(ada.store, draft('ada', { a: 'ada' }));
      await world.goAway();
      const fetched = await ada.remote.fetch();
      expect(fetched.kind === 'unreachable' && fetched.cause).toBeInstanceOf(Error);
      const pushed = await ada.remote.push(tip);
      expect(pushed.kind === 'unreachable' && pushed.cause).toBeInstanceOf(Error);
      expect(await seen(ada)).toBe(root);
      await world.comeBack();
      expect(await ada.remote.push(tip)).toEqual({ kind: 'accepted' });
      expect(await bob.remote.fetch()).toEqual({ kind: 'ok', tip });
    });

    test('given fetches and a push of one clone at once, when all are done, then what it has seen went forward only', async () => {
      const { ada, bob } = await twoClonesOnOneTip(clone);
      const theirs = await append(bob.store, draft('bob', { a: 'bob' }));
      await bob.remote.push(theirs);
      await ada.remote.fetch();
      const tip = await committed(ada.store, {
        ref: REF,
        expected: await ada.store.readRef(REF),
        base: theirs,
        drafts: [draft('ada', { a: 'ada' })],
      });
      const [pushed, ...fetched] = await Promise.all([
        ada.remote.push(tip),
        ada.remote.fetch(),
        ada.remote.fetch(),
        ada.remote.fetch(),
      ]);
      expect(pushed).toEqual({ kind: 'accepted' });
      expect(fetched.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok']);
      expect(await seen(ada)).toBe(tip);
    });
  });
}

/** Both have fetched the root, and have their local branch there. */
async function twoClonesOnOneTip(clone: () => Promise<RemoteClone>) {
  const [ada, bob] = [await clone(), await clone()];
  const root = await append(ada.store, draft('init', { a: '0' }));
  await ada.remote.push(root);
  await bob.remote.fetch();
  await bob.store.moveRef(REF, undefined, root);
  return { ada, bob, root };
}

async function pushUntilAccepted({ store, remote }: RemoteClone, message: string): Promise<void> {
  for (;;) {
    const fetched = await remote.fetch();
    if (fetched.kind !== 'ok') throw new Error(fetched.kind);
    const drafts = [draft(message, { [`active/${message}.yaml`]: message })];
    const tip = await committed(store, {
      ref: REF,
      expected: await store.readRef(REF),
      base: fetched.tip,
      drafts,
    });
    const result = await remote.push(tip);
    if (result.kind === 'accepted') return;
    if (result.kind !== 'behind') throw new Error(result.kind);
  }
}
