import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type CallOptions, idIn, makeWorkplace, NOW, type Said, type Workplace, wl } from './workplace.ts';

// One ledger on a remote, and every verb of an item's life: the program as a process where its own streams, environment and
// exit status are what is shown, and in this process where they are not.
let place: Workplace;
let dir: string;
const call = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const spawned = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const create = async (...args: string[]): Promise<string> => idIn(await call(['create', ...args]));
const itemOf = async (id: string): Promise<Record<string, unknown>> =>
  (await call(['show', id, '--json'])).data;

beforeAll(async () => {
  place = await makeWorkplace();
  dir = await place.clone('a');
});
afterAll(() => place.cleanup());

it('given a repository without a ledger, every question says so and exits with 3', async () => {
  const { status, stdout, stderr } = await spawned(['list']);
  expect(status).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^wl: There is no ledger .*\nhint: Make one with: wl init\n$/);
});

it('wl init makes a ledger on the remote, and twice is harmless', async () => {
  const first = await spawned(['init', '--json']);
  expect(first.envelope).toMatchObject({
    schema_version: 1,
    kind: 'ledger',
    where: 'remote',
    data: { created: true },
  });
  expect(await runGit(place.remote, ['rev-parse', 'work-ledger'])).toBe(first.data.tip);
  const second = await spawned(['init']);
  expect(second).toMatchObject({ status: 0, stderr: '' });
  expect(second.stdout).toMatch(
    /^there is a ledger already on the branch work-ledger of .*, shared on origin\nwhoever works here acts as ada; .*\n$/,
  );
});

it('an empty list is nothing, and [] in JSON', async () => {
  expect(await call(['list'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const { envelope } = await call(['ls', '--json']);
  expect(envelope).toMatchObject({ schema_version: 1, kind: 'items', data: [], as_of: { fetched_at: NOW } });
});

it('wl create takes every field, and prints the id and where it is', async () => {
  const parent = await create(
    'The whole',
    '--swarm',
    'dev',
    '--job',
    'j1',
    '--context',
    '{"references": ["doc.md"]}',
  );
  const before = await create('Comes', 'first');
  await writeFile(join(dir, 'notes.md'), 'line one\n\n    line two\n');
  const said = await spawned([
    ...[
      'new',
      'With everything',
      '-d',
      `@${join(dir, 'notes.md')}`,
      '--type',
      'bug',
      '--priority',
      'high',
      '--label',
      'b',
      '-l',
      'a',
    ],
    ...[
      '--subtask-of',
      parent,
      '--depends-on',
      before,
      '--assign',
      'bob',
      '--context',
      'n=1',
      '--acceptance',
      'it works',
    ],
    ...['--not-before', '2026-02-01', '--max-attempts', '2', '--key', 'k1'],
  ]);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toMatch(/^created WRK-20260103-0003, on origin\n$/);
  expect(await itemOf('0003')).toMatchObject({
    title: 'With everything',
    description: 'line one\n\n    line two',
    type: 'bug',
    priority: 'high',
    labels: ['a', 'b'],
    parent_id: parent,
    dependencies: [before],
    owner: 'bob',
    swarm_name: 'dev',
    job_id: 'j1',
    context: { references: ['doc.md'], n: 1 },
    acceptance: [{ text: 'it works', done: false }],
    not_before: '2026-02-01T00:00:00.000Z',
    max_attempts: 2,
    idempotency_key: 'k1',
    created_by: 'ada',
    created_at: NOW,
  });
  const other = await call(['create', 'Again', '--key', 'k1', '--json']);
  expect(other).toMatchObject({ status: 5, stdout: '' });
  expect(other.stderr).toContain('The key \\"k1\\" was used for WRK-20260103-0003, with other content.');
});

it('text is read from standard input, and --quiet prints the id alone', async () => {
  const said = await spawned(['create', 'Piped', '-d', '-', '-q'], { input: 'from a pipe\n' });
  expect(said).toMatchObject({ status: 0, stdout: 'WRK-20260103-0004\n', stderr: '' });
  expect(await itemOf('0004')).toMatchObject({ description: 'from a pipe' });
});

describe('given a held item', () => {
  it('it goes through claim, checkpoint, block, start, release and complete, each in a line', async () => {
    const id = await create('Worked on');
    const env = { WL_EXECUTION_ID: 'exec-1' };
    const steps: [args: string[], says: string][] = [
      [['claim', id, '--ttl', '60'], `claimed ${id} as ada (epoch 1), on origin`],
      [
        [
          'checkpoint',
          id,
          '--step',
          'half',
          '--summary',
          'done this',
          '--next',
          'do that',
          '--data',
          '{"n": 1}',
        ],
        `recorded a checkpoint of ${id}, on origin`,
      ],
      [['block', id, 'waiting', 'for', 'the', 'vendor'], `blocked ${id}, on origin`],
      [['start', id], `started ${id} as ada (epoch 1), on origin`],
      [['release', id, '--reason', 'lunch'], `released ${id}, on origin`],
      [['start', id], `started ${id} as ada (epoch 2), on origin`],
      [['complete', id, '--result', 'commit=abc', '--result', '{"tests": 3}'], `completed ${id}, on origin`],
    ];
    for (const [args, says] of steps) {
      const said = await spawned(args, { env });
      expect(said, args.join(' ')).toMatchObject({ status: 0, stderr: '' });
      expect(said.stdout.split('\n')[0]).toBe(says);
    }
    expect(await itemOf(id)).toMatchObject({
      status: 'completed',
      claim: { epoch: 2, execution_id: 'exec-1' },
      checkpoint: { step: 'half', summary: 'done this', next_action: 'do that', data: { n: 1 } },
      result: { commit: 'abc', tests: 3 },
      attempts: 2,
    });
  });

  it('who takes it over is told where to resume', async () => {
    const id = await create('Resumed');
    await call(['claim', id]);
    await call([
      'checkpoint',
      id,
      '--next',
      'do that',
      '--artifact',
      'a.csv',
      '--artifact',
      'b.csv',
      '--effect',
      'mailed',
    ]);
    await call(['release', id]);
    const said = await call(['claim', id, '--actor', 'bob']);
    expect(said.stdout).toBe(
      `claimed ${id} as bob (epoch 2), on origin\n  wl resume ${id} tells where to go on: "do that"\n`,
    );
  });

  it('another execution of the same actor is fenced off, with 5', async () => {
    const id = await create('Fenced');
    await call(['claim', id], { env: { WL_EXECUTION_ID: 'exec-1' } });
    const other = await spawned(['complete', id, '--json'], { env: { WL_EXECUTION_ID: 'exec-2' } });
    expect(other.status).toBe(5);
    expect(other.stdout).toBe('');
    expect(other.error).toMatchObject({
      code: 'STALE_EPOCH',
      details: { owner: 'ada', execution_id: 'exec-1' },
    });
    expect((await call(['complete', id, '--epoch', '7'])).status).toBe(5);
    expect((await call(['complete', id, '--execution', 'exec-1', '--epoch', '1'])).status).toBe(0);
  });
});

it('wl done on ready items claims them first, in one push of two commits each', async () => {
  const [first, second] = [await create('One'), await create('Two')];
  const said = await spawned(['done', first, second], { env: { WL_EXECUTION_ID: 'exec-9' } });
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toBe(`completed ${first}, on origin\ncompleted ${second}, on origin\n`);
  const { list } = await call(['history', first, '--json']);
  expect(list.map(({ verb }) => verb)).toEqual(['create', 'claim', 'complete']);
});

it('wl fail, retry, cancel, reopen and delete lead through the end of an item and back', async () => {
  const id = await create('Ends');
  await call(['claim', id]);
  const lines: string[] = [];
  for (const args of [
    ['fail', id, 'it', 'broke'],
    ['retry', id, '--after', '600'],
    ['cancel', id, '--reason', 'not needed'],
    ['reopen', id, '--reason', 'needed after all'],
    ['cancel', id],
    ['delete', id, '--yes'],
  ]) {
    lines.push((await spawned(args)).stdout);
  }
  expect(lines).toEqual([
    `failed ${id}, on origin\n`,
    `${id} is pending again, not before 2026-01-03T11:10:00.000Z, on origin\n`,
    `cancelled ${id}, on origin\n`,
    `reopened ${id}, on origin\n`,
    `cancelled ${id}, on origin\n`,
    `deleted ${id}; its history stays, on origin\n`,
  ]);
  expect(await call(['show', id])).toMatchObject({ status: 3, stdout: '' });
  const history = await call(['history', id, '--limit', '2', '--json']);
  expect(history.list).toMatchObject([{ verb: 'cancel' }, { verb: 'delete', from: 'cancelled', to: null }]);
});

it('several ids fail together with --error', async () => {
  const ids = [await create('F1'), await create('F2')];
  await call(['claim', ...ids]);
  const said = await spawned(['fail', ...ids, '--error', 'the same', '--json']);
  expect(said.envelope).toMatchObject({ kind: 'items', where: 'remote' });
  expect(said.list).toMatchObject(ids.map((id) => ({ id, status: 'failed', error: 'the same' })));
});

it('a blocked item is unblocked by hand, or by itself when its blocker completes', async () => {
  const [id, blocker] = [await create('Blocked'), await create('Blocker')];
  expect((await call(['block', id, '--on', blocker])).stdout).toBe(
    `blocked ${id} on ${blocker}, on origin\n`,
  );
  expect((await call(['unblock', id, '--reason', 'no'])).stdout).toBe(
    `unblocked ${id}: it is pending, on origin\n`,
  );
  await call(['block', id, 'needs it', '--on', blocker]);
  await call(['done', blocker]);
  expect(await itemOf(id)).toMatchObject({ status: 'pending' });
});

it('wl update, comment and assign change what no other verb owns', async () => {
  const id = await create('Changed', '--label', 'old', '--swarm', 's');
  await call([
    ...[
      'update',
      id,
      '--title',
      'New title',
      '-t',
      'research',
      '-p',
      'low',
      '-d',
      'text',
      '--add-label',
      'new',
    ],
    ...[
      '--remove-label',
      'old',
      '--swarm',
      'none',
      '--job',
      'j',
      '--set-context',
      'k=1',
      '--add-link',
      'commit:abc',
    ],
    ...['--not-before', '2026-01-04', '--max-attempts', '9', '--acceptance', 'ok', '--parent', '0001'],
  ]);
  await call(['comment', id, '@bob', 'look']);
  expect((await call(['assign', id, 'bob'])).stdout).toBe(`assigned ${id} to bob, on origin\n`);
  expect(await itemOf(id)).toMatchObject({
    title: 'New title',
    type: 'research',
    priority: 'low',
    description: 'text',
    labels: ['new'],
    job_id: 'j',
    context: { k: 1 },
    links: [{ kind: 'commit', target: 'abc' }],
    not_before: '2026-01-04T00:00:00.000Z',
    max_attempts: 9,
    acceptance: [{ text: 'ok', done: false }],
    parent_id: 'WRK-20260103-0001',
    owner: 'bob',
    comments: [{ at: NOW, by: 'ada', body: '@bob look' }],
  });
  const undone = [
    '--parent',
    'none',
    '--not-before',
    'none',
    '--unset-context',
    'k',
    '--remove-link',
    'commit:abc',
  ];
  await call(['update', id, ...undone]);
  expect((await call(['assign', id, '--nobody'])).stdout).toBe(`${id} is anyone's to claim, on origin\n`);
  const item = await itemOf(id);
  expect(item).toMatchObject({ context: {}, links: [] });
  for (const key of ['owner', 'parent_id', 'not_before', 'swarm_name']) expect(item).not.toHaveProperty(key);
  expect((await call(['update', id, '--title', 'New title'])).stdout).toBe(`nothing to change in ${id}\n`);
});

it('wl dep add, tree and rm say what waits for what', async () => {
  const [whole, part] = [await create('Waits'), await create('Awaited')];
  expect((await call(['dep', 'add', whole, part])).stdout).toBe(`${whole} waits for ${part}, on origin\n`);
  expect((await call(['dep', 'tree', whole])).stdout).toBe(
    `${whole}  pend  Waits\n  ${part}  pend  Awaited\n`,
  );
  expect((await call(['explain', whole])).stdout).toBe(
    `${whole} is not ready for ada:\n  it waits for ${part}, which is pending\n`,
  );
  expect((await call(['dep', 'rm', whole, part])).stdout).toBe(
    `${whole} no longer waits for ${part}, on origin\n`,
  );
  expect((await call(['explain', whole, '--json'])).data).toMatchObject({
    id: whole,
    ready: true,
    obstacles: [],
  });
});

it('wl create makes one item of a key, and says what became of it', async () => {
  const again = ['create', 'Nightly', '--key', 'nightly/1'];
  const id = await create('Nightly', '--key', 'nightly/1');
  expect(await call(again)).toMatchObject({ status: 0, stdout: `${id} was made under that key already\n` });
  await call(['cancel', id, '--reason', 'done']);
  expect((await call(again)).stdout).toBe(`${id} was made under that key already, and is cancelled\n`);
  await call(['delete', id, '--yes']);
  expect(await call(again)).toMatchObject({
    status: 0,
    stdout: `${id} was made under that key already, and is cancelled\n`,
  });
  expect(await call(['create', 'Daily', '--key', 'nightly/1'])).toMatchObject({ status: 5, stdout: '' });
});

it('wl create and update take what an item is about and when it is due, and show says so', async () => {
  const about = ['--due', '2026-02-01', '--scope', 'src/api/**', '--scope', 'docs/api.md'];
  const id = await create('Due', ...about);
  const shown = (await call(['show', id])).stdout;
  expect(shown).toMatch(/^ *due +2026-02-01/m);
  expect(shown).toMatch(/^ *scope +src\/api\/\*\*, docs\/api\.md$/m);
  await call(['update', id, '--due', 'none', '--scope', 'none']);
  expect(Object.keys(await itemOf(id))).not.toEqual(expect.arrayContaining(['due_at']));
  expect((await call(['create', 'Two', '--scope', '../up'])).status).toBe(2);
  await call(['cancel', id, '--reason', 'done']);
  await call(['delete', id, '--yes']);
});
