import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { ChatClient, ChatProcess, textsOf } from '../helpers/chat.ts';
import { fsck, plainHistory, unsound } from '../helpers/plain-history.ts';
import { makeSharedRepo, type SharedRepo } from '../helpers/shared-repo.ts';

interface Place {
  repo: SharedRepo;
  planner: WorkLedger;
  dir: string;
}

async function makePlace(): Promise<Place> {
  const repo = await makeSharedRepo();
  const planner = await repo.init(await repo.clone('planner'));
  return { repo, planner, dir: await repo.clone('chat') };
}

/** The ledger as it was left is sound, for plain git and for `wl verify`. */
async function expectSound({ repo, planner }: Place): Promise<void> {
  expect(unsound(await plainHistory(repo.bare))).toEqual([]);
  await fsck(repo.bare);
  await planner.clone.fetch();
  expect(await planner.audit.verify()).toMatchObject({ ok: true, findings: [] });
}

const WORDS = 'one two three four five six seven eight';
const ANSWER = [...WORDS.split(' ').map((word, at) => `${at + 1}. ${word}`), 'That was 8 words.'];
const slow = ['--pause', '250'];
const fast = ['--pause', '10'];

/** Numbers follow each other from `first` on: nothing is missing, nothing came twice. */
const expectUnbroken = (events: readonly { seq: number }[], first = 1): void => {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => first + at));
};

describe('given a chat server that is killed in the middle of an answer', () => {
  test('when it is started again and the client joins again, then the client has every line once', async () => {
    const place = await makePlace();
    const first = new ChatProcess(place.dir, slow);
    const before = await ChatClient.join(await first.url, 's1');
    before.say('m1', WORDS);
    await before.waitFor((reply) => reply.type === 'text' && reply.text === '3. three');
    first.signal('SIGKILL');
    expect(await first.end()).toBe('SIGKILL');
    await before.closed;

    const second = new ChatProcess(place.dir, fast);
    const after = await ChatClient.join(await second.url, 's1', before.seen);
    await after.done('m1');
    const all = [...before.of('m1'), ...after.of('m1')];
    expectUnbroken(all);
    expect(textsOf(all)).toEqual(ANSWER);
    expect(all.filter(({ type }) => type === 'again')).toMatchObject([{ attempt: 2 }]);
    expect(all.at(-1)).toMatchObject({ type: 'done', answer: ANSWER.join('\n') });

    second.signal('SIGTERM');
    expect(await second.end()).toBe(0);
    await expectSound(place);
    const [item] = await place.planner.query.list({ all: true });
    expect(item).toMatchObject({
      title: WORDS,
      description: WORDS,
      created_by: 'ada',
      context: { session_id: 's1', message_id: 'm1' },
      status: 'completed',
      attempts: 2,
    });
    const verbs = (await place.planner.audit.history(item?.id ?? '')).map(({ verb }) => verb);
    expect(verbs.filter((verb) => verb !== 'checkpoint')).toEqual([
      'create',
      'claim',
      'recover',
      'claim',
      'complete',
    ]);
  });

  test('when that happens again and again, wherever it is, then every line comes once all the same', async () => {
    const place = await makePlace();
    let client: ChatClient | undefined;
    const all: ReturnType<ChatClient['of']> = [];
    // In the middle of saying this: before anything was said, between lines, and at the last one.
    for (const last of ['', '1. one', '4. four', '5. five', ANSWER.at(-1)]) {
      const server = new ChatProcess(place.dir, ['--pause', '120']);
      const seen: Record<string, number> = client === undefined ? {} : { m1: all.at(-1)?.seq ?? 0 };
      client = await ChatClient.join(await server.url, 's1', seen);
      client.say('m1', WORDS);
      await client.waitFor((reply) =>
        last === '' ? reply.type === 'accepted' : reply.type === 'text' && reply.text === last,
      );
      server.signal('SIGKILL');
      await server.end();
      await client.closed;
      all.push(...client.of('m1'));
    }
    const server = new ChatProcess(place.dir, fast);
    client = await ChatClient.join(await server.url, 's1');
    await client.done('m1');
    expectUnbroken(all);
    // Whoever asks for all of it is told the same.
    expect(client.of('m1').slice(0, all.length)).toEqual(all);
    expectUnbroken(client.of('m1'));
    expect(textsOf(client.of('m1'))).toEqual(ANSWER);
    await expectSound(place);
    expect(await place.planner.query.list({ all: true })).toHaveLength(1);
  });

  test('when what this clone keeps outside git is gone, then a clone made anew has the answer from git alone', async () => {
    const place = await makePlace();
    const first = new ChatProcess(place.dir, [...slow, '--ttl', '2']);
    const before = await ChatClient.join(await first.url, 's1');
    before.say('m1', WORDS);
    await before.waitFor((reply) => reply.type === 'text' && reply.text === '3. three');
    first.signal('SIGKILL');
    await first.end();

    await place.planner.admin.configure({ lease_ttl_s: 2, clock_skew_s: 0 });
    const second = new ChatProcess(await place.repo.clone('elsewhere'), fast);
    const after = await ChatClient.join(await second.url, 's1', before.seen);
    await after.done('m1');
    const all = [...before.of('m1'), ...after.of('m1')];
    expectUnbroken(all);
    expect(textsOf(all)).toEqual(ANSWER);
    await expectSound(place);
  });

  test('when messages are sent again, then none is made into a second item, and those that ended are told', async () => {
    const place = await makePlace();
    const first = new ChatProcess(place.dir, slow);
    const before = await ChatClient.join(await first.url, 's1');
    before.say('short', 'hello');
    await before.done('short');
    before.say('m1', WORDS);
    await before.waitFor((reply) => reply.type === 'text' && reply.text === '2. two');
    first.signal('SIGKILL');
    await first.end();

    const second = new ChatProcess(place.dir, fast);
    // A client that remembers nothing is told everything.
    const after = await ChatClient.join(await second.url, 's1');
    after.say('m1', WORDS);
    after.say('short', 'hello');
    await after.done('m1');
    await after.done('short');
    await after.waitFor((reply) => reply.type === 'accepted' && reply.message === 'short');
    expect(after.of('short')).toEqual(before.of('short'));
    expectUnbroken(after.of('m1'));
    expect(textsOf(after.of('m1'))).toEqual(ANSWER);
    after.say('short', 'something else');
    expect(await after.waitFor(({ type }) => type === 'error')).toMatchObject({
      code: 'ID_IN_USE',
      message: 'short',
    });
    await expectSound(place);
    expect(await place.planner.query.list({ all: true })).toHaveLength(2);
  });
});

describe('given a chat server', () => {
  test('when two messages come at once, each is answered, and every client of the session is told both', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, ['--pause', '50']);
    const url = await server.url;
    const [ada, bob, other] = await Promise.all([
      ChatClient.join(url, 's1'),
      ChatClient.join(url, 's1'),
      ChatClient.join(url, 's2'),
    ]);
    ada.say('m1', WORDS);
    ada.say('m2', 'just two');
    bob.say('m1', WORDS);
    for (const client of [ada, bob]) {
      await Promise.all([client.done('m1'), client.done('m2')]);
      expectUnbroken(client.of('m1'));
      expectUnbroken(client.of('m2'));
      expect(textsOf(client.of('m1'))).toEqual(ANSWER);
      expect(textsOf(client.of('m2'))).toEqual(['1. just', '2. two', 'That was 2 words.']);
    }
    expect(other.replies).toEqual([{ type: 'joined', session: 's2', messages: 0 }]);
    await expectSound(place);
    expect(await place.planner.query.list({ all: true })).toHaveLength(2);
  });

  test('when a client goes in the middle of an answer, then the work goes on, and it reads the rest later', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, ['--pause', '50']);
    const url = await server.url;
    const before = await ChatClient.join(url, 's1');
    before.say('m1', WORDS);
    await before.waitFor(({ type }) => type === 'text');
    before.socket.terminate();
    await before.closed;
    await expect
      .poll(
        async () => {
          await place.planner.clone.fetch();
          return (await place.planner.query.list({ all: true }))[0]?.status;
        },
        { timeout: 30_000 },
      )
      .toBe('completed');
    const after = await ChatClient.join(url, 's1', before.seen);
    await after.done('m1');
    expect(textsOf([...before.of('m1'), ...after.of('m1')])).toEqual(ANSWER);
    expectUnbroken(after.of('m1'), (before.seen.m1 ?? 0) + 1);
  });

  test('when a client stops reading for a while, then others are not held up, and it gets all of it', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, ['--pause', '0']);
    const url = await server.url;
    const [slowOne, quick] = await Promise.all([ChatClient.join(url, 's1'), ChatClient.join(url, 's1')]);
    slowOne.socket.pause();
    const text = Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(' ');
    for (const id of ['m1', 'm2', 'm3']) quick.say(id, text);
    await Promise.all(['m1', 'm2', 'm3'].map((id) => quick.done(id)));
    slowOne.socket.resume();
    await Promise.all(['m1', 'm2', 'm3'].map((id) => slowOne.done(id)));
    for (const id of ['m1', 'm2', 'm3']) {
      expectUnbroken(slowOne.of(id));
      expect(textsOf(slowOne.of(id))).toHaveLength(2_001);
    }
  });

  test('when it is asked to end, then what runs is finished and told, and clients are told to go', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, ['--pause', '50']);
    const client = await ChatClient.join(await server.url, 's1');
    client.say('m1', WORDS);
    await client.waitFor(({ type }) => type === 'text');
    server.signal('SIGTERM');
    await expect.poll(() => server.events.some(({ type }) => type === 'draining')).toBe(true);
    client.say('m2', 'too late');
    expect(await client.waitFor(({ type }) => type === 'error')).toMatchObject({
      code: 'STOPPING',
      message: 'm2',
    });
    await client.done('m1');
    expect(textsOf(client.of('m1'))).toEqual(ANSWER);
    expect(await client.closed).toBe(1001);
    expect(await server.end()).toBe(0);
    await expectSound(place);
  });

  test('when its time is up, then the item is given back with what was said, and the next server goes on', async () => {
    const place = await makePlace();
    const first = new ChatProcess(place.dir, [...slow, '--grace', '0']);
    const before = await ChatClient.join(await first.url, 's1');
    before.say('m1', WORDS);
    await before.waitFor(({ type }) => type === 'text');
    first.signal('SIGTERM');
    expect(await first.end()).toBe(0);
    const second = new ChatProcess(place.dir, fast);
    const after = await ChatClient.join(await second.url, 's1', before.seen);
    await after.done('m1');
    const all = [...before.of('m1'), ...after.of('m1')];
    expectUnbroken(all);
    expect(textsOf(all)).toEqual(ANSWER);
    await expectSound(place);
  });

  test('when it runs a program, then its lines are the answer, and one that is killed can go on where it was', async () => {
    const place = await makePlace();
    const program = join(place.repo.folder, 'agent.mjs');
    await writeFile(
      program,
      `import { text } from 'node:stream/consumers';
       const { checkpoint, description } = JSON.parse(await text(process.stdin));
       const said = (checkpoint?.data?.said ?? []).filter((line) => typeof line === 'string');
       for (const line of description.split(' ').slice(said.length)) {
         console.log(line);
         await new Promise((resolve) => setTimeout(resolve, 250));
       }`,
    );
    const args = ['--', process.execPath, program];
    const first = new ChatProcess(place.dir, args);
    const before = await ChatClient.join(await first.url, 's1');
    before.say('m1', WORDS);
    await before.waitFor((reply) => reply.type === 'text' && reply.text === 'three');
    first.signal('SIGKILL');
    await first.end();
    const second = new ChatProcess(place.dir, args);
    const after = await ChatClient.join(await second.url, 's1', before.seen);
    await after.done('m1');
    expect(textsOf([...before.of('m1'), ...after.of('m1')])).toEqual(WORDS.split(' '));
    await expectSound(place);
  });

  test('when a program fails and its item is retried, then the failure and what came after it are told in order', async () => {
    const place = await makePlace();
    const gate = join(place.repo.folder, 'gate');
    const script = `echo "try $WL_ATTEMPT"; test -e '${gate}' || { echo "no gate" >&2; exit 1; }`;
    const server = new ChatProcess(place.dir, ['--', 'sh', '-c', script]);
    const client = await ChatClient.join(await server.url, 's1');
    client.say('m1', 'go');
    const failed = await client.waitFor(({ type }) => type === 'failed');
    expect(failed).toMatchObject({ error: 'it exited with 1: no gate', seq: 3 });
    await writeFile(gate, '');
    await place.planner.clone.fetch();
    const [item] = await place.planner.query.list({ all: true });
    await place.planner.work.retry(item?.id ?? '');
    await client.done('m1');
    expectUnbroken(client.of('m1'));
    expect(textsOf(client.of('m1'))).toEqual(['try 1', 'try 2']);
  });
});

test('given a remote that is away, when a message comes, then it is answered once the remote is back', async () => {
  const place = await makePlace();
  const server = new ChatProcess(place.dir, fast);
  const client = await ChatClient.join(await server.url, 's1');
  await place.repo.goAway();
  client.say('m1', WORDS);
  expect(await client.waitFor(({ type }) => type === 'error')).toMatchObject({
    code: 'FAILED',
    message: 'm1',
  });
  await place.repo.comeBack();
  client.say('m1', WORDS);
  await client.waitFor(({ type }) => type === 'accepted');
  await client.done('m1');
  expectUnbroken(client.of('m1'));
  expect(textsOf(client.of('m1'))).toEqual(ANSWER);
  await expectSound(place);
  expect(await place.planner.query.list({ all: true })).toHaveLength(1);
});

test('given a remote that goes away in the middle of an answer, when the server is killed and another clone goes on, then nobody read what was in the lost one alone', async () => {
  const place = await makePlace();
  await place.planner.admin.configure({ lease_ttl_s: 4, clock_skew_s: 0 });
  const program = join(place.repo.folder, 'agent.sh');
  // Another word each time: what is said twice would show.
  const script = `for n in 1 2 3 4 5 6 7 8 9; do echo "$n of $$"; sleep 0.3; done`;
  await writeFile(program, script);
  const args = ['--', 'sh', program];
  const first = new ChatProcess(place.dir, ['--ttl', '6', ...args]);
  const before = await ChatClient.join(await first.url, 's1');
  before.say('m1', WORDS);
  await before.waitFor(({ type }) => type === 'text');
  await place.repo.goAway();
  // Until it has said much more, which is in its own clone alone.
  const local = await place.repo.open(place.dir);
  const revision = async (): Promise<number> => (await local.query.list({ all: true }))[0]?.rev ?? 0;
  const shared = await revision();
  await expect.poll(revision, { timeout: 30_000 }).toBeGreaterThan(shared + 5);
  first.signal('SIGKILL');
  await first.end();
  await before.closed;
  await place.repo.comeBack();

  const second = new ChatProcess(await place.repo.clone('elsewhere'), args);
  const after = await ChatClient.join(await second.url, 's1', before.seen);
  await after.done('m1');
  const all = [...before.of('m1'), ...after.of('m1')];
  expectUnbroken(all);
  const whole = await ChatClient.join(await second.url, 's1');
  await whole.done('m1');
  expect(whole.of('m1')).toEqual(all);
  await expectSound(place);
});

test('given a program that cannot be started, when a message comes, then the server ends and says why, and the message stays', async () => {
  const place = await makePlace();
  const server = new ChatProcess(place.dir, ['--', './no-such-program']);
  const client = await ChatClient.join(await server.url, 's1');
  client.say('m1', WORDS);
  expect(await client.closed).toBe(1001);
  expect(await server.end()).toBe(1);
  expect(server.complaints).toContain('no-such-program');
  await expectSound(place);
  expect(await place.planner.query.list()).toMatchObject([{ status: 'pending' }]);
});

describe('given requests that are not as they should be', () => {
  test('when they come, then each is refused by name, and the connection goes on', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, fast);
    const client = await ChatClient.connect(await server.url);
    const lines = [
      '{broken',
      '[]',
      '{"type":"shout"}',
      '{"type":"message","id":"m1","text":"before joining"}',
      '{"type":"join","session":"../../etc","user":"ada"}',
      '{"type":"join","session":"s1","user":"ada <ada@example.invalid>"}',
      '{"type":"join","session":"s1","user":"ada","seen":{"m1":-1}}',
    ];
    for (const line of lines) client.send(line);
    client.socket.send(Buffer.from([1, 2, 3]));
    await expect.poll(() => client.replies.length).toBe(8);
    expect(client.replies.map((reply) => reply.type === 'error' && reply.code)).toEqual([
      ...Array(3).fill('BAD_REQUEST'),
      'NOT_JOINED',
      ...Array(4).fill('BAD_REQUEST'),
    ]);
    client.send({ type: 'join', session: 's1', user: 'ada' });
    await client.waitFor(({ type }) => type === 'joined');
    client.say('m1', '   ');
    client.say('m2', 'x'.repeat(32 * 1024 + 1));
    await expect.poll(() => client.replies.length).toBe(11);
    client.say('m3', '\u202Estill \0 there\r\n<b>');
    await client.done('m3');
    await place.planner.clone.fetch();
    expect(await place.planner.query.list({ all: true })).toMatchObject([{ title: 'still there <b>' }]);
    client.send(`"${'x'.repeat(300 * 1024)}"`);
    expect(await client.closed).toBe(1009);
  });

  test('when a page elsewhere connects, then it is refused', async () => {
    const place = await makePlace();
    const server = new ChatProcess(place.dir, [...fast, '--origin', 'https://chat.example']);
    const url = await server.url;
    const refused = { origin: 'https://elsewhere.example' };
    await expect(ChatClient.connect(url, refused)).rejects.toThrow('403');
    const rebound = { headers: { host: 'elsewhere.example' }, origin: 'http://elsewhere.example' };
    await expect(ChatClient.connect(url, rebound)).rejects.toThrow('403');
    await ChatClient.connect(url, { origin: url });
    await ChatClient.connect(url, { origin: 'https://chat.example' });
    expect(await (await fetch(url)).text()).toContain('work-ledger chat');
  });
});
