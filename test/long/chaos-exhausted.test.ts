import { expect, test } from 'vitest';
import { WlWork } from '../helpers/wl-work.ts';
import { expectSound, itemsOf, makeWork, type WorkPlace } from '../helpers/work-place.ts';

/** Takes its worker down with it. */
const DEADLY = ['--', 'sh', '-c', 'node "$WL_MAIN" checkpoint "$WL_WORK_ID" --step half; kill -9 $PPID'];

async function expectExhausted(place: WorkPlace, why: string): Promise<void> {
  const { planner, ids } = place;
  const [id = ''] = ids;
  const [item] = await itemsOf(place);
  expect(item).toMatchObject({ status: 'failed', attempts: 2, checkpoint: { step: 'half' } });
  expect(item?.error).toContain('exhausted: 2 of 2 attempts ended without a result. The last one: ');
  expect(item?.error).toContain(why);
  const [escalation, ...more] = await planner.query.list({ type: ['escalation'] });
  expect(more).toEqual([]);
  expect(escalation).toMatchObject({
    status: 'pending',
    context: { work_id: id },
    idempotency_key: `exhausted:${id}:2`,
  });
  expect(
    (await planner.audit.history(id)).map(({ verb }) => verb).filter((verb) => verb !== 'checkpoint'),
  ).toEqual(['create', 'claim', 'recover', 'claim', 'recover']);
}

test('given an item that kills each worker, when others recover it after its lease until no attempt is left, then it failed as exhausted, and one escalation asks what to do', async () => {
  const place = await makeWork(1, { max_attempts: 2 });
  const worker = async (name: string, now: string, ...options: string[]): Promise<WlWork> =>
    new WlWork(await place.repo.clone(name), [...options, ...DEADLY], { WL_NOW: now });
  for (const [name, now] of Object.entries({ ada: '+0h', bob: '+26h' })) {
    expect(await (await worker(name, now)).end()).toBe('SIGKILL');
  }
  const others = [await worker('carol', '+52h', '--idle-exit'), await worker('dora', '+52h', '--idle-exit')];
  expect(await Promise.all(others.map((work) => work.end()))).toEqual([0, 0]);
  await expectExhausted(place, 'lease of 3600 s expired: bob gave its last sign of life');
  await expectSound(place, 'differ');
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
  await expectSound(place, 'differ');
});
