import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idIn, MAIN, makeWorkplace, type Workplace, wlProcess } from '../cli/workplace.ts';
import { CANARY, SPEECH } from '../helpers/hostile-speech.ts';
import { outsideOfMarks, UNSEEN, withoutQuotes } from '../helpers/marked.ts';
import { ERAS, idOf, McpClient, textOf } from '../helpers/mcp-client.ts';
import { isolatedEnv } from '../helpers/temp-repo.ts';

const NOW = { env: { WL_NOW: '' } };
let place: Workplace;
let dir: string;

beforeEach(async () => {
  place = await makeWorkplace();
  dir = await place.clone('ada');
  await wlProcess(dir, ['init'], NOW);
});
afterEach(() => place.cleanup());

const make = async (...words: string[]): Promise<string> =>
  idIn(await wlProcess(dir, ['create', ...words], NOW));
const shown = async (id: string, where = dir) => (await wlProcess(where, ['show', id, '--json'], NOW)).data;
const verbsOf = async (id: string): Promise<unknown[]> =>
  (await wlProcess(dir, ['history', id, '--json'], NOW)).list.map(({ verb }) => verb);

describe.each(ERAS)('given a client of the %s protocol', (era) => {
  test('when it works an item to its end, then each tool does its part, and history tells it', async () => {
    const first = await make('Count the words', '-p', 'high', '-d', 'All of them.');
    const mcp = await McpClient.start(dir, { era });
    expect((await mcp.client.listTools()).tools).toHaveLength(8);
    expect(await mcp.say('next')).toBe(`ready:\n${first} pending high task - "Count the words"`);
    const taken = await mcp.call('claim', { id: '1' });
    expect(textOf(taken)).toContain('All of them.');
    expect(taken.structuredContent).toMatchObject({
      schema_version: 1,
      kind: 'resumption',
      where: 'remote',
      data: { item: { id: first, status: 'in_progress' }, attempt: 1 },
    });
    expect(await mcp.say('checkpoint', { step: 'chapter 1', next: 'chapter 2' })).toContain(first);
    expect(await mcp.say('next')).toContain('next: "chapter 2"');
    const part = idOf(await mcp.say('create', { title: 'Count the lines', parent: '1', labels: 'lines' }));
    expect(await mcp.say('search', { words: 'count lines' })).toBe(
      `${part} pending medium task - "Count the lines"`,
    );
    expect(await mcp.say('search', { label: 'lines' })).toContain(part);
    expect(await mcp.say('show', { id: part })).toContain('Count the lines');
    expect((await mcp.refusal('finish', { id: part, outcome: 'completed' })).code).toBe('NOT_OWNER');
    await mcp.say('claim', { id: part });
    expect(await mcp.say('finish', { id: part, outcome: 'released', reason: 'later' })).toBe(
      `${part} is pending`,
    );
    await mcp.say('claim', { id: part });
    await mcp.say('finish', { id: part, outcome: 'completed' });
    expect(await mcp.say('finish', { outcome: 'completed', result: { words: 812 } })).toBe(
      `${first} is completed`,
    );
    expect(await verbsOf(first)).toEqual(['create', 'claim', 'checkpoint', 'complete']);
    expect(await shown(first)).toMatchObject({ result: { words: 812 } });
  });

  test('when it asks a person who answers, then the model has the answer, and the item tells it', async () => {
    const id = await make('Move the data');
    const asked: unknown[] = [];
    const mcp = await McpClient.start(dir, {
      era,
      person: ({ message, requestedSchema }) => {
        asked.push(message, requestedSchema);
        return { action: 'accept', content: { option: 'eu' } };
      },
    });
    await mcp.say('next', { claim: true });
    expect(await mcp.say('ask', { question: 'Which region?', options: ['eu', 'us'] })).toBe('answered: "eu"');
    expect(asked).toMatchObject(['Which region?', { properties: { option: { enum: ['eu', 'us'] } } }]);
    expect(await shown(id)).toMatchObject({
      status: 'in_progress',
      comments: [{ by: 'ada', body: 'Asked at the client: Which region?\nAnswered there: eu' }],
    });
    expect(await mcp.say('ask', { question: 'To whom?', to: 'bob' })).toContain('is blocked');
  });

  test.each(['decline', 'cancel'] as const)(
    'when the answer of the client is %s, then the question waits for somebody else',
    async (action) => {
      const id = await make('Move the data');
      const mcp = await McpClient.start(dir, { era, person: () => ({ action }) });
      await mcp.say('next', { claim: true });
      const { structuredContent } = await mcp.call('ask', { question: 'Which region?' });
      expect(structuredContent).toMatchObject({ kind: 'escalation', data: { question: 'Which region?' } });
      expect((await shown(id)).status).toBe('blocked');
    },
  );
});

describe('given a client that cannot ask', () => {
  test('when the model asks, then the item waits, and goes on in the same connection once it is answered', async () => {
    const id = await make('Move the data');
    const mcp = await McpClient.start(dir);
    await mcp.say('next', { claim: true });
    const question = idOf(await mcp.say('ask', { question: 'Which region?' }));
    await wlProcess(dir, ['answer', question, 'into eu'], NOW);
    expect(await mcp.say('next')).toContain(`you hold:\n${id} in_progress`);
    expect(textOf(await mcp.call('claim', { id }))).toContain('into eu');
    expect(await mcp.say('finish', { outcome: 'completed' })).toBe(`${id} is completed`);
  });
});

describe('given a connection that holds an item', () => {
  test('when the client closes it, then the item is given back, with its checkpoint', async () => {
    const id = await make('One');
    const mcp = await McpClient.start(dir);
    await mcp.say('claim', { id });
    await mcp.say('checkpoint', { step: 'half' });
    await mcp.close();
    expect(await shown(id)).toMatchObject({ status: 'pending', checkpoint: { step: 'half' } });
    expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'release']);
  });

  test('when the server is asked to end by a signal, then the item is given back as well', async () => {
    const id = await make('One');
    const mcp = await McpClient.start(dir);
    await mcp.say('claim', { id });
    const closed = new Promise<void>((resolve) => {
      mcp.client.onclose = resolve;
    });
    process.kill(mcp.transport.pid ?? 0, 'SIGTERM');
    await closed;
    expect((await shown(id)).status).toBe('pending');
  });

  test('when it works for an execution that others began, then the item is kept', async () => {
    const id = await make('One');
    const mcp = await McpClient.start(dir, { env: { WL_EXECUTION_ID: 'exec-7', WL_WORK_ID: id } });
    await mcp.say('claim', { id });
    expect(await mcp.say('checkpoint', { step: 'half' })).toContain(id);
    await mcp.close();
    expect(await shown(id)).toMatchObject({ status: 'in_progress', claim: { execution_id: 'exec-7' } });
  });

  test('when its server is killed, then the next connection in the clone has it back at once', async () => {
    const id = await make('One');
    const first = await McpClient.start(dir);
    await first.say('claim', { id });
    await first.say('checkpoint', { step: 'half' });
    await first.kill();
    expect((await shown(id)).status).toBe('in_progress');
    const second = await McpClient.start(dir);
    expect(await second.say('next', { claim: true })).toContain('half');
    expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'recover', 'claim']);
  });

  test('when its server is killed, then another clone goes on from the checkpoint once the lease is over', async () => {
    await wlProcess(dir, ['config', 'set', 'lease_ttl_s', '2'], NOW);
    const id = await make('One');
    const first = await McpClient.start(dir);
    await first.say('claim', { id });
    await first.say('checkpoint', { step: 'half', next: 'the rest' });
    await first.kill();
    const bob = await place.clone('bob');
    const other = { env: { WL_NOW: '', WL_ACTOR: 'bob' } };
    let recovered = '';
    while (!recovered.includes(id)) recovered = (await wlProcess(bob, ['recover'], other)).stdout;
    const second = await McpClient.start(bob, { env: { WL_ACTOR: 'bob' } });
    expect(await second.say('next', { claim: true })).toContain('the rest');
    expect(await second.say('finish', { outcome: 'completed' })).toBe(`${id} is completed`);
    expect(await shown(id, bob)).toMatchObject({ status: 'completed', owner: 'bob' });
  });

  test('when another connection of the same actor works in the same clone, then they never mix', async () => {
    const [one, two] = [await make('One', '-p', 'high'), await make('Two')];
    const [first, second] = [await McpClient.start(dir), await McpClient.start(dir)];
    expect(await first.say('next', { claim: true })).toContain(one);
    expect(await second.say('next', { claim: true })).toContain(two);
    expect(await first.say('checkpoint', { step: 'a' })).toContain(one);
    expect(await second.say('checkpoint', { step: 'b' })).toContain(two);
    expect((await second.refusal('checkpoint', { id: one, step: 'c' })).code).toBe('STALE_EPOCH');
    await first.close();
    expect([(await shown(one)).status, (await shown(two)).status]).toEqual(['pending', 'in_progress']);
    expect(await second.say('next')).toContain(`you hold:\n${two} in_progress`);
  });

  test('when it lives, then others see it at work', async () => {
    await wlProcess(dir, ['config', 'set', 'lease_ttl_s', '3'], NOW);
    const id = await make('One');
    const mcp = await McpClient.start(dir);
    await mcp.say('claim', { id });
    let seen = '';
    while (!seen.includes(id)) seen = (await wlProcess(dir, ['presence', '--json'], NOW)).stdout;
    expect(seen).toContain('wl mcp');
    await mcp.close();
    expect((await wlProcess(dir, ['presence', '--json'], NOW)).stdout).not.toContain('wl mcp');
  });
});

describe('given calls that go wrong', () => {
  test('when there is no ledger, then the server starts, each tool says so, and works once there is one', async () => {
    const empty = await makeWorkplace();
    const folder = await empty.clone('ada');
    const mcp = await McpClient.start(folder);
    const { tools } = await mcp.client.listTools();
    const given: Record<string, Record<string, unknown>> = {
      claim: { id: '1' },
      finish: { outcome: 'completed' },
      create: { title: 'One' },
      ask: { question: 'Which?' },
    };
    for (const { name } of tools) {
      const { code, text: said } = await mcp.refusal(name, given[name]);
      expect({ name, code, said }).toMatchObject({ name, code: 'NO_LEDGER' });
      expect(said).toContain('hint: Make one with: wl init');
    }
    await wlProcess(folder, ['init'], NOW);
    expect(await mcp.say('create', { title: 'One' })).toContain('created');
    await mcp.close();
    await empty.cleanup();
  });

  test('when a call is refused, then its code, its sentence and its hint are told', async () => {
    const [one, two] = [await make('One'), await make('Two')];
    const mcp = await McpClient.start(dir);
    expect((await mcp.refusal('checkpoint', { step: 'x' })).text).toContain('Nothing is held');
    expect((await mcp.refusal('claim', { id: '9999' })).code).toBe('NOT_FOUND');
    expect((await mcp.refusal('claim', {})).text).toBe('INVALID_INPUT: id is required.');
    await mcp.say('claim', { id: one });
    await mcp.say('claim', { id: two });
    expect((await mcp.refusal('checkpoint', { step: 'x' })).text).toContain(`${one} and ${two}`);
    const secret = { title: `token ghp_${'a1B2'.repeat(9)}` };
    expect((await mcp.refusal('create', secret)).code).toBe('INVALID_INPUT');
  });

  test('when the remote is away, then what can be done here is done, and what cannot says so', async () => {
    const id = await make('One');
    const two = await make('Two');
    const mcp = await McpClient.start(dir);
    await mcp.say('claim', { id });
    const { rename } = await import('node:fs/promises');
    await rename(place.remote, `${place.remote}.away`);
    const saved = await mcp.say('checkpoint', { step: 'half' });
    expect(saved).toContain('in this clone only');
    expect(saved).toContain('note: REMOTE_UNREACHABLE');
    expect(await mcp.say('next')).toContain('note: the remote does not answer');
    expect((await mcp.refusal('claim', { id: two })).code).toBe('REMOTE_UNREACHABLE');
    await rename(`${place.remote}.away`, place.remote);
    expect(await mcp.say('finish', { outcome: 'completed' })).toBe(`${id} is completed`);
    expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'complete']);
  });

  test('when a call is cancelled while the remote takes its time, then the next one is answered', async () => {
    await make('One');
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${place.remote}/hooks/pre-receive`, '#!/bin/sh\nsleep 3\n', { mode: 0o755 });
    const mcp = await McpClient.start(dir);
    const stop = new AbortController();
    const told: string[] = [];
    const slow = mcp.client.callTool(
      { name: 'create', arguments: { title: 'Two' } },
      {
        signal: stop.signal,
        onprogress: ({ message = '' }) => {
          told.push(message);
          stop.abort();
        },
      },
    );
    await expect(slow).rejects.toThrow();
    expect(told).toEqual(['waiting for the remote']);
    expect(await mcp.say('show', { id: '1' })).toContain('One');
  });

  test('when calls come in one breath, then they happen in their order', async () => {
    const id = await make('One');
    const mcp = await McpClient.start(dir);
    const said = await Promise.all([
      mcp.say('claim', { id }),
      mcp.say('checkpoint', { step: 'half' }),
      mcp.say('finish', { outcome: 'completed' }),
      mcp.say('show', { id }),
    ]);
    expect(said[2]).toBe(`${id} is completed`);
    expect(said[3]).toContain('done');
    expect(await verbsOf(id)).toEqual(['create', 'claim', 'checkpoint', 'complete']);
  });
});

describe('given what no client should send', () => {
  /** Sends lines as they are, and closes. @returns what came back, each line as JSON */
  async function send(
    lines: readonly string[],
  ): Promise<{ said: Record<string, unknown>[]; status: unknown }> {
    const { WL_EXECUTION_ID, WL_WORK_ID, WL_NOW, ...env } = isolatedEnv();
    const child = spawn(process.execPath, [MAIN, 'mcp'], { cwd: dir, env, stdio: 'pipe' });
    const out = text(child.stdout);
    const closed = once(child, 'close');
    for (const line of lines) child.stdin.write(`${line}\n`);
    const call = {
      jsonrpc: '2.0',
      id: 'last',
      method: 'tools/call',
      params: { name: 'next', arguments: {} },
    };
    child.stdin.write(`${JSON.stringify(call)}\n`);
    let heard = '';
    child.stdout.on('data', (chunk: Buffer) => {
      heard += chunk;
      if (heard.includes('"last"')) child.stdin.end();
    });
    const [status] = await closed;
    const said = (await out).trimEnd().split('\n');
    return { said: said.map((line) => JSON.parse(line) as Record<string, unknown>), status };
  }
  const hello = (version: string) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    });

  test('when messages are none, or too long, then the next one is answered, and standard output has nothing else', async () => {
    const { said, status } = await send([
      hello('2025-06-18'),
      'garbage',
      '',
      '{}',
      '[]',
      '[{"jsonrpc":"2.0","id":7,"method":"ping"}]',
      '{"jsonrpc":"2.0","id":{},"method":"tools/call"}',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"nope","arguments":{}}}',
      '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"claim","arguments":[1]}}',
      '{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"wl://item/../../etc"}}',
      '{"jsonrpc":"2.0","id":5,"result":{}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}',
      `{"jsonrpc":"2.0","id":6,"method":"ping","params":{"x":"${'x'.repeat(5_000_000)}"}}`,
      `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"create","arguments":${'{"title":'.repeat(2_000)}1${'}'.repeat(2_000)}}}`,
    ]);
    expect(status).toBe(0);
    expect(said.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    const byId = new Map(said.map((one) => [one.id, one]));
    expect(byId.get('last')).toMatchObject({ result: { content: [{ type: 'text' }] } });
    expect(byId.get(null)).toMatchObject({ error: { code: -32_600 } });
    for (const id of [1, 2, 4]) expect(byId.get(id)).toHaveProperty('error');
    expect(byId.get(8)).toMatchObject({ result: { isError: true } });
  });

  test('when its version is one that nobody knows, then it is told which one is spoken', async () => {
    const { said } = await send([hello('1999-01-01')]);
    expect(said[0]).toMatchObject({ result: { protocolVersion: expect.stringMatching(/^20\d\d-/) } });
  });
});

test('given texts that try to pass for others’ words, when they are in items, then a model reads them as data', async () => {
  const mcp = await McpClient.start(dir);
  for (const [name, speech] of Object.entries(SPEECH)) {
    const [title = ''] = speech.split(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    const given = {
      title: title.slice(0, 200).trim() || CANARY,
      description: speech,
      acceptance: speech.slice(0, 500),
    };
    const made = await mcp.call('create', given);
    expect(withoutQuotes(textOf(made)), name).not.toContain(CANARY);
    if (made.isError) continue;
    const id = idOf(textOf(made));
    const taken = await mcp.call('claim', { id });
    const noted = await mcp.call('checkpoint', { summary: speech });
    const full = await mcp.call('show', { id });
    const read = await mcp.client.readResource({ uri: `wl://item/${id}` });
    for (const said of [textOf(taken), textOf(full), (read.contents[0] as { text: string }).text]) {
      expect(said, name).toContain(CANARY);
      expect(outsideOfMarks(said), name).not.toContain(CANARY);
    }
    const prime = await mcp.client.getPrompt({ name: 'prime' });
    const [message] = prime.messages as { content: { text: string } }[];
    const words = message?.content.text ?? '';
    const rows = [textOf(noted), await mcp.say('next'), await mcp.say('search'), words];
    for (const said of rows) expect(withoutQuotes(said), name).not.toContain(CANARY);
    for (const said of [taken, noted, full, read, ...rows])
      expect(JSON.stringify(said), name).not.toMatch(UNSEEN);
    await mcp.say('finish', { outcome: 'failed', reason: speech });
  }
  const { list } = await wlProcess(dir, ['list', '--all', '--json'], NOW);
  expect(list.length).toBeGreaterThan(10);
});

test('given resources, when a client looks, then it finds what is ready, and each item by its id', async () => {
  const id = await make('One');
  const mcp = await McpClient.start(dir);
  const { resources } = await mcp.client.listResources();
  expect(resources.map(({ uri }) => uri)).toEqual(['wl://ready', `wl://item/${id}`]);
  const { resourceTemplates } = await mcp.client.listResourceTemplates();
  expect(resourceTemplates).toMatchObject([{ uriTemplate: 'wl://item/{id}' }]);
  const ready = await mcp.client.readResource({ uri: 'wl://ready' });
  expect(ready.contents).toMatchObject([{ text: `${id} pending medium task - "One"` }]);
  const ref = { type: 'ref/resource' as const, uri: 'wl://item/{id}' };
  const { completion } = await mcp.client.complete({ ref, argument: { name: 'id', value: id.slice(-4) } });
  expect(completion.values).toEqual([id]);
  const { messages } = await mcp.client.getPrompt({ name: 'prime' });
  expect(JSON.stringify(messages)).toContain(id);
});
