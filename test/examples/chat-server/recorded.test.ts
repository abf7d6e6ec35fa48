import { describe, expect, test } from 'vitest';
import { batches } from '../../../examples/chat-server/batches.ts';
import { isAllowed } from '../../../examples/chat-server/origin.ts';
import { recorded } from '../../../examples/chat-server/recorded.ts';
import { type Agent, AgentExecutorPool, type ExecutionEvent } from '../../../src/agents.ts';
import type { WorkLedger } from '../../../src/index.ts';
import { makeWorld } from '../../helpers/replicas.ts';

async function makeLedger(): Promise<WorkLedger> {
  const [ada] = (await makeWorld(['ada'])).replicas;
  if (ada === undefined) throw new Error('there is no replica');
  return ada.ledger;
}

/** Runs an agent on a new item to its end. @returns the item, and what was said of it */
async function run(agent: Agent) {
  const ledger = await makeLedger();
  const pool = new AgentExecutorPool({ ledger, agent: recorded(agent, 5) });
  const { id } = await ledger.createWork({ title: 'Speak' });
  const events: ExecutionEvent[] = [];
  let failure: unknown;
  try {
    for await (const event of pool.execute({}, 'Speak', { work_id: id })) events.push(event);
  } catch (error) {
    failure = error;
  }
  await pool.close();
  return { item: await ledger.query.find(id), events, failure };
}

describe('given an agent whose words are recorded', () => {
  test('when it has said all, then the last checkpoint and the result have it', async () => {
    const { item } = await run(async function* () {
      yield { type: 'text', text: 'one' };
      yield { type: 'text', text: 'a complaint', stream: 'stderr' };
      yield { type: 'text', text: 'two' };
    });
    expect(item?.checkpoint?.data).toEqual({ said: ['one', 'two'] });
    expect(item).toMatchObject({ status: 'completed', result: { answer: 'one\ntwo' } });
  });

  test('when it fails, then what it said before is recorded', async () => {
    const { item, failure } = await run(async function* () {
      yield { type: 'text', text: 'one' };
      throw new Error('no more');
    });
    expect(item).toMatchObject({
      status: 'failed',
      error: 'no more',
      checkpoint: { data: { said: ['one'] } },
    });
    expect(failure).toMatchObject({ message: 'no more' });
  });

  test('when it records checkpoints of its own, by either way, then they stand beside what it said', async () => {
    const { item } = await run(async function* (_context, _prompt, { checkpoint }) {
      yield { type: 'text', text: 'one' };
      await checkpoint({ step: 'mine', data: { at: 1 } });
      yield { type: 'checkpoint', step: 'mine too', next_action: 'more', data: { at: 2 } };
      yield { type: 'text', text: 'two' };
      yield { type: 'result', result: { own: true } };
    });
    expect(item?.checkpoint).toMatchObject({
      step: 'mine too',
      next_action: 'more',
      data: { agent: { at: 2 }, said: ['one', 'two'] },
    });
    expect(item?.result).toMatchObject({ own: true, answer: 'one\ntwo' });
  });
});

test('given an agent that says something and then records a checkpoint, when it is gone, then the checkpoint has what it said', async () => {
  const ledger = await makeLedger();
  const { id } = await ledger.createWork({ title: 'Speak' });
  const seen = Promise.withResolvers<unknown>();
  const agent: Agent = async function* (_context, _prompt, { checkpoint }) {
    yield { type: 'text', text: 'one' };
    await checkpoint({ step: 'said one' });
    seen.resolve((await ledger.query.find(id))?.checkpoint);
  };
  const pool = new AgentExecutorPool({ ledger, agent: recorded(agent, 60_000) });
  for await (const _ of pool.execute({}, 'Speak', { work_id: id }));
  expect(await seen.promise).toMatchObject({ step: 'said one', data: { said: ['one'] } });
  await pool.close();
});

test('given values and then an error, when they are gathered, then the values come first', async () => {
  const source = async function* () {
    yield 1;
    yield 2;
    throw new Error('over');
  };
  const found: number[][] = [];
  await expect(async () => {
    for await (const batch of batches(source(), 50)) found.push(batch);
  }).rejects.toThrow('over');
  expect(found).toEqual([[1, 2]]);
});

test.each([
  [{ host: '127.0.0.1:8787' }, true],
  [{ host: 'localhost:8787', origin: 'http://localhost:8787' }, true],
  [{ host: '[::1]:8787', origin: 'http://[::1]:8787' }, true],
  [{ host: '127.0.0.1:8787', origin: 'http://127.0.0.1:9999' }, false],
  [{ host: '127.0.0.1:8787', origin: 'null' }, false],
  [{ host: 'elsewhere.example:8787', origin: 'http://elsewhere.example:8787' }, false],
  [{ host: 'elsewhere.example:8787' }, false],
  [{}, false],
  [{ host: '127.0.0.1:8787', origin: 'https://chat.example' }, true],
  [{ host: 'chat.example' }, true],
])('given a request with %j, then whether it is served is %s', (headers, served) => {
  expect(isAllowed(headers, ['https://chat.example'])).toBe(served);
});
