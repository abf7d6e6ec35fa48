import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startGit } from '../../src/git/process/run.ts';
import { openRepository } from '../../src/git/repository.ts';
import {
  type FetchTrace,
  type GitTrace,
  type LockTrace,
  systemClock,
  TRACE_CHANNELS,
  type TraceRecord,
} from '../../src/index.ts';
import { SqliteCloneLock } from '../../src/store/clone-lock.ts';
import { traced, tracedSync } from '../../src/trace/channels.ts';
import { makeSharedRepo } from '../helpers/shared-repo.ts';

interface Event {
  event: string;
  record: TraceRecord;
  /** As it stood when it was published. */
  outcome: string | undefined;
}

/** Everything that is published until the test ends, as it comes. */
function listen(): Event[] {
  const events: Event[] = [];
  for (const name of Object.values(TRACE_CHANNELS)) {
    const channel = tracingChannel<unknown, TraceRecord>(name);
    const on = (event: string) => (record: TraceRecord) =>
      void events.push({ event, record, outcome: record.outcome });
    const listeners = {
      start: on('start'),
      end: on('end'),
      asyncStart: on('asyncStart'),
      asyncEnd: on('asyncEnd'),
      error: on('error'),
    };
    channel.subscribe(listeners);
    onTestFinished(() => void channel.unsubscribe(listeners));
  }
  return events;
}

const ended = (events: readonly Event[], kind: TraceRecord['kind']): TraceRecord[] =>
  events
    .filter(({ event, record }) => event === (isSync(kind) ? 'end' : 'asyncEnd') && record.kind === kind)
    .map(({ record }) => record);
const AT = new Date('2026-01-03T11:00:00.000Z');
const isSync = (kind: TraceRecord['kind']): boolean => kind === 'decide' || kind === 'replay';

test('given nobody who listens, when a step is done, then nothing is asked for it', async () => {
  const asked: string[] = [];
  const begin = () => {
    asked.push('begin');
    return { work: 'items' as const, from: null, to: 'a' };
  };
  const end = () => {
    asked.push('end');
    return { outcome: 'done' as const };
  };
  expect(await traced('index', begin, async () => 7, end)).toBe(7);
  expect(asked).toEqual([]);
});

test('given a listener, when a step begins and ends, then one record tells both, and what it gave is not in it', async () => {
  const events = listen();
  const begin = () => ({ remote: 'origin', url: '/x', part: 'branch' as const });
  const given = await traced(
    'fetch',
    begin,
    async () => ({ secret: 1 }),
    () => ({ outcome: 'ok', tip: null }),
  );
  expect(given).toEqual({ secret: 1 });
  expect(events.map(({ event, outcome }) => [event, outcome])).toEqual([
    ['start', undefined],
    ['end', undefined],
    ['asyncStart', 'ok'],
    ['asyncEnd', 'ok'],
  ]);
  expect(new Set(events.map(({ record }) => record)).size).toBe(1);
  expect(JSON.parse(JSON.stringify(events[0]?.record))).toEqual({
    kind: 'fetch',
    remote: 'origin',
    url: '/x',
    part: 'branch',
    outcome: 'ok',
    tip: null,
    duration_ms: expect.any(Number),
  });
});

test('given a step that throws, when it is done, then the error is told and thrown as it is', async () => {
  const events = listen();
  const failure = new Error('no');
  const begin = () => ({ work: 'words' as const, from: null, to: 'a' });
  const fails = () => {
    throw failure;
  };
  await expect(
    traced(
      'index',
      begin,
      async () => fails(),
      () => ({}),
    ),
  ).rejects.toBe(failure);
  expect(() =>
    tracedSync(
      'replay',
      () => ({ pending: 1 }),
      fails,
      () => ({}),
    ),
  ).toThrow(failure);
  expect(events.filter(({ event }) => event === 'error')).toMatchObject([
    { record: { kind: 'index', error: failure }, outcome: 'failed' },
    { record: { kind: 'replay', error: failure }, outcome: 'failed' },
  ]);
});

test('given two clones that claim one item, when one loses, then each step of it is published with what came of it', async () => {
  const repo = await makeSharedRepo();
  const [ada, bob] = [await repo.clone('ada'), await repo.clone('bob')];
  const first = await repo.init(ada);
  const { id } = await first.createWork({ title: 'One' });
  // On a clock that stands still, what was seen last is fresh, and no look comes before the claim.
  const clock = { ...systemClock, now: () => AT };
  const second = await repo.open(bob, { clock });
  await second.clone.sync();
  await first.claimWork(id);
  const events = listen();
  expect(await second.claimWork(id)).toMatchObject({ ok: false });

  const [decided, ...again] = ended(events, 'decide');
  expect(decided).toMatchObject({ verb: 'claim', id, actor: 'bob', outcome: 'decided' });
  expect(again).not.toEqual([]);
  for (const one of again) expect(one).toMatchObject({ outcome: 'refused', code: 'ALREADY_CLAIMED' });
  expect(ended(events, 'push')[0]).toMatchObject({ remote: 'origin', part: 'branch', outcome: 'behind' });
  expect(ended(events, 'fetch')[0]).toMatchObject({
    remote: 'origin',
    part: 'branch and inboxes',
    outcome: 'ok',
    tip: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  expect(ended(events, 'replay').at(-1)).toMatchObject({ pending: 1, stand: 0, lost: 1 });
  const [push] = ended(events, 'git') as GitTrace[];
  expect(push?.args).toContain('push');
  expect(push).toMatchObject({ outcome: 'exited', exit_status: 1 });
});

test('given a store bound to a channel, when a look at the remote runs git, then git runs within it', async () => {
  const repo = await makeSharedRepo();
  const ledger = await repo.init(await repo.clone('ada'));
  const within = new AsyncLocalStorage<TraceRecord>();
  const fetches = tracingChannel<unknown, FetchTrace>(TRACE_CHANNELS.fetch);
  fetches.start.bindStore(within, (record) => record as TraceRecord);
  onTestFinished(() => void fetches.start.unbindStore(within));
  const parents: (string | undefined)[] = [];
  const noted = (): void => void parents.push(within.getStore()?.kind);
  const gits = tracingChannel<unknown, GitTrace>(TRACE_CHANNELS.git);
  gits.start.subscribe(noted);
  onTestFinished(() => void gits.start.unsubscribe(noted));
  await ledger.clone.fetch();
  expect(parents).toEqual(['fetch']);
});

test('given a git that cannot be started, when its step is told or not, then the failure is left to who started it', async () => {
  vi.stubEnv('PATH', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  const call = { args: ['version'], cwd: '/' };
  const unheard = startGit(call);
  expect(['error', 'exit'].map((event) => unheard.listenerCount(event))).toEqual([0, 0]);
  await once(unheard, 'error');
  const events = listen();
  const heard = startGit(call);
  expect(heard.listenerCount('error')).toBe(0);
  await once(heard, 'error');
  await vi.waitFor(() =>
    expect(ended(events, 'git')).toMatchObject([{ outcome: 'failed', reason: 'spawn git ENOENT' }]),
  );
});

test('given a lock that is held, when another waits for it, then the wait tells who has it', async () => {
  const { folder } = await makeSharedRepo();
  const [one, other] = [new SqliteCloneLock(folder), new SqliteCloneLock(folder)];
  const events = listen();
  let waits: Promise<unknown> = Promise.resolve();
  await one.run('push', async () => {
    waits = other.run('push', async () => 'done');
    await expect(
      other.run(
        'push',
        async () => 'never',
        async () => true,
      ),
    ).resolves.toBeUndefined();
  });
  await expect(waits).resolves.toBe('done');
  const locks = ended(events, 'lock') as LockTrace[];
  expect(locks.map(({ lock, outcome }) => [lock, outcome])).toEqual([
    ['push', 'passed'],
    ['push', 'taken'],
  ]);
  const state = process.platform === 'linux' ? 'running' : expect.any(String);
  for (const lock of locks) expect(lock.holder).toMatchObject({ pid: process.pid, state });
});

test('given what git said is kept, when it no longer holds, then it is told what was read anew and why', async () => {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  await (await repo.init(dir)).close();
  const config = join(dir, '.git/config');
  // Later than any of its files can have changed: they have been at rest.
  const open = () => openRepository(dir, () => Date.now() + 3_600_000);
  rmSync(join(dir, '.git/work-ledger/config-cache.json'), { force: true });
  const events = listen();
  await open();
  await open();
  await repo.git(dir, 'config', 'user.name', 'Ada');
  await open();
  vi.stubEnv('XDG_CONFIG_HOME', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  await open();
  const about = { git_dir: join(dir, '.git'), outcome: 'kept' };
  expect(ended(events, 'config')).toMatchObject([
    { ...about, why: 'nothing_kept', files: [], variables: [] },
    { ...about, why: 'files_changed', files: [config], variables: [] },
    { ...about, why: 'other_environment', files: [], variables: ['XDG_CONFIG_HOME'] },
  ]);
});
