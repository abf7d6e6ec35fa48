import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { FileState, MemoryState } from '../../src/store/local-state.ts';
import { CloneName, type Place, type Renaming } from '../../src/sync/clone-name.ts';
import { checkInbox, noteOffer, noteValue, prepareOffer } from '../../src/sync/inbox.ts';
import type { LocalState, RemoteContext } from '../../src/sync/ports.ts';
import { refusalOf } from '../helpers/refusal.ts';
import { makeWorld, type Replica } from '../helpers/replicas.ts';

const HOME: Place = { machine: 'm', path: '/home/a', inode: '7' };

/** A process of the clone whose local state `state` is, where it stands now. */
function open(state: MemoryState, place: Place | undefined, told: Renaming[] = []): CloneName {
  let drawn = 0;
  const drawName = (): string => {
    drawn += 1;
    return `${place?.machine ?? 'x'}${place?.inode ?? '0'}n${drawn}`;
  };
  return new CloneName(state, { drawName, place: () => place, onRenamed: (one) => told.push(one) });
}

/** What `cp -r` gives. */
function copyOf(state: MemoryState): MemoryState {
  const copy = new MemoryState();
  for (const name of state.keys('clones')) copy.set(`clones/${name}`, state.get(`clones/${name}`) ?? '');
  return copy;
}

describe('a clone that stands elsewhere', () => {
  test.each<[string, Place]>([
    ['was moved', { ...HOME, path: '/home/b' }],
    ['was restored in place', { ...HOME, inode: '8' }],
    ['is seen from another machine', { machine: 'container', path: '/work', inode: '9' }],
  ])(
    'given a clone that %s, when it is asked, then it keeps its name, and its place is known',
    (_, place) => {
      const state = new MemoryState();
      const { name } = open(state, HOME);
      const told: Renaming[] = [];
      expect(open(state, place, told).name).toBe(name);
      expect(open(state, place, told).name).toBe(name);
      expect(told).toEqual([]);
    },
  );

  test('given a copy, when it is asked, then it has a new name for good, and knows the old one', () => {
    const state = new MemoryState();
    const { name } = open(state, HOME);
    const there = { ...HOME, path: '/home/copy', inode: '8' };
    const copy = copyOf(state);
    const told: Renaming[] = [];
    const renamed = open(copy, there, told);
    expect(renamed.name).not.toBe(name);
    expect(renamed.earlier).toEqual([name]);
    expect(told).toEqual([{ because: 'copied', from: name, to: renamed.name }]);
    expect(open(copy, there).name).toBe(renamed.name);
    expect(open(state, HOME).name).toBe(name);
  });

  test('given a clone that was moved, when its copy stands where it was, then only the copy has a new name', () => {
    const state = new MemoryState();
    const { name } = open(state, HOME);
    const moved = { ...HOME, path: '/home/b' };
    expect(open(state, moved).name).toBe(name);
    expect(open(copyOf(state), { ...HOME, inode: '8' }).name).not.toBe(name);
    expect(open(state, moved).name).toBe(name);
  });

  test('given two views of one directory, when both are used in turn, then nobody has a new name', () => {
    const state = new MemoryState();
    const { name } = open(state, HOME);
    const inside = { machine: 'container', path: '/work', inode: '9' };
    const mounted = { ...HOME, path: '/mnt/a' };
    for (const place of [inside, HOME, inside, mounted, HOME]) expect(open(state, place).name).toBe(name);
    // And each of them still tells a copy.
    expect(open(copyOf(state), { ...inside, path: '/w2', inode: '10' }).name).not.toBe(name);
  });
});

describe('processes of one clone', () => {
  test('given several that need a name at once, when each draws one, then all have the first', () => {
    const state = new MemoryState();
    const [one, other] = [open(state, undefined), open(state, HOME)];
    expect(other.name).toBe(one.name);
    one.giveUp(one.name);
    expect(other.name).toBe(one.name);
    expect(other.giveUp('not the name any more')).toBe(one.name);
    expect(one.earlier).toHaveLength(1);
  });

  test('given a note that is damaged, when a process asks, then it takes a new name and goes on', () => {
    const state = new MemoryState();
    for (const text of ['', '{', 'null', '{"name":"../x","places":[]}', '{"name":"a","places":3}'])
      state.set(`clones/${state.keys('clones').length + 1}`, text);
    const { name } = open(state, HOME);
    expect(name).toMatch(/^m7n\d$/);
    expect(open(state, HOME).name).toBe(name);
  });
});

describe('two clones under one name', () => {
  /** As after an image was restored elsewhere: bob's clone has the name of ada's, and what that one kept as its doing. */
  async function twins(): Promise<{ ada: Replica; bob: Replica; id: string }> {
    const world = await makeWorld(['ada', 'bob']);
    const [ada, bob] = world.replicas as [Replica, Replica];
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await ada.ledger.claimWork(id);
    await bob.ledger.clone.fetch();
    const [from, to] = [connectionOf(ada.ledger).state, connectionOf(bob.ledger).state];
    to.set('clones/1', from.get('clones/1') ?? '');
    for (const key of from.keys('executions/ada'))
      to.set(`executions/ada/${key}`, from.get(`executions/ada/${key}`) ?? '');
    return { ada, bob, id };
  }

  const offer = async ({ ledger, connection }: Replica): Promise<void> => {
    const { context } = await connectionOf(ledger).write();
    const made = await prepareOffer({ ...context, remote: connection }, (await ledger.query.asOf()).tip);
    expect(await connection.inbox?.publish(made.clone, made.pending, made.expected)).toMatchObject({
      kind: 'accepted',
    });
  };
  const nameOf = ({ ledger }: Replica): string => connectionOf(ledger).clone.name;
  const checkpoint = async (ledger: WorkLedger, id: string): Promise<string> =>
    (await refusalOf(ledger.work.checkpoint(id, { step: 'on' }, { actor: 'ada' }))).code;

  test('given an offer of the one in their inbox, when each looks, then both have names of their own, and what they claimed is set aside', async () => {
    const { ada, bob, id } = await twins();
    expect(nameOf(bob)).toBe('ada');
    await bob.ledger.work.comment(id, 'bob was here');
    await offer(bob);
    await ada.ledger.clone.fetch();
    await bob.ledger.clone.fetch();
    const names = [nameOf(ada), nameOf(bob)];
    expect(new Set([...names, 'ada']).size).toBe(3);
    await ada.ledger.clone.fetch();
    await bob.ledger.clone.fetch();
    expect([nameOf(ada), nameOf(bob)]).toEqual(names);
    for (const { ledger } of [ada, bob]) expect(await checkpoint(ledger, id)).toBe('CLAIMED_ELSEWHERE');
    // The one where the work goes on says so.
    expect(await ada.ledger.work.adopt([id])).toMatchObject([{ id, clone: 'ada', actor: 'ada' }]);
    await expect(ada.ledger.work.checkpoint(id, { step: 'on' })).resolves.toMatchObject({ ok: true });
    expect(await checkpoint(bob.ledger, id)).toBe('CLAIMED_ELSEWHERE');
  });

  test('given an inbox that this clone filled itself, when it looks, offers again and takes it back, then it keeps its name', async () => {
    const world = await makeWorld(['ada', 'bob']);
    const [ada, bob] = world.replicas as [Replica, Replica];
    const { id } = await ada.ledger.createWork({ title: 'One' });
    await bob.ledger.clone.fetch();
    for (const n of [1, 2, 3]) {
      await bob.ledger.work.comment(id, `${n}`);
      // The answer is lost, so that nobody here knows what the inbox holds.
      await offer(bob);
      await bob.ledger.clone.fetch();
    }
    expect(nameOf(bob)).toBe('bob');
    for (const name of world.remote.inboxes.keys()) world.remote.setBeside('inboxes', name, undefined);
    await bob.ledger.clone.fetch();
    await bob.ledger.clone.sync();
    expect(nameOf(bob)).toBe('bob');
  });
});

describe('what a clone put into its inbox', () => {
  const commit = (n: number): string => n.toString(16).padStart(40, '0');

  /** A process of a clone, whose inbox every look finds as it is by then. */
  function processOf(state: LocalState, inbox: { holds: string | undefined }) {
    const clone = new CloneName(state, { drawName: () => `n${state.keys('clones').length}` });
    const context = {
      state,
      clone,
      clock: { now: () => new Date(0) },
      remote: {
        seenRef: 'refs/seen',
        inbox: { mirror: 'refs/inbox/', publish: async () => ({ kind: 'behind' }) },
        fetch: async () => ({ kind: 'ok', tip: undefined }),
      },
      store: {
        readRef: async (ref: string) => (ref.startsWith('refs/inbox/') ? inbox.holds : undefined),
        commit: async () => ({ kind: 'moved', tip: undefined }),
        mergeBase: async () => undefined,
        commits: async function* () {},
      },
    } as unknown as RemoteContext;
    return {
      clone,
      look: () => checkInbox(context),
      offer: async (pending: string): Promise<void> => {
        const made = await prepareOffer(context, pending);
        inbox.holds = pending;
        noteOffer(context, made, true);
      },
      /** The same, between two steps of another process. */
      offerAtOnce: (pending: string): void => {
        noteValue(context, pending);
        inbox.holds = pending;
        noteOffer(context, { clone: clone.name, pending, expected: undefined }, true);
      },
    };
  }

  /** The same local state, for a process that is interrupted before its step `at`. */
  function interrupted(state: LocalState, at: number, by: () => void): LocalState {
    let steps = 0;
    const interrupt =
      <A extends unknown[], T>(work: (...args: A) => T) =>
      (...args: A): T => {
        steps += 1;
        if (steps === at) by();
        return work(...args);
      };
    return {
      get: interrupt((key) => state.get(key)),
      set: interrupt((key, value) => state.set(key, value)),
      add: interrupt((key, value) => state.add(key, value)),
      delete: interrupt((key) => state.delete(key)),
      keys: interrupt((folder) => state.keys(folder)),
    };
  }

  const STEPS = Array.from({ length: 14 }, (_, index) => index + 1);

  test.each([['looks'], ['offers']])(
    'given a process that %s, when another one offers between any two of its steps, then neither takes the other for a foreign clone',
    async (what) => {
      for (const at of STEPS) {
        const state = new MemoryState();
        const inbox = { holds: undefined };
        const one = processOf(state, inbox);
        const { name } = one.clone;
        one.offerAtOnce(commit(1));
        const other = processOf(
          interrupted(state, at, () => one.offerAtOnce(commit(2))),
          inbox,
        );
        inbox.holds = undefined;
        if (what === 'looks') await other.look();
        else await other.offer(commit(3));
        for (const process of [one, other, one]) await process.look();
        // A look that began earlier finds what stood there before.
        await processOf(state, { holds: commit(1) }).look();
        expect(one.clone.name).toBe(name);
      }
    },
  );

  test('given many offers, when a look finds one of the last 50, then it is its own; of older ones nothing is kept', async () => {
    const state = new MemoryState();
    const inbox: { holds: string | undefined } = { holds: undefined };
    const one = processOf(state, inbox);
    const { name } = one.clone;
    for (let n = 1; n <= 120; n += 1) one.offerAtOnce(commit(n));
    expect(state.keys(`inboxes/${name}`).filter((key) => /^\d/.test(key))).toHaveLength(50);
    inbox.holds = commit(71);
    await one.look();
    expect(one.clone.name).toBe(name);
    inbox.holds = commit(70);
    await one.look();
    expect(one.clone.name).not.toBe(name);
  });

  test('given local state with a plain file where an earlier version kept its offer, when one process offers and another looks, then the clone keeps its name', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'state-'));
    writeFileSync(join(dir, 'offered'), commit(7));
    const inbox = { holds: undefined };
    const one = processOf(new FileState(dir), inbox);
    const { name } = one.clone;
    one.offerAtOnce(commit(1));
    const other = processOf(new FileState(dir), inbox);
    await other.look();
    expect(other.clone.name).toBe(name);
    rmSync(dir, { recursive: true });
  });
});
