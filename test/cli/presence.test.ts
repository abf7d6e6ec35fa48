import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedger, openPresence, type Presence, type WorkLedger } from '../../src/index.ts';
import { runGit } from '../helpers/temp-repo.ts';
import { idIn, makeWorkplace, type Workplace, wl } from './workplace.ts';

let place: Workplace;
let ada: string;
let bob: string;
let ledger: WorkLedger;
let presence: Presence;
const at = (time: string) => ({ env: { WL_NOW: `2026-01-03T${time}:00.000Z`, WL_ACTOR: 'bob' } });

beforeAll(async () => {
  place = await makeWorkplace();
  [ada, bob] = [await place.clone('ada'), await place.clone('bob')];
  await wl(ada, ['init']);
  await wl(bob, ['list']);
  ledger = await openLedger({ dir: ada, actor: 'swarm/ada' });
  presence = await openPresence({ ledger, program: 'a worker' });
});
afterAll(async () => {
  await presence.close();
  await ledger.close();
  await place.cleanup();
});

const run = (n: number, step?: string) =>
  presence.start({
    id: `WRK-20260103-000${n}`,
    execution_id: `exec-${n}`,
    epoch: 1,
    ttl_s: 3600,
    step,
  });

it('lists who is at work, a line for each item, and for how long each was silent', async () => {
  expect(await wl(bob, ['presence'], at('11:00'))).toMatchObject({ status: 0, stdout: '', stderr: '' });
  run(1, 'testing');
  run(2);
  await presence.beat();
  await wl(bob, ['presence'], at('11:00'));
  const { stdout, stderr, status } = await wl(bob, ['presence'], at('11:20'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(
    stdout.split('\n').map((line) => line.replace(/ +\S+ +\d+ +a worker/, ' HOST PID a worker')),
  ).toEqual([
    'swarm/ada HOST PID a worker  20 min  WRK-20260103-0001  testing',
    'swarm/ada HOST PID a worker  20 min  WRK-20260103-0002  -',
    '',
  ]);
});

it('gives one envelope with --json, and refs with --quiet', async () => {
  const { data } = await wl(bob, ['presence', '--json'], at('11:30'));
  const name = `swarm%2fada.${presence.session}`;
  expect(data).toMatchObject({
    fresh: true,
    pruned: [],
    entries: [
      {
        name,
        where: 'remote',
        kind: 'present',
        silent_ms: 1_800_000,
        agent: 'swarm/ada',
        session: presence.session,
        program: 'a worker',
        executions: [
          { execution_id: 'exec-1', step: 'testing' },
          { execution_id: 'exec-2', step: null },
        ],
      },
    ],
  });
  expect((await wl(bob, ['presence', '-q'], at('11:30'))).stdout).toBe(`${name}\n`);
});

it('asks no one with --offline, and says so', async () => {
  await presence.beat();
  const { stdout, stderr } = await wl(bob, ['presence', '--offline'], at('11:40'));
  expect(stdout).toContain('30 min');
  expect(stderr).toMatch(/the remote was not asked/);
});

it('shows what is damaged, in letters that do nothing to a terminal', async () => {
  const tree = await runGit(ada, ['mktree']);
  const evil = await runGit(ada, ['commit-tree', '-m', 'x', tree]);
  await runGit(ada, ['push', 'origin', `${evil}:refs/work-ledger/presence/\u202eevil`]);
  const blob = await runGit(ada, ['hash-object', '-w', '/dev/null']);
  await runGit(ada, ['push', 'origin', `${blob}:refs/work-ledger/presence/eve.0a1b2c3d`]);
  const { stdout, status } = await wl(bob, ['presence'], at('11:50'));
  expect(status).toBe(0);
  expect(stdout).toMatch(/^eve\.0a1b2c3d .* damaged: it is no commit$/m);
  expect(stdout).toMatch(/^\\u202eevil .* damaged: its name is none/m);
  expect(stdout).toContain('testing');
});

it('keeps work from being recovered for as long as its holder gives signs', async () => {
  const env = (time: string) => ({ env: { WL_NOW: `2026-01-05T${time}:00.000Z`, WL_ACTOR: 'bob' } });
  const id = idIn(await wl(ada, ['create', 'Long'], env('11:00')));
  await wl(ada, ['claim', id, '--ttl', '60', '--execution', 'exec-9'], env('11:00'));
  presence.start({ id, execution_id: 'exec-9', epoch: 1, ttl_s: 3600 });
  for (const time of ['11:00', '11:02', '11:04']) {
    await presence.beat();
    expect((await wl(bob, ['recover', '--dry-run'], env(time))).stdout).toBe('');
    expect((await wl(bob, ['recover'], env(time))).stdout).toBe('');
  }
  const { stdout } = await wl(bob, ['recover'], env('11:06'));
  expect(stdout).toContain(`recovered ${id}`);
  await presence.end('exec-9');
});

it('prunes what was silent for a day, and says how much', async () => {
  // What was there before went with the recovery.
  const blob = await runGit(ada, ['hash-object', '-w', '/dev/null']);
  for (const name of ['\u202eevil', 'eve.0a1b2c3d'])
    await runGit(ada, ['push', 'origin', `${blob}:refs/work-ledger/presence/${name}`]);
  await presence.beat();
  await wl(bob, ['presence'], { env: { WL_NOW: '2026-01-06T11:00:00.000Z' } });
  await presence.beat();
  const { data } = await wl(bob, ['presence', '--prune', '--json'], {
    env: { WL_NOW: '2026-01-07T11:51:00.000Z' },
  });
  expect((data.pruned as { name: string }[]).map(({ name }) => name)).toEqual(['eve.0a1b2c3d', '\u202eevil']);
  expect(data.entries).toMatchObject([{ agent: 'swarm/ada' }]);
  const { stderr } = await wl(bob, ['presence', '--prune'], at('12:00'));
  expect(stderr).toMatch(/0 pruned/);
});

it('says that there is none where the clone is set up so', async () => {
  await runGit(bob, ['config', 'ledger.presence', 'none']);
  const { stdout, stderr } = await wl(bob, ['presence'], at('12:00'));
  expect(stdout).toBe('');
  expect(stderr).toMatch(/set up to have no presence/);
});
