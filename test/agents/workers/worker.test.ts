import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type Agent,
  AgentUnusable,
  runWorker,
  type WorkerEvent,
  type WorkerOptions,
  type WorkerReport,
} from '../../../src/agents.ts';
import { itemOf, LedgerError, systemClock, type WorkLedger } from '../../../src/index.ts';
import { createItems } from '../../helpers/items.ts';
import { makeWorld, type World } from '../../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
let events: WorkerEvent[];

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  events = [];
});

const quick: Agent = async function* () {
  yield { type: 'text', text: 'done' };
};

/** Chance that makes pauses short; the ledger's own clock stands still. */
const work = (options: Partial<WorkerOptions> = {}): Promise<WorkerReport> =>
  runWorker({
    ledger: ada,
    agent: quick,
    idle_exit: true,
    clock: { ...systemClock, now: world.clock.now, random: () => 0 },
    onEvent: (event) => void events.push(event),
    ...options,
  });

const statuses = async (ledger: WorkLedger): Promise<string[]> => {
  await ledger.clone.fetch();
  return (await ledger.query.list({ all: true })).map(({ status }) => status);
};
const said = (type: WorkerEvent['type']): WorkerEvent[] => events.filter((event) => event.type === type);

describe('given a policy', () => {
  test('when it asks for a review, then what is done is submitted, and others accept it', async () => {
    await createItems(bob, 2, { type: 'bug' });
    await bob.admin.configure({ review: [{ types: ['bug'] }] });
    await ada.clone.fetch();
    const report = await work();
    expect(report).toMatchObject({ started: 2, completed: 0, submitted: 2, failed: 0 });
    expect(await statuses(bob)).toEqual(['in_review', 'in_review']);
    const [item] = await bob.query.list();
    expect(await bob.work.approve(item?.id ?? '')).toMatchObject({ ok: true, item: { status: 'completed' } });
  });

  test('when it asks for criteria to be met, then what is done is submitted, for others to look at them', async () => {
    await createItems(bob, 1, { acceptance: [{ text: 'it works' }] });
    await bob.admin.configure({ acceptance: 'required' });
    await ada.clone.fetch();
    expect(await work()).toMatchObject({ completed: 0, submitted: 1, failed: 0 });
    await bob.clone.fetch();
    const [{ id } = { id: '' }] = await bob.query.list();
    await expect(bob.work.approve(id)).rejects.toMatchObject({ code: 'CRITERIA_OPEN' });
    expect(await bob.work.accept(id, { met: ['it works'] })).toMatchObject({ ok: true });
    expect(await bob.work.approve(id)).toMatchObject({ ok: true, item: { status: 'completed' } });
  });

  test('when it leaves some items to others, then those are passed over', async () => {
    await createItems(bob, 2, { labels: ['security'] });
    await createItems(bob, 1, {});
    await bob.admin.configure({
      roles: { leads: { members: ['lea'] } },
      allow: [{ verbs: ['claim'], labels: ['security'], roles: ['leads'] }],
    });
    await ada.clone.fetch();
    expect(await work()).toMatchObject({ started: 1, completed: 1 });
    expect((await statuses(bob)).toSorted()).toEqual(['completed', 'pending', 'pending']);
  });
});

describe('given an agent that makes parts of what it works on', () => {
  test('when it is done before they are, then it is given back with its result, and is completed after them', async () => {
    const [parent = ''] = await createItems(bob, 1, { swarm_name: 'big' });
    await ada.clone.fetch();
    let split = false;
    const splitting: Agent = async function* () {
      yield { type: 'text', text: 'working' };
      if (!split) await ada.createSubtask(parent, { title: 'A part' });
      split = true;
      yield { type: 'result', result: { rows: 12 } };
    };
    const report = await work({ agent: splitting, filter: { swarm_name: 'big' } });
    expect(report).toMatchObject({ started: 3, completed: 2, released: 1, failed: 0 });
    expect(said('released')).toMatchObject([
      { work_id: parent, reason: expect.stringContaining('open parts') },
    ]);
    const versions = await ada.audit.history(parent);
    expect(versions.map(({ verb }) => verb)).toEqual([
      ...['create', 'claim', 'checkpoint', 'release', 'claim', 'complete'],
    ]);
    expect(await ada.getWork(parent)).toMatchObject({
      status: 'completed',
      checkpoint: { step: 'done', data: { rows: 12 } },
    });
  });
});

describe('given ready items', () => {
  test('when a worker runs until nothing is ready, then all that it may take is completed', async () => {
    await createItems(bob, 3, { swarm_name: 'shop', labels: ['a', 'b'] });
    await createItems(bob, 1, { swarm_name: 'other' });
    await createItems(bob, 1, { swarm_name: 'shop', labels: ['a'], type: 'bug' });
    const report = await work({ filter: { swarm_name: 'shop', labels: ['a'], type: ['task'] } });
    expect(report).toMatchObject({ started: 3, completed: 3, claims: 3, races_lost: 0, unsynced: 0 });
    expect((await statuses(bob)).toSorted()).toEqual([
      'completed',
      'completed',
      'completed',
      'pending',
      'pending',
    ]);
    expect(events.at(-1)).toEqual({ type: 'ended', ...report });
  });

  test('when it may take so many, then it takes no more', async () => {
    await createItems(ada, 3);
    expect(await work({ max: 2, idle_exit: false, concurrency: 5 })).toMatchObject({ completed: 2 });
  });

  test('when it takes several at a time, then they run side by side', async () => {
    await createItems(ada, 4);
    let running = 0;
    let most = 0;
    const report = await work({
      concurrency: 3,
      agent: async function* () {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        yield* [];
      },
    });
    expect(report.completed).toBe(4);
    expect(most).toBe(3);
  });

  test('when one waits for another, then they are done in turn', async () => {
    const first = await ada.createWork({ title: 'First', priority: 'low' });
    await ada.createWork({ title: 'Second', priority: 'critical', dependencies: [first.id] });
    await work();
    expect(said('started')).toMatchObject([{ title: 'First' }, { title: 'Second' }]);
  });

  test('when one is an escalation, then it is left to a person, unless it is asked for', async () => {
    await createItems(ada, 1, { type: 'escalation' });
    expect(await work()).toMatchObject({ started: 0 });
    expect(await work({ filter: { type: ['escalation'] } })).toMatchObject({ completed: 1 });
  });

  test('when one fails, then it goes on with the next', async () => {
    await createItems(ada, 3);
    const report = await work({
      agent: async function* ({ item }) {
        if (item.title === 'Item 1') throw new Error('no');
        yield* [];
      },
    });
    expect(report).toMatchObject({ completed: 2, failed: 1 });
  });

  test('when someone is faster, then it takes another', async () => {
    await createItems(ada, 4);
    await bob.clone.fetch();
    const replica = world.replicas[0];
    let first = true;
    if (replica !== undefined) {
      replica.connection.beforePush = async () => {
        if (!first) return;
        first = false;
        const [item] = await bob.getReadyToStart();
        if (item !== undefined) itemOf(await bob.claimWork(item.id));
      };
    }
    const report = await work();
    expect(report).toMatchObject({ completed: 3, races_lost: 1, claims: 4 });
    expect(said('lost')).toMatchObject([{ message: expect.stringContaining('bob holds it') }]);
    expect(await ada.clone.rejected()).toEqual([]);
  });
});

describe('given nothing to do', () => {
  test('when the ledger moves in this clone, then the worker takes it up', async () => {
    const running = work({ idle_exit: false, max: 1 });
    await expect.poll(() => said('waiting')).toHaveLength(1);
    const { id } = await ada.createWork({ title: 'New' });
    expect(await running).toMatchObject({ completed: 1 });
    expect(said('completed')).toMatchObject([{ work_id: id }]);
  });

  test('when someone else makes work, then it is found by asking', async () => {
    const running = work({ idle_exit: false, max: 1 });
    await expect.poll(() => said('waiting')).toHaveLength(1);
    await bob.createWork({ title: 'New' });
    expect(await running).toMatchObject({ completed: 1 });
  });

  test('when it is told to end, then it does', async () => {
    const stop = new AbortController();
    const running = work({ idle_exit: false, signal: stop.signal });
    await expect.poll(() => said('waiting')).toHaveLength(1);
    stop.abort();
    expect(await running).toMatchObject({ started: 0 });
  });
});

describe('given an agent that fails', () => {
  /** Fails but for the items that are named. */
  const failing = (...good: string[]): Agent =>
    async function* ({ work_id }) {
      yield { type: 'text', text: 'working' };
      if (!good.includes(work_id)) throw new Error('broken');
    };

  test('when it does so several times in a row, then the worker leaves the rest alone, says so, and ends', async () => {
    await createItems(ada, 8);
    const report = await work({ agent: failing(), idle_exit: false });
    expect(report).toMatchObject({ started: 5, failed: 5 });
    expect(said('gave_up')).toEqual([{ type: 'gave_up', failed: 5 }]);
    expect((await statuses(bob)).filter((status) => status === 'pending')).toHaveLength(3);
  });

  test('when something goes well in between, then it goes on', async () => {
    const ids = await createItems(ada, 6);
    const report = await work({ agent: failing(ids[1] ?? '', ids[3] ?? ''), max_failures: 2 });
    expect(report).toMatchObject({ started: 6, completed: 2, failed: 4 });
    // The last two failed in a row, and nothing was left.
    expect(said('gave_up')).toEqual([{ type: 'gave_up', failed: 2 }]);
  });

  test('when others run meanwhile, then they are brought to their end', async () => {
    const [slow = ''] = await createItems(ada, 6);
    const gone = Promise.withResolvers<void>();
    const agent: Agent = async function* (context, prompt, controls) {
      if (context.work_id === slow) await gone.promise;
      else yield* failing()(context, prompt, controls);
    };
    const running = work({ agent, idle_exit: false, concurrency: 2, max_failures: 2 });
    await expect.poll(() => said('gave_up')).toHaveLength(1);
    gone.resolve();
    expect(await running).toMatchObject({ started: 3, completed: 1, failed: 2 });
  });
});

describe('given a remote that goes away', () => {
  test('when a worker waits, then it says so once, and goes on once the remote is back', async () => {
    const replica = world.replicas[0];
    if (replica !== undefined) replica.connection.cut = true;
    const running = work({ idle_exit: false, max: 1 });
    await expect.poll(() => said('waiting')).toMatchObject([{ for: 'remote' }]);
    await bob.createWork({ title: 'New' });
    if (replica !== undefined) replica.connection.cut = false;
    expect(await running).toMatchObject({ completed: 1 });
    expect(said('back')).toHaveLength(1);
  });

  test('when work ends meanwhile, then its result is shared once the remote is back', async () => {
    const [id = ''] = await createItems(ada, 1);
    const replica = world.replicas[0];
    const agent: Agent = async function* () {
      if (replica !== undefined) replica.connection.cut = true;
      yield { type: 'result', result: { kept: true } };
    };
    const stop = new AbortController();
    const running = work({ idle_exit: false, agent, signal: stop.signal });
    await expect.poll(() => said('waiting')).toMatchObject([{ for: 'remote' }]);
    expect(said('completed')).toMatchObject([{ where: 'local' }]);
    if (replica !== undefined) replica.connection.cut = false;
    await expect.poll(() => said('synced')).toMatchObject([{ accepted: 1, lost: [] }]);
    stop.abort();
    expect(await running).toMatchObject({ unsynced: 0 });
    await bob.clone.fetch();
    expect(await bob.query.find(id)).toMatchObject({ status: 'completed', result: { kept: true } });
  });

  test('when someone else finishes the work meanwhile, then the worker tells that its result is lost, and it is kept', async () => {
    const [id = ''] = await createItems(ada, 1);
    const replica = world.replicas[0];
    const agent: Agent = async function* () {
      if (replica !== undefined) replica.connection.cut = true;
      yield { type: 'result', result: { mine: true } };
    };
    const stop = new AbortController();
    const running = work({ idle_exit: false, agent, signal: stop.signal });
    await expect.poll(() => said('waiting')).toMatchObject([{ for: 'remote' }]);
    world.clock.advance(100_000_000);
    await bob.recoverOrphanedWork();
    await bob.completeWork(id, { claim: true });
    if (replica !== undefined) replica.connection.cut = false;
    await expect.poll(() => said('synced')).toMatchObject([{ accepted: 0, lost: [{ work_id: id }] }]);
    expect(await ada.clone.rejected()).toMatchObject([
      { id, verb: 'complete', error: { code: 'STALE_EPOCH' } },
    ]);
    stop.abort();
    expect(await running).toMatchObject({ unsynced: 0, started: 1, completed: 0, superseded: 1 });
  });
});

describe('given an item that was blocked by its agent', () => {
  test('when it is unblocked, then the same worker takes it up again, without a claim', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    let runs = 0;
    const agent: Agent = async function* ({ work_id, execution_id }) {
      runs += 1;
      yield { type: 'checkpoint', step: `run ${runs}` };
      if (runs === 1) await ada.blockWork(work_id, { reason: 'a question', execution_id });
    };
    const stop = new AbortController();
    const running = work({ idle_exit: false, agent, signal: stop.signal });
    await expect.poll(() => said('blocked')).toHaveLength(1);
    await ada.unblockWork(id);
    await expect.poll(() => said('completed')).toHaveLength(1);
    stop.abort();
    await running;
    expect(await ada.query.find(id)).toMatchObject({ status: 'completed', attempts: 1 });
    expect(said('started')).toMatchObject([{ resumed: false }, { resumed: true }]);
  });
});

describe('given what does not pass by itself', () => {
  test('when the agent is of no use, then the worker ends, and nothing is held against the item', async () => {
    const ids = await createItems(ada, 2);
    const error = new AgentUnusable('no such program');
    const agent: Agent = async function* () {
      yield* [];
      throw error;
    };
    await expect(work({ agent })).rejects.toBe(error);
    for (const id of ids) expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
    expect(said('released')).toHaveLength(1);
  });

  test('when the clone may only write locally, then a worker is refused', async () => {
    const [, local] = (await makeWorld(['ada', 'bob'], (name) => (name === 'bob' ? 'local' : 'push')))
      .replicas;
    const ledger = local?.ledger as WorkLedger;
    await expect(runWorker({ ledger, agent: quick })).rejects.toThrow('needs the remote');
  });
});

describe('given a worker that is to end', () => {
  const endless: Agent = async function* (_context, _prompt, { signal }) {
    yield { type: 'checkpoint', step: 'half' };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };

  test('when what runs takes longer than it has, then it is given back with its checkpoint', async () => {
    const [id = ''] = await createItems(ada, 1);
    const stop = new AbortController();
    const running = work({ agent: endless, signal: stop.signal, drain_grace_s: 0.01 });
    await expect.poll(() => said('checkpoint')).toHaveLength(1);
    stop.abort();
    expect(await running).toMatchObject({ started: 1, released: 1 });
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending', checkpoint: { step: 'half' } });
  });

  test('when it is told a second time, then it waits no longer', async () => {
    await createItems(ada, 1);
    const [first, second] = [new AbortController(), new AbortController()];
    const running = work({
      agent: endless,
      signal: first.signal,
      stop_signal: second.signal,
      drain_grace_s: 3600,
    });
    await expect.poll(() => said('checkpoint')).toHaveLength(1);
    first.abort();
    await expect.poll(() => said('draining')).toHaveLength(1);
    second.abort();
    expect(await running).toMatchObject({ released: 1 });
  });
});

describe('given a remote that does not answer as it should', () => {
  test('when a replica is behind, then the worker waits for the remote, and goes on once it is not', async () => {
    await createItems(ada, 1);
    vi.spyOn(ada.clone, 'fetch').mockRejectedValueOnce(new LedgerError('REMOTE_STALE', 'It is behind.'));
    expect(await work()).toMatchObject({ completed: 1 });
    expect(said('waiting')).toMatchObject([
      { for: 'remote', message: 'It is behind.' },
      { for: 'nothing_ready' },
    ]);
    expect(said('back')).toHaveLength(1);
  });

  test('when it is two repositories, then the worker ends with that, and does not ask again', async () => {
    await createItems(ada, 1);
    const parted = new LedgerError('DIFFERENT_REMOTES', 'They have parted.', {
      details: { remote: 'origin', read: 'a', written: 'b' },
    });
    const fetch = vi.spyOn(ada.clone, 'fetch').mockRejectedValue(parted);
    await expect(work({ idle_exit: false })).rejects.toBe(parted);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(said('waiting')).toEqual([]);
  });
});

test('given a signal that was given before, when a worker begins, then it takes nothing on', async () => {
  await createItems(ada, 1);
  expect(await work({ idle_exit: false, signal: AbortSignal.abort() })).toMatchObject({ started: 0 });
  expect(await statuses(ada)).toEqual(['pending']);
});
