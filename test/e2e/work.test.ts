import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { WorkLedger } from '../../src/index.ts';
import { isGone } from '../helpers/processes.ts';
import { sh, WlWork } from '../helpers/wl-work.ts';
import { expectSound, makeWork } from '../helpers/work-place.ts';

const verbs = async (planner: WorkLedger, id: string): Promise<string[]> =>
  (await planner.audit.history(id)).map(({ verb }) => verb);

test('given a worker as a user types it, when it ran once, then the item is done, and each line says what happened', async () => {
  const place = await makeWork(1);
  const work = new WlWork(await place.repo.clone('ada'), ['--once', ...sh('cat > /dev/null; echo done')]);
  expect(await work.end()).toBe(0);
  expect(work.lines.map(({ type }) => type)).toEqual(['started', 'text', 'completed', 'ended']);
  expect(work.lines[1]).toMatchObject({ work_id: place.ids[0], text: 'done' });
  expect(work.complaints).toMatch(
    /^This clone trusts the ledger as it found it, .*\nThis clone joined the ledger on origin; who works here acts as ada\.\n$/,
  );
  await expectSound(place);
});

test.each([
  { script: 'exit 3', status: 11, ends: 'failed', item: 'failed' },
  { script: 'exit 75', status: 0, ends: 'deferred', item: 'pending' },
  {
    script: 'node "$WL_MAIN" block "$WL_WORK_ID" "needs a word"; exit 10',
    status: 0,
    ends: 'blocked',
    item: 'blocked',
  },
  {
    script: 'node "$WL_MAIN" complete "$WL_WORK_ID" --result mine=1',
    status: 0,
    ends: 'settled',
    item: 'completed',
  },
])('given a program that runs `$script`, then the item is $item', async ({ script, status, ends, item }) => {
  const place = await makeWork(1);
  const work = new WlWork(await place.repo.clone('ada'), ['--once', ...sh(script)]);
  expect(await work.end()).toBe(status);
  expect(work.of(ends)).toHaveLength(1);
  await place.planner.clone.fetch();
  expect(await place.planner.query.find(place.ids[0] ?? '')).toMatchObject({ status: item });
  await expectSound(place);
});

test('given a program that fails for every item, when it did so often enough, then the worker says so and ends, and the rest is left alone', async () => {
  const place = await makeWork(4);
  const work = new WlWork(await place.repo.clone('ada'), ['--max-failures', '2', ...sh('exit 3')]);
  expect(await work.end()).toBe(11);
  expect(work.of('gave_up')).toMatchObject([{ failed: 2 }]);
  await place.planner.clone.fetch();
  const items = await place.planner.query.list({ all: true });
  expect(items.map(({ status }) => status).toSorted()).toEqual(['failed', 'failed', 'pending', 'pending']);
  await expectSound(place);
});

test('given nothing that is ready, or no such program, when wl work is run once, then it says so', async () => {
  const { repo } = await makeWork(0);
  const dir = await repo.clone('ada');
  const idle = new WlWork(dir, ['--once', ...sh('true')]);
  expect(await idle.end()).toBe(0);
  expect(idle.lines.map(({ type }) => type)).toEqual(['waiting', 'ended']);
  const wrong = new WlWork(dir, ['--once', '--', 'no-such-program-anywhere']);
  expect(await wrong.end()).toBe(2);
  expect(wrong.complaints).toContain('There is no program');
});

describe('given a worker that is killed while its program works', () => {
  test('when it is started again, then the work is taken up at its checkpoint, long before its lease ends, and what ran for it is ended', async () => {
    const place = await makeWork(1);
    const [id = ''] = place.ids;
    const dir = await place.repo.clone('ada');
    const script =
      'node "$WL_MAIN" show "$WL_WORK_ID" | grep -q "half way" && { echo resumed; exit 0; }; ' +
      'node "$WL_MAIN" checkpoint "$WL_WORK_ID" --step "half way"; echo $$; sleep 600';
    const first = new WlWork(dir, ['--once', ...sh(script)]);
    const program = Number((await first.waitFor('text', 2)).text);
    expect(isGone(program)).toBe(false);
    first.signal('SIGKILL');
    expect(await first.end()).toBe('SIGKILL');

    const second = new WlWork(dir, ['--once', ...sh(script)]);
    expect(await second.end()).toBe(0);
    expect(isGone(program)).toBe(true);
    expect(second.of('recovered')).toMatchObject([{ work_ids: [id] }]);
    expect(second.of('started')).toMatchObject([{ work_id: id, attempt: 2, epoch: 2, resumed: true }]);
    expect(second.of('text').map(({ text }) => text)).toContain('resumed');
    await expectSound(place);
    expect(await verbs(place.planner, id)).toEqual([
      'create',
      'claim',
      'checkpoint',
      'recover',
      'claim',
      'complete',
    ]);
  });
});

describe('given a worker that is asked to end', () => {
  test('when its program ends in time, then its item is completed, and no other is taken', async () => {
    const place = await makeWork(2);
    const work = new WlWork(await place.repo.clone('ada'), sh('echo up; sleep 1'));
    await work.waitFor('text');
    work.signal('SIGTERM');
    expect(await work.end()).toBe(0);
    expect(work.of('ended')).toMatchObject([{ started: 1, completed: 1 }]);
    await expectSound(place);
  });

  test('when its time is up, then the program is ended, and its item is given back with its last checkpoint', async () => {
    const place = await makeWork(1);
    const [id = ''] = place.ids;
    const script = `trap 'echo "{\\"type\\":\\"checkpoint\\",\\"step\\":\\"saved\\"}"; exit 1' TERM; echo up; while :; do sleep 0.05; done`;
    const work = new WlWork(await place.repo.clone('ada'), ['--grace', '0', ...sh(script)]);
    await work.waitFor('text');
    work.signal('SIGTERM');
    expect(await work.end()).toBe(0);
    expect(work.of('ended')).toMatchObject([{ released: 1 }]);
    await expectSound(place);
    expect(await place.planner.query.find(id)).toMatchObject({
      status: 'pending',
      checkpoint: { step: 'saved' },
    });
  });

  test('when it is asked twice, then it waits no longer', async () => {
    const place = await makeWork(1);
    const work = new WlWork(await place.repo.clone('ada'), ['--grace', '600', ...sh('echo up; sleep 600')]);
    await work.waitFor('text');
    work.signal('SIGINT');
    await work.waitFor('draining');
    work.signal('SIGINT');
    expect(await work.end()).toBe(130);
    expect(work.of('ended')).toMatchObject([{ released: 1 }]);
    await expectSound(place);
  });
});

test('given a remote that goes away while work is done, when it is back, then the result is shared and the worker goes on', async () => {
  const place = await makeWork(1);
  const { repo, planner, ids } = place;
  const work = new WlWork(await repo.clone('ada'), sh('while [ ! -e "$GATE" ]; do sleep 0.05; done'), {
    GATE: join(repo.folder, 'gate'),
  });
  await work.waitFor('started');
  await repo.goAway();
  await writeFile(join(repo.folder, 'gate'), '');
  expect(await work.waitFor('completed')).toMatchObject({ where: 'local' });
  expect(await work.waitFor('waiting')).toMatchObject({ for: 'remote' });
  await repo.comeBack();
  await work.waitFor('synced');
  await planner.clone.fetch();
  expect(await planner.query.find(ids[0] ?? '')).toMatchObject({ status: 'completed' });
  const { id } = await planner.createWork({ title: 'Later' });
  await expect
    .poll(() => planner.clone.fetch().then(() => planner.query.find(id)), { timeout: 60_000, interval: 500 })
    .toMatchObject({ status: 'completed' });
  work.signal('SIGTERM');
  expect(await work.end()).toBe(0);
  await expectSound(place);
});
