import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGit } from '../helpers/temp-repo.ts';
import { type CallOptions, makeWorkplace, type Said, type Workplace, wl, wlProcess } from './workplace.ts';

// A ledger without a remote, made once; every question is asked of it.
let place: Workplace;
let dir: string;
const call = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const here = (args: readonly string[], options?: CallOptions): Promise<Said> => wl(dir, args, options);
const LATER = { env: { WL_NOW: '2026-01-03T13:00:00Z' } };

beforeAll(async () => {
  place = await makeWorkplace();
  dir = place.remote;
  for (const args of [
    ['init', '--prefix', 'OPS'],
    ['create', 'The whole', '--swarm', 'dev'],
    ['create', 'First part', '--parent', '0001', '--priority', 'high', '--label', 'api', '--label', 'db'],
    ['create', 'Second part', '--parent', '0001', '--depends-on', '0002', '--type', 'bug'],
    ['create', 'Bob’s own', '--assign', 'bob', '--priority', 'critical', '--job', 'j1'],
    ['create', 'Under way', '--label', 'api'],
    ['claim', '0005'],
    ['create', 'Finished', '--parent', '0001'],
    ['done', '0006'],
  ]) {
    expect(await here(args), args.join(' ')).toMatchObject({ status: 0, stderr: '' });
  }
});
afterAll(() => place.cleanup());

it('a list is one aligned line an item, most urgent first, without a header in a pipe', async () => {
  const { stdout, stderr, status } = await call(['list']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toBe(
    [
      'OPS-20260103-0004  pend  crit  task  bob  Bob’s own',
      'OPS-20260103-0002  pend  high  task  -    First part',
      'OPS-20260103-0001  pend  med   task  -    The whole',
      'OPS-20260103-0003  pend  med   bug   -    Second part',
      'OPS-20260103-0005  prog  med   task  ada  Under way',
      '',
    ].join('\n'),
  );
});

describe('filters of wl list', () => {
  it.each<[string[], string[]]>([
    [['--status', 'done'], ['0006']],
    [
      ['--status', 'pending,in_progress', '--label', 'api'],
      ['0002', '0005'],
    ],
    [['--label', 'api', '--label', 'db'], ['0002']],
    [['--type', 'bug'], ['0003']],
    [
      ['--priority', 'crit,high'],
      ['0004', '0002'],
    ],
    [['--owner', 'bob'], ['0004']],
    [['--mine'], ['0005']],
    [['--mine', '--actor', 'bob'], ['0004']],
    [
      ['--unassigned', '--limit', '2'],
      ['0002', '0001'],
    ],
    [
      ['--swarm', 'dev', '--all'],
      ['0002', '0001', '0003', '0006'],
    ],
    [['--job', 'j1'], ['0004']],
    [
      ['--parent', '0001'],
      ['0002', '0003'],
    ],
  ])('%s', async (args, ids) => {
    const { stdout } = await here(['list', '-q', ...args]);
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual(ids.map((id) => `OPS-20260103-${id}`));
  });
});

it('global options count before and after the command, and the later one wins', async () => {
  const ids = async (...args: string[]): Promise<unknown[]> => (await here(args)).list.map(({ id }) => id);
  expect(await ids('--json', '--actor', 'ada', 'list', '--mine')).toEqual(['OPS-20260103-0005']);
  expect(await ids('--actor', 'ada', 'list', '--mine', '--json', '--actor', 'bob')).toEqual([
    'OPS-20260103-0004',
  ]);
  expect((await wlProcess(place.path, ['-C', 'remote.git', 'list', '-q', '--limit', '1'])).stdout).toBe(
    'OPS-20260103-0004\n',
  );
  expect((await wlProcess(place.path, ['list', '-q', '--limit', '1'], { env: { WL_DIR: dir } })).stdout).toBe(
    'OPS-20260103-0004\n',
  );
});

it('wl ready lists what the asker can claim, and wl next the first of it', async () => {
  expect((await call(['ready'])).stdout).toBe('OPS-20260103-0002  pend  high  task  -  First part\n');
  const bobs = await here(['ready', '--json', '--actor', 'bob']);
  expect(bobs.envelope.kind).toBe('items');
  expect(bobs.list.map(({ id }) => id)).toEqual(['OPS-20260103-0004', 'OPS-20260103-0002']);
  expect((await call(['next', '--actor', 'bob'])).stdout).toBe(
    'OPS-20260103-0004  pend  crit  task  bob  Bob’s own\n',
  );
  expect((await here(['next', '--label', 'db', '--json'])).envelope).toMatchObject({
    kind: 'item',
    data: { id: 'OPS-20260103-0002' },
  });
  expect(
    (await here(['ready', '--parent', '0001', '--swarm', 'dev', '--type', 'bug', '--json'])).list,
  ).toEqual([]);
});

it('given nothing ready, wl next says so beside an empty result and exits with 0', async () => {
  const said = await call(['next', '--type', 'research']);
  expect(said).toMatchObject({ status: 0, stdout: '' });
  expect(said.stderr).toMatch(/^nothing is ready; /);
  const json = await call(['next', '--type', 'research', '--claim', '--json']);
  expect(json.status).toBe(0);
  expect(json.envelope).toMatchObject({ kind: 'item', data: null });
  expect(JSON.parse(json.stderr)).toMatchObject({
    notice: { message: expect.stringMatching(/^nothing is ready/) },
  });
});

it('wl children and wl progress tell of the parts of an item', async () => {
  const { stdout } = await here(['children', '0001', '-q']);
  expect(stdout.split('\n')).toEqual(['OPS-20260103-0002', 'OPS-20260103-0003', 'OPS-20260103-0006', '']);
  expect((await here(['progress', '0001'])).stdout).toBe(
    'OPS-20260103-0001  33.3% complete, 1 of 3 parts\n  2 pending, 1 completed\n',
  );
  expect((await here(['progress', '0001', '--direct', '--json'])).envelope).toMatchObject({
    kind: 'progress',
    data: { id: 'OPS-20260103-0001', total_children: 3, completed: 1, percent_complete: 33.3 },
  });
});

it('wl stale lists work without a sign of life, by the time of the clock', async () => {
  expect((await here(['stale'])).stdout).toBe('');
  expect((await here(['stale', '--minutes', '119'], LATER)).stdout).toContain('OPS-20260103-0005');
  expect((await here(['stale', '--minutes', '121', '--json'], LATER)).list).toEqual([]);
});

it('wl search finds items in which every word occurs', async () => {
  expect((await here(['search', 'PART', 'second'])).stdout).toContain('OPS-20260103-0003');
  expect((await here(['search', 'part', '--limit', '1', '--json'])).list).toHaveLength(1);
  expect((await here(['search', 'nowhere', '--json'])).list).toEqual([]);
});

it('wl history and wl log tell who did what', async () => {
  const history = await call(['history', '0005']);
  expect(history.stdout).toMatch(
    /^2026-01-03T11:00:00Z {2}[0-9a-f]{10} {2}create {2}ada {2}none -> pending\n.* claim .* epoch 1\n$/,
  );
  const log = await here(['log', '--limit', '2', '--json']);
  expect(log.envelope.kind).toBe('log');
  expect(log.list).toMatchObject([
    { verb: 'complete', id: 'OPS-20260103-0006', actor: 'ada' },
    { verb: 'claim', id: 'OPS-20260103-0006' },
  ]);
  expect((await here(['log'])).stdout.split('\n').at(-2)).toMatch(/ init +- +ada {2}init ledger /);
});

it('wl show prints everything, and several items one after another', async () => {
  const one = await call(['show', '0003']);
  expect(one.stdout).toMatch(/^OPS-20260103-0003 {2}Second part\npend · medium · bug\n/);
  expect(one.stdout).toMatch(/^parent +OPS-20260103-0001 \(pending\)$/m);
  expect(one.stdout).toMatch(/^depends on +OPS-20260103-0002 \(pending\)$/m);
  expect(one.stdout).toMatch(
    /^History:\n {4}2026-01-03T11:00:00Z {2}[0-9a-f]{10} {2}create {2}ada {2}none -> pending$/m,
  );
  const two = await here(['show', '0001', '0002', '--json']);
  expect(two.envelope.kind).toBe('items');
  expect(two.list.map(({ id }) => id)).toEqual(['OPS-20260103-0001', 'OPS-20260103-0002']);
  expect(two.list[0]).toMatchObject({ history: [{ verb: 'create' }] });
});

it('wl status tells where this clone stands', async () => {
  const { stdout, stderr } = await call(['status']);
  expect(stderr).toBe('');
  expect(stdout).toContain('remote  none: this clone is the truth\n');
  expect(stdout).toContain('items   4 pending, 1 in_progress, 1 completed\n');
  expect((await here(['status', '--json'])).envelope).toMatchObject({
    kind: 'status',
    data: { mode: 'none', remote: null, actor: 'ada', pending: [], rejected: 0, damaged: 0 },
  });
});

it('without a remote a write names no place, and --fetch is harmless', async () => {
  const said = await call(['comment', '0001', 'hello', '--json']);
  expect(said.envelope).not.toHaveProperty('where');
  expect((await here(['comment', '0001', 'hello'])).stdout).toBe('commented on OPS-20260103-0001\n');
  expect(await here(['list', '--fetch', '--limit', '1'])).toMatchObject({ status: 0, stderr: '' });
  expect(await here(['sync'])).toMatchObject({ status: 2, stdout: '' });
});

it('wl config shows settings, changes shared ones, and tells how to change this clone’s', async () => {
  expect((await here(['config'])).stdout).toContain('  lease_ttl_s    3600\n');
  expect((await here(['config', '--json'])).envelope).toMatchObject({
    kind: 'settings',
    data: {
      shared: { id_prefix: 'OPS', on_complete: 'archive' },
      clone: { branch: 'work-ledger', remote: null, actor: 'ada' },
    },
  });
  expect((await here(['config', 'get', 'actor'])).stdout).toBe('ada\n');
  expect((await here(['config', 'get', 'presence'])).stdout).toBe('refs/work-ledger/presence\n');
  expect((await here(['config', 'get', 'sign'])).stdout).toBe('false\n');
  await runGit(dir, ['config', 'ledger.presence', 'none']);
  expect((await here(['config'])).stdout).toMatch(/^ {2}presence +none\n {2}sign +false$/m);
  await runGit(dir, ['config', '--unset', 'ledger.presence']);
  expect((await call(['config', 'set', 'lease_ttl_s', '7200'])).stdout).toBe('lease_ttl_s is 7200 now\n');
  expect((await here(['config', 'set', 'lease_ttl_s', '7200'])).stdout).toBe('lease_ttl_s is 7200 already\n');
  expect((await here(['config', 'get', 'lease_ttl_s', '--json'])).data).toEqual({
    key: 'lease_ttl_s',
    value: 7200,
  });
  expect((await here(['config', 'get', 'limits'])).stdout).toBe('{}\n');
  expect((await here(['config', 'set', 'limits.owner.ada', '2'])).stdout).toBe('limits.owner.ada is 2 now\n');
  await here(['config', 'set', 'limits', '{"owner":{"*":9},"label":{"gpu":1}}']);
  expect((await here(['config', 'get', 'limits'])).stdout).toBe(
    '{"owner":{"*":9,"ada":2},"label":{"gpu":1}}\n',
  );
  expect((await here(['config', 'get', 'limits.owner.ada'])).stdout).toBe('2\n');
  expect((await here(['config', 'get', 'limits.owner.bob', '--json'])).data.value).toBeNull();
  expect((await here(['config', 'set', 'limits.owner.ada', 'none'])).status).toBe(0);
  expect((await here(['config', 'get', 'limits.owner'])).stdout).toBe('{"*":9}\n');
  expect(await here(['config', 'set', 'limits', '{']).then((said) => said.stderr)).toContain(
    'limits takes JSON',
  );
  const clone = await here(['config', 'set', 'actor', "o'neil"]);
  expect(clone.status).toBe(2);
  expect(clone.stderr).toContain(`hint: git config ledger.actor 'o'\\''neil'\n`);
  for (const [key, value] of [
    ['nothing', '1'],
    ['ledger_id', 'x'],
    ['lease_ttl_s', 'soon'],
    ['on_complete', 'burn'],
  ]) {
    expect((await here(['config', 'set', key ?? '', value ?? ''])).status, key).toBe(2);
  }
  expect((await here(['config', 'get', 'nothing'])).status).toBe(2);
});

it('wl recover gives back work whose claim ran out', async () => {
  expect((await here(['recover'])).stderr).toBe('no claim has run out\n');
  const tomorrow = { env: { WL_NOW: '2026-01-04T13:00:00Z' } };
  expect((await here(['recover', '--dry-run', '-q'], tomorrow)).stdout).toBe('OPS-20260103-0005\n');
  expect((await here(['recover', '--dry-run'], tomorrow)).stdout).toMatch(
    /^would recover OPS-20260103-0005\n {2}ada, epoch 1, \S+, attempt 1 of 3\n {2}last sign of life 2026-01-03T\S+; lease of \d+ s; no sign seen for 26 h\n/,
  );
  expect((await call(['recover'], tomorrow)).stdout).toMatch(
    /^recovered OPS-20260103-0005\n {2}ada, epoch 1/,
  );
  expect((await here(['show', '0005', '--json'])).data).toMatchObject({
    status: 'pending',
    claim: { epoch: 1 },
  });
});

it('given a ledger that deletes what is completed, --yes confirms it, and else it is kept with a notice', async () => {
  await here(['config', 'set', 'on_complete', 'delete']);
  const kept = await call(['done', '0002']);
  expect(kept.stdout).toBe('completed OPS-20260103-0002\n');
  expect(kept.stderr).toMatch(/^kept among the completed/);
  await here(['done', '0003', '--yes']);
  expect((await here(['show', '0003'])).status).toBe(3);
});

it('wl version needs no ledger', async () => {
  const { stdout, status } = await wl(place.path, ['version']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^wl \d+\.\d+\.\d+\n$/);
  expect((await wl(place.path, ['version', '--json'])).envelope).toMatchObject({
    kind: 'version',
    as_of: null,
  });
});
