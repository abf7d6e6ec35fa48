import { expect, onTestFinished, test, vi } from 'vitest';
import { type WatchOptions, watchLedger } from '../../../src/agents/following/watch.ts';
import { type HistoryEntry, LedgerError, type WorkLedger } from '../../../src/index.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makeAlone, makePair, QUICK, until } from '../pair.ts';

/** Watches in the background until the test ends. */
class Watching {
  readonly seen: HistoryEntry[] = [];
  readonly remote: (string | undefined)[] = [];
  readonly ended: Promise<unknown>;
  readonly #stop = new AbortController();
  #started: () => void = () => undefined;
  readonly started: Promise<void>;

  constructor(ledger: WorkLedger, options: WatchOptions = {}) {
    this.started = new Promise((resolve) => {
      this.#started = resolve;
    });
    this.ended = this.#run(ledger, options).catch((error: unknown) => error);
    onTestFinished(() => this.stop());
  }

  async #run(ledger: WorkLedger, options: WatchOptions): Promise<void> {
    const entries = watchLedger(ledger, {
      ...QUICK,
      ...options,
      signal: this.#stop.signal,
      onStart: () => this.#started(),
      onRemote: (failure) => this.remote.push(failure?.code),
    });
    for await (const entry of entries) this.seen.push(entry);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  /** What was told, once it is that many. */
  async first(count: number): Promise<string[]> {
    await until(() => this.seen.length >= count);
    return this.told;
  }

  get told(): string[] {
    return this.seen.map(({ verb, id }) => (id === undefined ? verb : `${verb} ${id.slice(-4)}`));
  }
}

test('given a watch in one clone, when another clone works, then each transition is told once, oldest first', async () => {
  const { ada, bob } = await makePair();
  const watching = new Watching(ada.ledger);
  await watching.started;
  const { id } = await bob.ledger.createWork({ title: 'One' });
  await bob.ledger.claimWork(id, { execution_id: 'e1' });
  await bob.ledger.completeWork(id);
  await ada.ledger.createWork({ title: 'Two' });
  expect(await watching.first(4)).toEqual(['create 0001', 'claim 0001', 'complete 0001', 'create 0002']);
  await watching.stop();
  expect(watching.seen[1]).toMatchObject({
    ...{ verb: 'claim', actor: 'bob', from: 'pending', to: 'in_progress', rev: 2 },
    ...{ epoch: 1, execution_id: 'e1' },
  });
  const log = (await ada.ledger.audit.log({ limit: 4 })).reverse();
  expect(watching.seen).toEqual(log);
});

test('given the last commit that was handled, when watching goes on from it, then nothing is missed and nothing told again', async () => {
  const { ada, bob } = await makePair();
  for (const title of ['One', 'Two', 'Three']) await bob.ledger.createWork({ title });
  await ada.ledger.clone.fetch();
  const [, second] = await ada.ledger.audit.log({ limit: 2 });
  const watching = new Watching(ada.ledger, { from: second?.commit });
  expect(await watching.first(1)).toEqual(['create 0003']);
  await bob.ledger.createWork({ title: 'Four' });
  expect(await watching.first(2)).toEqual(['create 0003', 'create 0004']);
});

test('given a commit that only the remote has, when watching goes on from it, then the remote is asked first', async () => {
  const { ada, bob } = await makePair();
  await bob.ledger.createWork({ title: 'One' });
  const [first] = await bob.ledger.audit.log({ limit: 1 });
  await bob.ledger.createWork({ title: 'Two' });
  const watching = new Watching(ada.ledger, { from: first?.commit });
  expect(await watching.first(1)).toEqual(['create 0002']);
});

test.each(['0123456789012345678901234567890123456789', 'HEAD', ''])(
  'given %j, which is no commit of the ledger, when it is watched from, then that is said',
  async (from) => {
    const { ada } = await makePair();
    expect(await refusalOf(watchLedger(ada.ledger, { ...QUICK, from }).next())).toMatchObject({
      code: 'NOT_FOUND',
    });
  },
);

test('given changes of settings, when they arrive, then they are told without an id', async () => {
  const { ada, bob } = await makePair();
  const watching = new Watching(ada.ledger);
  await watching.started;
  await bob.ledger.admin.configure({ max_attempts: 7 });
  await bob.ledger.createWork({ title: 'One' });
  expect(await watching.first(2)).toEqual(['configure', 'create 0001']);
});

test('given a transition that waits for the remote, when it loses there, then only the one that won is told', async () => {
  const { ada, bob } = await makePair();
  const { id } = await bob.ledger.createWork({ title: 'One', created_by: 'ada' });
  await ada.ledger.clone.fetch();
  const watching = new Watching(ada.ledger);
  await watching.started;
  ada.connection.cut = true;
  expect(await refusalOf(ada.ledger.work.cancel(id))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect((await ada.ledger.clone.status()).pending).toHaveLength(1);
  await bob.ledger.claimWork(id);
  await bob.ledger.completeWork(id);
  await until(() => watching.remote.length === 1);
  expect(watching.seen).toEqual([]);
  ada.connection.cut = false;
  expect(await watching.first(2)).toEqual(['claim 0001', 'complete 0001']);
  await until(async () => (await ada.ledger.clone.rejected()).length === 1);
  await bob.ledger.createWork({ title: 'Two' });
  expect(await watching.first(3)).toEqual(['claim 0001', 'complete 0001', 'create 0002']);
});

test('given a ledger that is shared with nobody, when work is done, then its own line is told', async () => {
  const ledger = await makeAlone();
  const watching = new Watching(ledger);
  await watching.started;
  await ledger.createWork({ title: 'One' });
  expect(await watching.first(1)).toEqual(['create 0001']);
});

test('given a clone that is to ask nobody, when it works, then its own line is told; what a sync makes anew is told again', async () => {
  const { ada, bob } = await makePair();
  const local = await ada.open({ mode: 'local' });
  const watching = new Watching(local);
  await watching.started;
  await local.createWork({ title: 'One' });
  await watching.first(1);
  await bob.ledger.createWork({ title: 'Two' });
  await local.clone.sync();
  await watching.first(3);
  expect(watching.seen.map(({ verb, actor }) => `${actor} ${verb}`)).toEqual([
    'ada create',
    'bob create',
    'ada create',
  ]);
  expect(watching.seen[2]?.op).toBe(watching.seen[0]?.op);
});

test('given a remote that goes away and comes back, when it is watched, then that is said once, and nothing is missed', async () => {
  const { ada, bob } = await makePair();
  const watching = new Watching(ada.ledger);
  await watching.started;
  ada.connection.cut = true;
  await bob.ledger.createWork({ title: 'One' });
  await until(() => watching.remote.length > 0);
  await bob.ledger.createWork({ title: 'Two' });
  ada.connection.cut = false;
  expect(await watching.first(2)).toEqual(['create 0001', 'create 0002']);
  expect(watching.remote).toEqual(['REMOTE_UNREACHABLE', undefined]);
});

test('given a remote that was set back, when it is watched, then watching ends with what happened', async () => {
  const { remote, ada, bob } = await makePair();
  const before = remote.tip;
  await bob.ledger.createWork({ title: 'One' });
  const watching = new Watching(ada.ledger);
  await ada.ledger.clone.fetch();
  remote.setTip(before);
  expect(await watching.ended).toMatchObject({ code: 'HISTORY_REWRITTEN' });
});

test('given a consumer that stops early, when it leaves, then nothing goes on', async () => {
  const { ada, bob } = await makePair();
  const entries = watchLedger(ada.ledger, { ...QUICK, from: (await ada.ledger.query.asOf()).tip });
  await bob.ledger.createWork({ title: 'One' });
  for await (const { verb } of entries) {
    expect(verb).toBe('create');
    break;
  }
  expect(await entries.next()).toEqual({ done: true, value: undefined });
});

test('given a replica that answers with something older, when it is asked, then that is told once, asked again, and told once when it is back', async () => {
  const { ada } = await makePair();
  const stale = new LedgerError('REMOTE_STALE', 'It is behind.');
  const fetch = vi.spyOn(ada.ledger.clone, 'fetch').mockRejectedValueOnce(stale).mockRejectedValueOnce(stale);
  const watching = new Watching(ada.ledger);
  await until(() => watching.remote.length === 2);
  expect(watching.remote).toEqual(['REMOTE_STALE', undefined]);
  expect(fetch.mock.calls.length).toBeGreaterThanOrEqual(3);
});

test('given a remote that turns out to be two repositories, when it is asked, then the watch ends with that', async () => {
  const { ada } = await makePair();
  const parted = new LedgerError('DIFFERENT_REMOTES', 'They have parted.', {
    details: { remote: 'origin', read: 'a', written: 'b' },
  });
  vi.spyOn(ada.ledger.clone, 'fetch').mockRejectedValue(parted);
  const watching = new Watching(ada.ledger);
  expect(await watching.ended).toBe(parted);
  expect(watching.remote).toEqual([]);
});

test('given a signal that was given before, when a watch begins, then it ends at once, and asks nobody', async () => {
  const { ada } = await makePair();
  const fetch = vi.spyOn(ada.ledger.clone, 'fetch');
  const seen: HistoryEntry[] = [];
  for await (const entry of watchLedger(ada.ledger, { signal: AbortSignal.abort() })) seen.push(entry);
  expect([seen, fetch.mock.calls]).toEqual([[], []]);
});
