import git from 'isomorphic-git';
import { memfs } from 'memfs';
import { expect, test } from 'vitest';
import { Observations } from '../../../src/agents/presence/list.ts';
import {
  initLedger,
  itemOf,
  type LivenessReading,
  listPresence,
  livenessOf,
  openPresence,
  type PresenceEntry,
  prunePresence,
  systemClock,
  type WorkLedger,
} from '../../../src/index.ts';
import { MemoryState } from '../../../src/store/local-state.ts';
import { makeWorld } from '../../helpers/replicas.ts';
import { execution, ManualTimer } from './presence-world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

async function pair() {
  const world = await makeWorld(['ada', 'bob']);
  const [ada, bob] = world.replicas;
  if (ada === undefined || bob === undefined) throw new Error('two clones were asked for');
  const timer = new ManualTimer();
  const presence = await openPresence({ ledger: ada.ledger, program: 'test', timer });
  return { ...world, ada, bob, presence };
}

const entriesOf = async (ledger: WorkLedger): Promise<PresenceEntry[]> =>
  (await listPresence(ledger)).entries;
const silence = async (ledger: WorkLedger): Promise<number[]> =>
  (await entriesOf(ledger)).map(({ silent_s }) => silent_s);

test('given someone at work, when another clone asks, then it is told who and at what, and for how long nothing changed', async () => {
  const { presence, bob, clock } = await pair();
  presence.start({ ...execution(), step: 'testing' });
  await presence.beat();
  const report = await listPresence(bob.ledger);
  expect(report).toMatchObject({ fresh: true, problem: undefined });
  expect(report.entries).toMatchObject([
    {
      name: `ada.${presence.session}`,
      where: 'remote',
      kind: 'present',
      silent_s: 0,
      record: {
        agent: 'ada',
        program: 'test',
        seq: 1,
        executions: [{ execution_id: 'exec-1', step: 'testing' }],
      },
    },
  ]);
  clock.advance(5 * MINUTE);
  expect(await silence(bob.ledger)).toEqual([5 * 60]);
  await presence.beat();
  expect(await silence(bob.ledger)).toEqual([0]);
  await presence.close();
  expect(await entriesOf(bob.ledger)).toEqual([]);
});

test('given two processes of one name in one clone, when both give signs, then both are listed', async () => {
  const { presence, ada, bob } = await pair();
  const other = await openPresence({ ledger: ada.ledger, timer: new ManualTimer() });
  presence.start(execution(1));
  other.start(execution(2));
  expect(await Promise.all([presence.beat(), other.beat()])).toEqual([true, true]);
  expect(new Set((await entriesOf(bob.ledger)).map(({ name }) => name))).toEqual(
    new Set([`ada.${presence.session}`, `ada.${other.session}`]),
  );
});

test('given a remote that does not answer, when it is asked, then what was last seen is told, and it grows no older', async () => {
  const { presence, bob, clock, remote } = await pair();
  await presence.beat();
  await listPresence(bob.ledger);
  clock.advance(MINUTE);
  await listPresence(bob.ledger);
  remote.goAway();
  clock.advance(DAY);
  const report = await listPresence(bob.ledger);
  expect(report).toMatchObject({
    fresh: false,
    problem: expect.any(Error),
    entries: [{ silent_s: 60 }],
  });
  await expect(prunePresence(bob.ledger)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  remote.comeBack();
  expect(await listPresence(bob.ledger, { fetch: false })).toMatchObject({
    fresh: false,
    problem: undefined,
    entries: [{ silent_s: 60 }],
  });
});

test('given a clock that was set back, when it is asked again, then the silence starts anew', async () => {
  const { presence, bob, clock } = await pair();
  await presence.beat();
  await listPresence(bob.ledger);
  clock.advance(-DAY);
  expect(await silence(bob.ledger)).toEqual([0]);
  clock.advance(MINUTE);
  expect(await silence(bob.ledger)).toEqual([60]);
});

test('given refs that anyone wrote, when it is asked, then each is told as damaged, and the others are read', async () => {
  const { presence, ada, bob, remote } = await pair();
  await presence.beat();
  const [real] = remote.presence.values();
  const commit = async (message: string): Promise<string> => {
    const ref = 'refs/work-ledger/test';
    const who = { name: 'eve', email: 'eve@example.invalid' };
    const draft = { message, author: who, authored_at: 0, committer: who, committed_at: 0, changes: [] };
    const expected = await ada.store.readRef(ref);
    const made = await ada.store.commit({ ref, expected, base: undefined, drafts: [draft] });
    return made.tip ?? '';
  };
  const put = (name: string, oid = '') => ada.connection.presence?.publish(name, oid, undefined);
  await put('README', real);
  await put('eve.0a1b2c3d', real);
  await put('bob.0a1b2c3d', await commit('hello'));
  await put('zed.0a1b2c3d', await commit(`presence: zed\n\n${'x'.repeat(2 * 1024 * 1024)}`));
  const entries = await entriesOf(bob.ledger);
  expect(entries.map((one) => [one.name, one.kind === 'damaged' ? one.reason : one.kind])).toEqual([
    ['README', 'its name is none that this program gives'],
    [`ada.${presence.session}`, 'present'],
    ['bob.0a1b2c3d', 'its message is not JSON'],
    ['eve.0a1b2c3d', `it is of ada.${presence.session}`],
    ['zed.0a1b2c3d', expect.stringMatching(/^it is of \d+ bytes$/)],
  ]);
});

test('given signs of agents that are gone, when they are pruned, then those that were seen unchanged for a day go, and no others', async () => {
  const { presence, ada, bob, clock, remote } = await pair();
  const gone = await openPresence({ ledger: ada.ledger, agent: 'swarm_dev/gone', timer: new ManualTimer() });
  await Promise.all([presence.beat(), gone.beat()]);
  clock.advance(2 * DAY);
  expect(await prunePresence(bob.ledger)).toEqual([]);
  clock.advance(DAY - 1);
  expect(await prunePresence(bob.ledger)).toEqual([]);
  await presence.beat();
  clock.advance(1);
  expect(await prunePresence(bob.ledger)).toMatchObject([{ name: `swarm_dev%2fgone.${gone.session}` }]);
  expect([...remote.presence.keys()]).toEqual([`ada.${presence.session}`]);
  expect((await entriesOf(bob.ledger)).map(({ name }) => name)).toEqual([`ada.${presence.session}`]);
});

test('given executions that are listed, when signs of life are asked for, then each sign is another, and silence is the same', async () => {
  const { presence, bob, clock } = await pair();
  presence.start(execution());
  await presence.beat();
  const look = async (execution_id: string): Promise<LivenessReading> =>
    (await livenessOf(await listPresence(bob.ledger)))('WRK-20260103-0001', execution_id);
  const first = await look('exec-1');
  expect(first).toEqual({ seen: expect.stringMatching(/^ada/), at: clock.now().toISOString() });
  expect(await look('exec-1')).toEqual(first);
  expect(await look('exec-2')).toBe('silent');
  clock.advance(MINUTE);
  await presence.beat();
  const second = await look('exec-1');
  expect(second).toMatchObject({ at: clock.now().toISOString() });
  expect(seenIn(second)).not.toBe(seenIn(first));
  await presence.end('exec-1');
  await presence.beat();
  expect(await look('exec-1')).toBe('silent');
});

const seenIn = (sign: LivenessReading): string => (typeof sign === 'object' ? sign.seen : sign);

test('given one execution that two processes list, when either gives a sign, then it is another', async () => {
  const { presence, ada, bob } = await pair();
  const other = await openPresence({ ledger: ada.ledger, timer: new ManualTimer() });
  presence.start(execution());
  other.start(execution());
  const look = async (): Promise<string> =>
    seenIn((await livenessOf(await listPresence(bob.ledger)))('WRK-20260103-0001', 'exec-1'));
  const seen = new Set<string>();
  for (const one of [presence, other, other, presence]) {
    await one.beat();
    seen.add(await look());
  }
  expect(seen.size).toBe(4);
});

test('given work whose holder is silent, when its presence changes, then it is not recovered; when it stays as it is, then it is', async () => {
  const { presence, ada, bob, clock } = await pair();
  const { id } = await ada.ledger.createWork({ title: 'One' });
  const held = itemOf(await ada.ledger.claimWork(id, { ttl_s: 600 }));
  presence.start({ ...execution(), id, execution_id: held.claim?.execution_id ?? '', ttl_s: 600 });
  const recover = async (): Promise<string[]> => {
    const liveness = await livenessOf(await listPresence(bob.ledger));
    return (await bob.ledger.recoverOrphanedWork({ liveness })).map((item) => item.id);
  };
  for (let look = 0; look < 10; look += 1) {
    await presence.beat();
    expect(await recover()).toEqual([]);
    clock.advance(9 * MINUTE);
  }
  expect(await recover()).toEqual([]);
  clock.advance(MINUTE);
  expect(await recover()).toEqual([id]);
});

async function alone(config: Record<string, string> = {}): Promise<WorkLedger> {
  const { fs } = memfs();
  await git.init({ fs, dir: '/clone' });
  for (const [path, value] of Object.entries(config)) await git.setConfig({ fs, dir: '/clone', path, value });
  return (await initLedger({ dir: '/clone', fs, actor: 'ada', remote: null })).ledger;
}

test('given no remote, when someone is at work, then the clone itself knows', async () => {
  const ledger = await alone();
  const presence = await openPresence({ ledger, timer: new ManualTimer() });
  expect(presence.supported).toBe(true);
  presence.start(execution());
  expect(await presence.beat()).toBe(true);
  expect(await presence.beat()).toBe(true);
  expect(await listPresence(ledger)).toMatchObject({
    fresh: true,
    entries: [{ name: `ada.${presence.session}`, where: 'local', record: { seq: 2 } }],
  });
  await presence.close();
  expect(await entriesOf(ledger)).toEqual([]);
});

test('given a clone that is to say nothing, when someone is at work, then nothing is kept, and nobody is told that it fails', async () => {
  const ledger = await alone({ 'ledger.presence': 'none' });
  const notices: unknown[] = [];
  const presence = await openPresence({
    ledger,
    timer: new ManualTimer(),
    onNotice: (one) => notices.push(one),
  });
  expect(presence.supported).toBe(false);
  expect(await presence.beat()).toBe(false);
  expect([await entriesOf(ledger), notices]).toEqual([[], []]);
});

test('given a name that no agent can have, when presence is opened, then it is refused', async () => {
  const ledger = await alone();
  await expect(openPresence({ ledger, agent: 'a\nb' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

function observer(kept?: string) {
  const state = new MemoryState();
  if (kept !== undefined) state.set('presence.seen', kept);
  /** One look of a process of its own. */
  const look = (at: number, signs: Record<string, string>, looked = true): Record<string, number> => {
    const observations = new Observations(state, { ...systemClock, now: () => new Date(at) });
    const silent = Object.entries(signs).map(([key, oid]) => [key, observations.note(key, oid, looked)]);
    observations.save();
    return Object.fromEntries(silent);
  };
  return { look };
}

test('given signs that one process after another looks at, when they stay, then they are silent for as long as it was looked', () => {
  const { look } = observer();
  expect(look(1000, { a: 'x', b: 'y' })).toEqual({ a: 0, b: 0 });
  expect(look(3000, { a: 'x', b: 'z' })).toEqual({ a: 2000, b: 0 });
  expect(look(9000, { a: 'x', b: 'z' }, false)).toEqual({ a: 2000, b: 0 });
  expect(look(10_000, { a: 'x', b: 'z' })).toEqual({ a: 9000, b: 7000 });
});

test('given a sign that was gone for a while, when it is there again, then it is as new', () => {
  const { look } = observer();
  look(1000, { a: 'x' });
  look(2000, {});
  expect(look(3000, { a: 'x' })).toEqual({ a: 0 });
});

test.each(['', '{', 'null', '{}', '[1]', '[["a"]]', '[["a", null]]', '[["a", {"oid": 1, "first": "x"}]]'])(
  'given what is kept as %j, when it is looked, then it begins anew',
  (kept) => {
    const { look } = observer(kept);
    expect(look(1000, { a: 'x' })).toEqual({ a: 0 });
    expect(look(2000, { a: 'x' })).toEqual({ a: 1000 });
  },
);
