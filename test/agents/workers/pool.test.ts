import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Agent,
  AgentBlocked,
  AgentDeferred,
  type AgentEvent,
  AgentExecutorPool,
  type AgentRunContext,
  AgentUnusable,
  type ExecutionEvent,
  type Heartbeat,
  LeaseLostError,
  type PoolOptions,
  SupersededError,
} from '../../../src/agents.ts';
import { itemOf, type WorkLedger } from '../../../src/index.ts';
import { makeWorld, type World } from '../../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const makePool = (agent: Agent, options: Partial<PoolOptions> = {}): AgentExecutorPool =>
  new AgentExecutorPool({ ledger: ada, agent, clock: world.clock, abort_grace_s: 2, ...options });

/** An agent that says these things and is done. */
const saying = (...events: AgentEvent[]): Agent =>
  async function* () {
    yield* events;
  };

/** An agent that works until it is told to stop. */
const endless = (...first: AgentEvent[]): Agent =>
  async function* (_context, _prompt, { signal }) {
    yield* first;
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };

const failing = (error: Error): Agent =>
  // biome-ignore lint/correctness/useYield: it fails before it says anything
  async function* () {
    throw error;
  };

interface Told {
  events: ExecutionEvent[];
  error: unknown;
}

async function all(iterable: AsyncIterable<ExecutionEvent>): Promise<Told> {
  const events: ExecutionEvent[] = [];
  try {
    for await (const event of iterable) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

const typesOf = ({ events }: Told): string[] => events.map(({ type }) => type);
const verbsOf = async (ledger: WorkLedger, id: string): Promise<string[]> =>
  (await ledger.audit.history(id)).map(({ verb }) => verb);

test('given the words of the design, when a pool and a call are given them, then they say the same', async () => {
  const { id } = await ada.createWork({ title: 'One' });
  let prompted: string | undefined;
  const pool = makePool(
    // biome-ignore lint/correctness/useYield: it has nothing to say
    async function* ({ system_prompt }) {
      prompted = system_prompt;
    },
    { maxConcurrent: 2 },
  );
  expect(pool.free).toBe(2);
  const told = await all(pool.execute({}, 'Do it', { workId: id, systemPrompt: 'Be brief' }));
  expect(told.events.at(-1)).toMatchObject({ type: 'completed', work_id: id });
  expect(prompted).toBe('Be brief');
});

describe('given work that goes well', () => {
  test('with an item, then it is claimed, run, and completed with what the agent found', async () => {
    const { id } = await ada.createWork({ title: 'One', swarm_name: 'shop' });
    let given: AgentRunContext | undefined;
    const pool = makePool(async function* (context) {
      given = context;
      yield { type: 'result', result: { tests: 3 } };
    });

    const told = await all(pool.execute({}, 'Do it', { work_id: id, system_prompt: 'Be brief' }));

    expect(typesOf(told)).toEqual(['started', 'result', 'completed']);
    expect(given).toMatchObject({
      work_id: id,
      actor: 'ada',
      swarm_name: 'shop',
      attempt: 1,
      max_attempts: 3,
      epoch: 1,
      checkpoint: undefined,
      system_prompt: 'Be brief',
    });
    const item = await bob.clone.fetch().then(() => bob.query.find(id));
    expect(item).toMatchObject({ status: 'completed', owner: 'ada' });
    expect(item?.result).toEqual({ execution_id: given?.execution_id, tests: 3 });
    await pool.close();
  });

  test('without an item, then one is made from the prompt and claimed in the same push', async () => {
    const prompt = `Long\n${'words '.repeat(40)}`;
    const pool = makePool(saying());
    const context = { actor: 'cy', session_id: 's-1', item_context: { message_id: 'm-1' } };

    const told = await all(pool.execute(context, prompt));

    const [started] = told.events;
    const id = started?.type === 'started' ? started.work_id : '';
    const item = await ada.query.find(id);
    expect(item).toMatchObject({
      status: 'completed',
      created_by: 'cy',
      owner: 'cy',
      description: prompt,
      context: { session_id: 's-1', message_id: 'm-1' },
    });
    expect([...(item?.title ?? '')]).toHaveLength(100);
    expect(item?.title).toMatch(/^Long words words/);
    expect(await verbsOf(ada, id)).toEqual(['create', 'claim', 'complete']);
    await pool.close();
  });

  test.each(['', '\u001b[31m', `${'é'.repeat(70_000)}`])(
    'with an odd prompt, then an item is made all the same, and the agent gets the whole of it',
    async (prompt) => {
      let given: string | undefined;
      const pool = makePool(async function* (_context, text) {
        given = text;
        yield* [];
      });
      const told = await all(pool.execute({}, prompt));
      expect(typesOf(told)).toEqual(['started', 'completed']);
      expect(given).toBe(prompt);
      await pool.close();
    },
  );

  test('when nobody asks for the first event, then nothing happens', async () => {
    const { id, rev } = await ada.createWork({ title: 'One' });
    const pool = makePool(saying());
    const iterator = pool.execute({}, '', { work_id: id });
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await ada.query.find(id)).toMatchObject({ rev });
    await pool.close();
  });

  test('with checkpoints that are yielded and called, then each is recorded, and the next agent resumes at the last', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(async function* (_context, _prompt, { checkpoint }) {
      yield { type: 'checkpoint', step: 'one', data: { rows: 3 } };
      expect(await checkpoint({ step: 'two', next_action: 'three' })).toBe('remote');
      throw new Error('out of luck');
    });
    await all(pool.execute({}, '', { work_id: id }));
    await ada.work.retry(id, { not_before: null });
    let resumed: AgentRunContext | undefined;
    const next = makePool(async function* (context) {
      resumed = context;
      yield* [];
    });
    const told = await all(next.execute({}, '', { work_id: id }));
    expect(told.events[0]).toMatchObject({ type: 'started', attempt: 2, resumed: true, epoch: 2 });
    expect(resumed?.checkpoint).toMatchObject({ step: 'two', next_action: 'three', attempt: 1 });
    await Promise.all([pool.close(), next.close()]);
  });
});

describe('given work that does not go well', () => {
  test('when the agent throws, then the item fails with the message, and the error is thrown', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const error = new Error('the schema is wrong');
    const pool = makePool(failing(error));
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.error).toBe(error);
    expect(typesOf(told)).toEqual(['started', 'failed']);
    expect(await ada.query.find(id)).toMatchObject({ status: 'failed', error: 'the schema is wrong' });
    await pool.close();
  });

  test('when what it says as it fails, or gives as its result, has a token in it, then the item fails without that', async () => {
    const token = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
    const agents = [
      failing(new Error(`refused: ${token} is too old`)),
      saying({ type: 'result', result: { out: token } }),
    ];
    for (const agent of agents) {
      const { id } = await ada.createWork({ title: 'One' });
      await all(makePool(agent).execute({}, '', { work_id: id }));
      const item = await ada.query.find(id);
      expect(item?.status).toBe('failed');
      expect(item?.error).toContain('a token of GitHub');
      expect(JSON.stringify(item)).not.toContain(token);
    }
  });

  test('when it is deferred, then it is tried again later; once its attempts are used, it stays failed', async () => {
    const { id } = await ada.createWork({ title: 'One', max_attempts: 2 });
    const pool = makePool(failing(new AgentDeferred('the service is away', { retry_after_s: 60 })));
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.error).toBeInstanceOf(AgentDeferred);
    expect(typesOf(told)).toEqual(['started', 'deferred']);
    const later = new Date(world.clock.now().getTime() + 60_000).toISOString();
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending', not_before: later });
    world.clock.advance(61_000);
    expect(typesOf(await all(pool.execute({}, '', { work_id: id })))).toEqual(['started', 'failed']);
    expect(await ada.query.find(id)).toMatchObject({ status: 'failed', error: 'the service is away' });
    await pool.close();
  });

  test('when the agent says that it cannot work at all, then the item is given back', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(failing(new AgentUnusable('no such program')));
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(typesOf(told)).toEqual(['started', 'released']);
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
    await pool.close();
  });

  test('when the agent blocked its item, then it is left so, and remembered', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(async function* ({ work_id, execution_id }) {
      await ada.blockWork(work_id, { reason: 'needs a word', execution_id });
      yield* [];
      throw new AgentBlocked();
    });
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.error).toBeUndefined();
    expect(told.events.at(-1)).toMatchObject({ type: 'blocked', reason: 'needs a word' });
    expect(await ada.query.find(id)).toMatchObject({ status: 'blocked' });
    expect(pool.parked).toMatchObject([{ id }]);
    await pool.close();
  });

  test('when it says that it is blocked and nothing blocks it, then it fails', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(failing(new AgentBlocked('exited with 10')));
    expect(typesOf(await all(pool.execute({}, '', { work_id: id })))).toEqual(['started', 'failed']);
    await pool.close();
  });

  test('when the agent completed its item itself, then nothing is written twice', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(async function* ({ work_id, execution_id }) {
      itemOf(await ada.completeWork(work_id, { execution_id }));
      yield* [];
    });
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.events.at(-1)).toMatchObject({ type: 'settled', status: 'completed' });
    expect(await verbsOf(ada, id)).toEqual(['create', 'claim', 'complete']);
    await pool.close();
  });

  test('when its result is none that an item can hold, then it fails and says so', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(saying({ type: 'result', result: { big: 'x'.repeat(300_000) } }));
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(typesOf(told)).toEqual(['started', 'result', 'failed']);
    expect(await ada.query.find(id)).toMatchObject({ status: 'failed', error: /256 KiB/ });
    await pool.close();
  });

  test('when a checkpoint cannot be recorded, then that is said, and the work goes on', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(saying({ type: 'checkpoint', summary: 'x'.repeat(70_000) }));
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(typesOf(told)).toEqual(['started', 'warning', 'checkpoint', 'completed']);
    await pool.close();
  });

  test('when an observer throws, then that is said once, and the work goes on', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(saying({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }));
    const onEvent = (): never => {
      throw new Error('broken');
    };
    const told = await all(pool.execute({}, '', { work_id: id, onEvent }));
    expect(typesOf(told)).toEqual(['started', 'warning', 'text', 'text', 'completed']);
    expect(told.events[1]).toMatchObject({ work_id: id, message: 'onEvent failed: broken' });
    await pool.close();
  });

  test('when the remote is away at the end, then the result is kept, and shared once it is back', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const [replica] = world.replicas;
    const pool = makePool(async function* () {
      if (replica !== undefined) replica.connection.cut = true;
      yield { type: 'checkpoint', step: 'nearly' };
    });
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.events.at(-1)).toMatchObject({ type: 'completed', where: 'local' });
    if (replica !== undefined) replica.connection.cut = false;
    expect(await ada.clone.sync()).toMatchObject({ accepted: 2, lost: [] });
    await pool.close();
  });
});

describe('given an item that someone has', () => {
  test('when it is someone else, then the error names the holder, and the agent never runs', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    await bob.clone.fetch();
    await bob.claimWork(id);
    const pool = makePool(saying());
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.events).toEqual([]);
    expect(told.error).toMatchObject({ code: 'ALREADY_CLAIMED', details: { owner: 'bob' } });
    await pool.close();
  });

  test('when it is the same actor, then this execution takes over from that one', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    await ada.claimWork(id, { execution_id: 'exec-before' });
    const pool = makePool(saying());
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(typesOf(told)).toEqual(['started', 'completed']);
    expect(await verbsOf(ada, id)).toEqual(['create', 'claim', 'link_execution', 'complete']);
    await pool.close();
  });

  test.each([false, 'exec-other'])('when it may only take over from %s, then it does not', async (link) => {
    const { id } = await ada.createWork({ title: 'One' });
    await ada.claimWork(id, { execution_id: 'exec-before' });
    const pool = makePool(saying());
    const { error } = await all(pool.execute({}, '', { work_id: id, link }));
    expect(error).toMatchObject({ code: 'ALREADY_CLAIMED' });
    await pool.close();
  });
});

describe('given a holder that is superseded', () => {
  /** Takes the item away from whoever has it. */
  async function takeAway(id: string): Promise<void> {
    await bob.clone.fetch();
    const { claim } = await bob.getWork(id);
    itemOf(await bob.releaseWork(id, { owner: 'ada', epoch: claim?.epoch, reason: 'no sign of life' }));
    itemOf(await bob.claimWork(id));
  }

  test('when it finishes, then its result is told to it alone, with the holder', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(async function* () {
      yield { type: 'result', result: { mine: true } };
      await takeAway(id);
    });
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(told.error).toBeInstanceOf(SupersededError);
    expect(told.error).toMatchObject({ code: 'STALE_EPOCH' });
    expect(told.events.at(-1)).toMatchObject({
      type: 'superseded',
      holder: { owner: 'bob', epoch: 2 },
      result: { mine: true },
    });
    await bob.clone.fetch();
    expect(await bob.query.find(id)).toMatchObject({ status: 'in_progress', owner: 'bob' });
    await pool.close();
  });

  test('when it records a checkpoint, then it is told to stop', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(async function* (_context, _prompt, { signal }) {
      await takeAway(id);
      yield { type: 'checkpoint', step: 'too late' };
      expect(signal.aborted).toBe(true);
    });
    const told = await all(pool.execute({}, '', { work_id: id }));
    expect(typesOf(told)).toEqual(['started', 'checkpoint', 'superseded']);
    expect(await verbsOf(bob, id)).toEqual(['create', 'claim', 'release', 'claim']);
    await pool.close();
  });

  test('when it only works on, then it learns of it and stops', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(endless(), { ttl_s: 1 });
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    await takeAway(id);
    expect((await all(running)).error).toBeInstanceOf(SupersededError);
    await pool.close();
  });

  test('when someone cancels the item, then the agent is stopped', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(endless(), { ttl_s: 1 });
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    await ada.work.cancel(id);
    expect((await all(running)).error).toMatchObject({ code: 'STALE_EPOCH', holder: { owner: null } });
    await pool.close();
  });
});

describe('given a lease that runs out', () => {
  test('while presence renews it, then the work goes on for longer than it, and the ledger gets no commit for it', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(
      async function* () {
        yield { type: 'checkpoint', step: 'kept' };
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      },
      { ttl_s: 1 },
    );
    const running = all(pool.execute({}, '', { work_id: id }));
    await expect.poll(() => world.remote.presence.size, { timeout: 10_000 }).toBe(1);
    expect(typesOf(await running)).toEqual(['started', 'checkpoint', 'completed']);
    expect(await verbsOf(ada, id)).toEqual(['create', 'claim', 'checkpoint', 'complete']);
    await pool.close();
    expect(world.remote.presence.size).toBe(0);
  });

  test('where the remote takes no presence, then checkpoints renew it, and the last one stays', async () => {
    world.remote.refusePresence('only branches are taken here');
    const { id } = await ada.createWork({ title: 'One' });
    const renewed = Promise.withResolvers<void>();
    const pool = makePool(
      async function* () {
        yield { type: 'checkpoint', step: 'kept', data: { n: 1 } };
        await renewed.promise;
      },
      { ttl_s: 1 },
    );
    const running = all(pool.execute({}, '', { work_id: id }));
    await expect.poll(() => verbsOf(ada, id), { timeout: 10_000 }).toHaveLength(7);
    renewed.resolve();
    expect(typesOf(await running)).toEqual(['started', 'checkpoint', 'completed']);
    expect(await ada.query.find(id)).toMatchObject({ checkpoint: { step: 'kept', data: { n: 1 } } });
    await pool.close();
  });

  test('while the remote is away, then the agent is stopped, and nothing more is written', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const [replica] = world.replicas;
    const pool = makePool(endless({ type: 'result', result: { half: true } }), { ttl_s: 1 });
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    if (replica !== undefined) replica.connection.cut = true;
    const told = await all(running);
    expect(told.error).toBeInstanceOf(LeaseLostError);
    expect(told.events.at(-1)).toMatchObject({ type: 'stopped', result: { half: true } });
    expect((await ada.clone.status()).pending).toEqual([]);
    if (replica !== undefined) replica.connection.cut = false;
    expect(await pool.recover()).toMatchObject([{ id, status: 'pending' }]);
    await pool.close();
  });

  test('with signs of life of another kind, then the ledger gets none', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const steps: string[] = [];
    const heartbeat: Heartbeat = {
      start: () => undefined,
      step: (_execution, text) => void steps.push(text),
      end: async () => undefined,
      lastRenewed: () => performance.now(),
      close: async () => undefined,
    };
    const waited = Promise.withResolvers<void>();
    const pool = makePool(
      async function* () {
        yield { type: 'progress', step: 'reading' };
        await waited.promise;
      },
      { ttl_s: 1, heartbeat },
    );
    const running = all(pool.execute({}, '', { work_id: id }));
    setTimeout(waited.resolve, 1_200);
    expect((await running).error).toBeUndefined();
    expect(steps).toEqual(['reading']);
    expect(await verbsOf(ada, id)).toEqual(['create', 'claim', 'complete']);
    await pool.close();
  });
});

describe('given work that is cancelled', () => {
  test('by leaving the loop, then the item is released with its last checkpoint', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(endless({ type: 'checkpoint', step: 'half' }));
    for await (const event of pool.execute({}, '', { work_id: id })) if (event.type === 'checkpoint') break;
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending', checkpoint: { step: 'half' } });
    expect(pool.size).toBe(0);
    await pool.close();
  });

  test('by a signal while the agent is silent, then what it records on its way out is kept', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const cancel = new AbortController();
    const pool = makePool(async function* (_context, _prompt, { signal }) {
      yield { type: 'text', text: 'at it' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield { type: 'checkpoint', step: 'on the way out' };
    });
    const running = pool.execute({}, '', { work_id: id, signal: cancel.signal });
    await running.next();
    await running.next();
    // By then the agent waits for its next word.
    const rest = all(running);
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('no longer wanted');
    cancel.abort(reason);
    const told = await rest;
    expect(told.error).toBe(reason);
    expect(typesOf(told)).toEqual(['checkpoint', 'released']);
    expect(await ada.query.find(id)).toMatchObject({
      status: 'pending',
      checkpoint: { step: 'on the way out' },
    });
    await pool.close();
  });

  test('before the agent begins, then it never does', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    let began = false;
    const pool = makePool(async function* () {
      began = true;
      yield* [];
    });
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    await running.return?.();
    expect(began).toBe(false);
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
    await pool.close();
  });

  test('while an agent does not listen, then it is not waited for longer than it has', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const pool = makePool(
      async function* () {
        yield { type: 'text', text: 'at it' };
        await new Promise(() => undefined);
      },
      { abort_grace_s: 0.02 },
    );
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    await running.next();
    await running.return?.();
    expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
    await pool.close();
  });
});

describe('given more work than places', () => {
  test('then so many run at once, and others follow in order', async () => {
    const ids = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (title) => (await ada.createWork({ title })).id),
    );
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const pool = makePool(
      async function* ({ work_id }) {
        running += 1;
        order.push(work_id);
        most = Math.max(most, running);
        yield { type: 'text', text: 'at it' };
        running -= 1;
      },
      { max_concurrent: 2 },
    );
    await Promise.all(ids.map((work_id) => all(pool.execute({}, '', { work_id }))));
    expect(most).toBe(2);
    expect(order.slice(2)).toEqual(ids.slice(2));
    await pool.close();
  });

  test('when one that waits is cancelled, then it takes nobody’s place', async () => {
    const items = await Promise.all(['a', 'b', 'c'].map((title) => ada.createWork({ title })));
    const [a = '', b = '', c = ''] = items.map(({ id }) => id);
    const go = Promise.withResolvers<void>();
    const pool = makePool(
      async function* () {
        await go.promise;
        yield* [];
      },
      { max_concurrent: 1 },
    );
    const first = all(pool.execute({}, '', { work_id: a }));
    const cancel = new AbortController();
    const second = all(pool.execute({}, '', { work_id: b, signal: cancel.signal }));
    const third = all(pool.execute({}, '', { work_id: c }));
    cancel.abort(new Error('not any more'));
    expect((await second).error).toMatchObject({ message: 'not any more' });
    go.resolve();
    expect((await first).error ?? (await third).error).toBeUndefined();
    expect(await ada.query.find(b)).toMatchObject({ status: 'pending', attempts: 0 });
    await pool.close();
  });

  test('while nobody reads, then the agent waits', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    let said = 0;
    const pool = makePool(async function* () {
      for (; said < 100; said += 1) yield { type: 'text', text: String(said) };
    });
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    await running.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(said).toBeLessThan(4);
    expect(typesOf(await all(running))).toHaveLength(100);
    await pool.close();
  });
});

describe('given a pool that drains', () => {
  test('then what runs is stopped and released, what waits never begins, and nothing new is taken', async () => {
    const items = await Promise.all(['a', 'b', 'c'].map((title) => ada.createWork({ title })));
    const [a = '', b = '', c = ''] = items.map(({ id }) => id);
    const pool = makePool(endless({ type: 'checkpoint', step: 'half' }), { max_concurrent: 1 });
    const running = pool.execute({}, '', { work_id: a });
    await running.next();
    await running.next();
    const waiting = all(pool.execute({}, '', { work_id: b }));
    await pool.drain({ grace_s: 0.01 });
    expect((await all(running)).error).toMatchObject({ name: 'PoolDrainingError' });
    expect((await waiting).error).toMatchObject({ name: 'PoolDrainingError' });
    expect((await all(pool.execute({}, '', { work_id: c }))).error).toMatchObject({
      name: 'PoolDrainingError',
    });
    expect(await ada.query.find(a)).toMatchObject({ status: 'pending', checkpoint: { step: 'half' } });
    for (const id of [b, c]) expect(await ada.query.find(id)).toMatchObject({ attempts: 0 });
    await pool.close();
  });

  test('then what ends in time is completed', async () => {
    const { id } = await ada.createWork({ title: 'One' });
    const go = Promise.withResolvers<void>();
    const pool = makePool(async function* () {
      await go.promise;
      yield* [];
    });
    const running = all(pool.execute({}, '', { work_id: id }));
    await expect.poll(() => ada.query.find(id)).toMatchObject({ status: 'in_progress' });
    const drained = pool.drain({ grace_s: 60 });
    go.resolve();
    await drained;
    expect((await running).error).toBeUndefined();
    expect(await ada.query.find(id)).toMatchObject({ status: 'completed' });
    await pool.close();
  });
});

test('given a pool of a block with await using, when the block is left, then what ran is given back, and nothing more is taken on', async () => {
  const { id } = await ada.createWork({ title: 'One' });
  let told: Promise<Told>;
  let left: AgentExecutorPool;
  {
    await using pool = makePool(endless({ type: 'text', text: 'at it' }));
    const running = pool.execute({}, '', { work_id: id });
    await running.next();
    told = all(running);
    left = pool;
  }
  expect(typesOf(await told).at(-1)).toBe('released');
  expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
  expect((await all(left.execute({}, 'More'))).error).toMatchObject({ name: 'PoolDrainingError' });
});

test('given a signal that was given before, when work is asked for, then nothing is claimed, and the reason is thrown', async () => {
  const { id } = await ada.createWork({ title: 'One' });
  await using pool = makePool(saying());
  const reason = new Error('not any more');
  expect(await all(pool.execute({}, '', { work_id: id, signal: AbortSignal.abort(reason) }))).toEqual({
    events: [],
    error: reason,
  });
  expect(await verbsOf(ada, id)).toEqual(['create']);
});
