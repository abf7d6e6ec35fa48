import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { expect, onTestFinished, test } from 'vitest';
import { claimNext, findSilent, recoverSilent } from '../../src/agents.ts';
import {
  initLedger,
  itemOf,
  listPresence,
  type OpenOptions,
  prunePresence,
  type WorkLedger,
} from '../../src/index.ts';
import { IsomorphicStore } from '../../src/isomorphic/store.ts';
import type { LedgerRemote, Patience, SideRefs } from '../../src/remote/port.ts';
import { clearBranches, proposeReview } from '../../src/review.ts';
import type { Clock } from '../../src/sync/ports.ts';
import { type Clone, makePair, type Pair } from '../agents/pair.ts';
import { MemoryRemote } from '../helpers/memory-remote.ts';

const PATIENCE_S = 60;
/** How long the remote takes for each message, and a person for each question. */
const [MESSAGE_MS, BETWEEN_MS] = [7_000, 500_000];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Time that goes on where a test says so. */
class Time implements Clock {
  #ms = 0;
  now = (): Date => new Date(Date.now() + this.#ms);
  elapsed = (): number => this.#ms;
  sleep = async (ms: number): Promise<void> => this.advance(ms);
  random = (): number => 0.5;
  advance(ms: number): void {
    this.#ms += ms;
  }
}

/** A remote that answers each message after a while, and notes how long it would have been waited for. */
class Slow {
  readonly time = new Time();
  /** For each message: what was waited before, and what was left. */
  readonly asked: { spent: number; left: number }[] = [];

  of(remote: LedgerRemote): LedgerRemote {
    const side = (refs: SideRefs): SideRefs => ({
      namespace: refs.namespace,
      mirror: refs.mirror,
      publish: (name, commit, expected, patience) =>
        this.#late(patience, () => refs.publish(name, commit, expected, patience)),
      retract: (name, expected, patience) =>
        this.#late(patience, () => refs.retract(name, expected, patience)),
      list: (patience) => this.#late(patience, () => refs.list(patience)),
    });
    return {
      name: remote.name,
      url: remote.url,
      writesTo: remote.writesTo,
      seenRef: remote.seenRef,
      inbox: remote.inbox && side(remote.inbox),
      presence: remote.presence && side(remote.presence),
      reviews: side(remote.reviews),
      fetch: (scope, patience) => this.#late(patience, () => remote.fetch(scope, patience)),
      push: (tip, offer, combined, patience) =>
        this.#late(patience, () => remote.push(tip, offer, combined, patience)),
      written: (patience) => this.#late(patience, () => remote.written(patience)),
    };
  }

  async #late<T>(patience: Patience | undefined, task: () => Promise<T>): Promise<T> {
    this.asked.push({ spent: this.asked.length * MESSAGE_MS, left: patience?.left() ?? Infinity });
    this.time.advance(MESSAGE_MS);
    return task();
  }
}

interface Opened {
  pair: Pair;
  slow: Slow;
  options: OpenOptions;
  open(more?: OpenOptions): Promise<WorkLedger>;
}

async function opened(): Promise<Opened> {
  const pair = await makePair();
  const slow = new Slow();
  const options = { clock: slow.time, connect: () => slow.of(pair.ada.connection), patience_s: PATIENCE_S };
  return {
    pair,
    slow,
    options,
    async open(more) {
      const ledger = await pair.ada.open({ ...options, ...more });
      onTestFinished(() => ledger.close());
      return ledger;
    },
  };
}

async function inReview({ ledger }: Clone): Promise<string> {
  const { id } = await ledger.createWork({ title: 'Work' });
  itemOf(await ledger.claimWork(id));
  itemOf(await ledger.work.submit(id));
  return id;
}

/** An entry of `wl rejected`, since somebody else was first. */
async function withRejected({ ada, bob }: Pair): Promise<string> {
  const { id } = await ada.ledger.createWork({ title: 'Work' });
  await bob.ledger.clone.fetch();
  itemOf(await bob.ledger.work.update(id, { set: { title: 'Theirs' } }));
  const lost = await ada.ledger.work.update(id, { set: { title: 'Ours' } });
  expect(lost).toMatchObject({ ok: false });
  const [entry] = await ada.ledger.clone.rejected();
  return entry?.op ?? '';
}

/** What asks the remote several times, and is one call to whoever makes it. */
const CALLS: Record<string, (ledger: WorkLedger, opened: Opened) => Promise<unknown>> = {
  recover: async (ledger, { slow }) => {
    slow.time.advance(3 * DAY_MS);
    expect(await ledger.recoverOrphanedWork()).toHaveLength(1);
  },
  'recover what is silent': (ledger) => recoverSilent(ledger),
  'find what is silent': (ledger) => findSilent(ledger),
  'claim what is next': (ledger) => claimNext(ledger),
  'apply what was rejected': async (ledger) => {
    const [entry] = await ledger.clone.rejected();
    return ledger.clone.applyRejected(entry?.op ?? '');
  },
  'propose a review': async (ledger) => {
    const [item] = await ledger.query.list({ status: ['in_review'] });
    return proposeReview(ledger, item?.id ?? '');
  },
  import: (ledger) =>
    ledger.admin.importWork({ from: 'beads', text: '{"id":"bd-1","title":"One","status":"open"}\n' }),
};

function requireOneTime({ asked }: Slow): void {
  expect(asked.length).toBeGreaterThan(1);
  for (const { spent, left } of asked) expect(left).toBeLessThanOrEqual(PATIENCE_S * 1000 - spent);
}

test.each(Object.entries(CALLS))(
  'given a remote that takes long for each message, when it is asked to %s, then all messages share one time',
  async (_, call) => {
    const world = await opened();
    await withRejected(world.pair);
    await inReview(world.pair.ada);
    const { id } = await world.pair.ada.ledger.createWork({ title: 'Held' });
    itemOf(await world.pair.ada.ledger.claimWork(id));
    const ledger = await world.open();
    world.slow.asked.length = 0;
    await call(ledger, world);
    requireOneTime(world.slow);
  },
);

test('given a ledger that does not exist yet, when it is made, then the look and the push share one time', async () => {
  const slow = new Slow();
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone', defaultBranch: 'main' });
  const store = await IsomorphicStore.open({ fs: fs as never, gitdir: '/clone/.git', shared: false });
  const connection = slow.of(new MemoryRemote().connect(store));
  const options = { dir: '/clone', fs, actor: 'eve', clock: slow.time, patience_s: PATIENCE_S };
  const { ledger, created } = await initLedger({ ...options, connect: () => connection });
  onTestFinished(() => ledger.close());
  expect(created).toBe(true);
  requireOneTime(slow);
});

test('given a program that makes one call of a ledger, when it asks for one thing after the other, then all of it has one time, and what is done in between does not count', async () => {
  const { slow, open } = await opened();
  const ledger = await open({ one_call: true });
  slow.asked.length = 0;
  const { id } = await ledger.createWork({ title: 'Work' });
  itemOf(await ledger.claimWork(id));
  slow.time.advance(BETWEEN_MS);
  itemOf(await ledger.work.submit(id));
  slow.time.advance(BETWEEN_MS);
  expect(await proposeReview(ledger, id)).toMatchObject({ kind: 'made' });
  await clearBranches(ledger);
  requireOneTime(slow);
});

test('given a program that makes one call of a ledger, when the time is up, then nothing more is asked for', async () => {
  const { pair, slow, open } = await opened();
  const ledger = await open({ one_call: true, patience_s: 20 });
  slow.asked.length = 0;
  await listPresence(ledger);
  await ledger.clone.fetch();
  await prunePresence(ledger);
  await ledger.clone.fetch();
  expect(slow.asked.map(({ left }) => left)).toEqual([20_000, 13_000, 6_000, 2_000]);
  expect(pair.remote.tip).toBeDefined();
});

test('given a fetch that goes on for longer than a call may wait, when what was asked for is pushed, then that has the time that was left when it began', async () => {
  const { pair, slow, open } = await opened();
  const { id } = await pair.bob.ledger.createWork({ title: 'Work' });
  const ledger = await open();
  const { ada } = pair;
  const left: number[] = [];
  const [fetch, push] = [ada.connection.fetch.bind(ada.connection), ada.connection.push.bind(ada.connection)];
  ada.connection.fetch = async (scope, patience) => {
    const heard = patience?.transfer();
    for (let part = 0; part < 4; part += 1) {
      heard?.();
      slow.time.advance(50_000);
    }
    heard?.();
    return fetch(scope, patience);
  };
  ada.connection.push = async (tip, offer, combined, patience) => {
    left.push(patience?.left() ?? 0);
    return push(tip, offer, combined, patience);
  };
  itemOf(await ledger.claimWork(id));
  expect(left).toEqual([PATIENCE_S * 1000 - 2 * MESSAGE_MS]);
});

test('given a program that goes on, when it asks again and again, then each call has a time of its own', async () => {
  const { slow, open } = await opened();
  const ledger = await open();
  slow.asked.length = 0;
  for (let n = 0; n < 3; n += 1) await ledger.clone.fetch();
  expect(slow.asked.map(({ left }) => left)).toEqual([60_000, 60_000, 60_000]);
});
