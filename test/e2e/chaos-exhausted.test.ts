import { expect, test } from 'vitest';
import { WlWork } from '../helpers/wl-work.ts';
import { expectSound, makeWork, untilAll, type WorkPlace } from '../helpers/work-place.ts';

/** Takes its worker down with it. */
const DEADLY = ['--', 'sh', '-c', `echo '{"type":"checkpoint","step":"half"}'; sleep 0.5; kill -9 $PPID`];

async function expectExhausted(place: WorkPlace, why: string): Promise<void> {
  const { planner, ids } = place;
  const [id = ''] = ids;
  await untilAll(place, 'failed');
  const item = await planner.findWork(id);
  expect(item).toMatchObject({ attempts: 2, checkpoint: { step: 'half' } });
  expect(item?.error).toContain('exhausted: 2 of 2 attempts ended without a result. The last one: ');
  expect(item?.error).toContain(why);
  const [escalation, ...more] = await planner.list({ type: ['escalation'] });
  expect(more).toEqual([]);
  expect(escalation).toMatchObject({
    status: 'pending',
    context: { work_id: id },
    idempotency_key: `exhausted:${id}:2`,
  });
  expect((await planner.history(id)).map(({ verb }) => verb).filter((verb) => verb !== 'checkpoint')).toEqual(
    ['create', 'claim', 'recover', 'claim', 'recover'],
  );
}

test('given an item that kills each worker, when others recover it after its lease until no attempt is left, then it failed as exhausted, and one escalation asks what to do', async () => {
  const place = await makeWork(1, { lease_ttl_s: 2, clock_skew_s: 0, max_attempts: 2 });
  for (const name of ['ada', 'bob']) {
    const work = new WlWork(await place.repo.clone(name), DEADLY);
    expect(await work.end()).toBe('SIGKILL');
  }
  const others = await Promise.all(['carol', 'dora'].map((name) => place.repo.clone(name)));
  const works = others.map((dir) => new WlWork(dir, DEADLY));
  await expectExhausted(place, 'lease of 2 s expired: bob gave its last sign of life');
  for (const work of works) work.signal('SIGTERM');
  expect(await Promise.all(works.map((work) => work.end()))).toEqual([0, 0]);
  await expectSound(place);
});

test('given an item that kills its worker, when that is started again until no attempt is left, then it failed as exhausted at once, and one escalation asks what to do', async () => {
  const place = await makeWork(1, { max_attempts: 2 });
  const dir = await place.repo.clone('ada');
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    expect(await new WlWork(dir, DEADLY).end()).toBe('SIGKILL');
  }
  // Two that look after the same clone at once.
  const works = [1, 2].map(() => new WlWork(dir, ['--idle-exit', ...DEADLY]));
  expect(await Promise.all(works.map((work) => work.end()))).toEqual([0, 0]);
  await expectExhausted(place, 'the process of exec-ada-');
  await expectSound(place);
});
