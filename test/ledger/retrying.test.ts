import { beforeEach, expect, test } from 'vitest';
import { itemOf, type WorkItem, type WorkLedger } from '../../src/index.ts';
import { makeWorld, type World } from '../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let id: string;

beforeEach(async () => {
  world = await makeWorld(['ada']);
  ada = (world.replicas[0] as World['replicas'][0]).ledger;
  ({ id } = await ada.createWork({ title: 'One', max_attempts: 2 }));
});

const waitOf = ({ not_before }: WorkItem): number =>
  Date.parse(not_before ?? '') - world.clock.now().getTime();

async function tryOnce(): Promise<WorkItem> {
  await ada.claimWork(id);
  return itemOf(await ada.failWork(id, { error: 'broke', retry: true }));
}

test('given attempts left, when work fails and is to be retried, then it is pending in one push, after a while that grows', async () => {
  const { connection } = world.replicas[0] as World['replicas'][0];
  await ada.claimWork(id);
  const before = connection.pushes;
  const item = itemOf(await ada.failWork(id, { error: 'broke', retry: true }));
  expect(connection.pushes - before).toBe(1);
  expect(item).toMatchObject({ status: 'pending', attempts: 1 });
  expect(waitOf(item)).toBeGreaterThanOrEqual(500);
  expect(waitOf(item)).toBeLessThanOrEqual(1000);
  expect((await ada.audit.history(id)).slice(-2)).toMatchObject([
    { verb: 'fail', to: 'failed' },
    { verb: 'retry', to: 'pending' },
  ]);
  await expect(ada.claimWork(id)).rejects.toMatchObject({ code: 'NOT_READY' });
  world.clock.advance(1000);
  expect(itemOf(await ada.claimWork(id)).not_before).toBeUndefined();
  expect(await ada.audit.verify()).toMatchObject({ ok: true });
});

test('given the last attempt, when work fails and is to be retried, then it stays failed', async () => {
  await tryOnce();
  world.clock.advance(1000);
  expect(await tryOnce()).toMatchObject({ status: 'failed', error: 'broke', attempts: 2 });
  await expect(ada.work.retry(id)).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
});

test('given a failure that is refused, when it was to be retried, then neither takes place', async () => {
  await ada.claimWork(id, { execution_id: 'exec-1' });
  const late = ada.failWork(id, { error: 'broke', retry: true, execution_id: 'exec-0' });
  await expect(late).rejects.toMatchObject({ code: 'STALE_EPOCH' });
  expect(await ada.query.find(id)).toMatchObject({ status: 'in_progress' });
});

test('given failed work, when it is retried, then it waits unless at once or a time is said', async () => {
  await ada.claimWork(id);
  await ada.failWork(id, { error: 'broke' });
  expect(waitOf(itemOf(await ada.work.retry(id)))).toBeGreaterThan(0);
  const failAgain = async (): Promise<void> => {
    world.clock.advance(10_000_000);
    await ada.claimWork(id);
    await ada.failWork(id, { error: 'broke' });
  };
  await failAgain();
  expect(itemOf(await ada.work.retry(id, { reset: true })).not_before).toBeUndefined();
  await failAgain();
  expect(itemOf(await ada.work.retry(id, { not_before: null })).not_before).toBeUndefined();
  await failAgain();
  const not_before = '2027-01-01T00:00:00.000Z';
  expect(itemOf(await ada.work.retry(id, { reset: true, not_before })).not_before).toBe(not_before);
});
