import { beforeEach, expect, test, vi } from 'vitest';
import { TransientMemory } from '../../../src/agents/workers/execution-memory.ts';
import { releaseOrphaned } from '../../../src/agents/workers/orphaned-executions.ts';
import { itemOf, type WorkItem, type WorkLedger } from '../../../src/index.ts';
import { makeWorld, type World } from '../../helpers/replicas.ts';
import { MemoryConnection } from '../../simulation/world/remote.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
const memory = new TransientMemory();

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
  for (const { execution_id } of memory.list()) memory.forget(execution_id);
});

/** An item whose holder's process is gone. */
async function left(execution_id: string, fields: Partial<WorkItem> = {}): Promise<WorkItem> {
  const { id } = await ada.createWork({ title: execution_id, created_by: 'carol', ...fields });
  memory.remember({ execution_id, id, actor: 'ada', state: 'left', process: null });
  return itemOf(await ada.claimWork(id, { execution_id }));
}

test('given items of processes that are gone, when they are given back, then all are, in one push, and each commit says why', async () => {
  const items = [await left('exec-1'), await left('exec-2')];
  const push = vi.spyOn(MemoryConnection.prototype, 'push');
  const given = await releaseOrphaned(ada, memory);
  expect(given.map(({ id, status }) => [id, status])).toEqual(items.map(({ id }) => [id, 'pending']));
  expect(push).toHaveBeenCalledTimes(1);
  expect(memory.list()).toEqual([]);
  expect((await ada.audit.history(items[0]?.id ?? '')).at(-1)).toMatchObject({
    verb: 'recover',
    actor: 'ada',
    epoch: 1,
    reason: 'the process of exec-1 is gone; epoch 1, attempt 1 of 3',
  });
});

test('given the last attempt, when its process is gone, then the item failed as exhausted, and one escalation names it', async () => {
  const { id } = await left('exec-1', { max_attempts: 1, title: 'Build it' });
  expect(await releaseOrphaned(ada, memory)).toMatchObject([{ id, status: 'failed', owner: 'ada' }]);
  expect((await ada.query.find(id))?.error).toBe(
    'exhausted: 1 of 1 attempts ended without a result. The last one: the process of exec-1 is gone; epoch 1, attempt 1 of 1',
  );
  expect(await releaseOrphaned(ada, memory)).toEqual([]);
  await bob.clone.fetch();
  expect(await bob.query.list({ type: ['escalation'] })).toMatchObject([
    {
      title: `Exhausted: ${id} Build it`,
      context: { work_id: id },
      idempotency_key: `exhausted:${id}:1`,
    },
  ]);
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
});

test('given work that went elsewhere meanwhile, when it is looked for, then it is left alone and forgotten', async () => {
  const { id } = await left('exec-1', { max_attempts: 1 });
  world.clock.advance(100_000_000);
  await bob.recoverOrphanedWork();
  expect(await releaseOrphaned(ada, memory)).toEqual([]);
  expect(memory.list()).toEqual([]);
  await ada.clone.fetch();
  expect(await ada.query.list({ type: ['escalation'] })).toHaveLength(1);
  expect((await ada.audit.history(id)).map(({ verb }) => verb)).toEqual(['create', 'claim', 'recover']);
});

test('given someone who recovers it at the same time, when both are pushed, then it is recovered once, and one escalation stands', async () => {
  const { id } = await left('exec-1', { max_attempts: 1 });
  world.clock.advance(10_000_000);
  await Promise.all([releaseOrphaned(ada, memory), bob.recoverOrphanedWork()]);
  await releaseOrphaned(ada, memory);
  expect(memory.list()).toEqual([]);
  await Promise.all([ada.clone.fetch(), bob.clone.fetch()]);
  expect((await bob.audit.history(id)).map(({ verb }) => verb)).toEqual(['create', 'claim', 'recover']);
  expect(await ada.query.list({ type: ['escalation'], status: ['pending'] })).toHaveLength(1);
  expect(await ada.audit.verify()).toMatchObject({ ok: true });
});

test('given a remote that is away, when they are given back, then that is told, and they are left still', async () => {
  const { id } = await left('exec-1');
  const [replica] = world.replicas;
  if (replica !== undefined) replica.connection.cut = true;
  await expect(releaseOrphaned(ada, memory)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(memory.list()).toMatchObject([{ execution_id: 'exec-1', id }]);
  if (replica !== undefined) replica.connection.cut = false;
  expect(await releaseOrphaned(ada, memory)).toMatchObject([{ id, status: 'pending' }]);
});
