import { beforeEach, expect, test } from 'vitest';
import { itemOf, type WorkItem, type WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

const HOUR = 3_600_000;
let world: World;
let ada: WorkLedger;
let bob: WorkLedger;

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob']);
  [ada, bob] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger];
});

const held = async (fields: Partial<WorkItem> = {}): Promise<WorkItem> => {
  const { id } = await ada.createWork({ title: 'One', created_by: 'carol', ...fields });
  return itemOf(await ada.claimWork(id, { execution_id: 'exec-1' }));
};

test('given a dead holder, when its item is recovered, then who, what and why stand in the commit, and the next holder resumes', async () => {
  const { id } = await held();
  await ada.work.checkpoint(id, { step: 'half' });
  world.clock.advance(26 * HOUR);
  const [recovered] = await bob.recoverOrphanedWork();
  expect(recovered).toMatchObject({
    id,
    status: 'pending',
    evidence: { owner: 'ada', epoch: 1, by: 'dated' },
  });
  const entry = (await bob.audit.history(id)).at(-1);
  expect(entry).toMatchObject({ verb: 'recover', actor: 'bob', epoch: 1, execution_id: 'exec-1' });
  expect(entry?.reason).toContain('ada gave its last sign of life at 2026-01-03T10:00:00.000Z');
  expect(entry?.reason).toContain('attempt 1 of 3');
  expect(itemOf(await bob.claimWork(id))).toMatchObject({
    checkpoint: { step: 'half', attempt: 1 },
    attempts: 2,
  });
});

test('given an observer that cannot reach the remote, when it recovers, then nothing is taken by what it last saw', async () => {
  const { id } = await held();
  await bob.clone.fetch();
  world.clock.advance(26 * HOUR);
  expect(await bob.query.orphaned()).toEqual([]);
  (world.replicas[1] as Replica).connection.cut = true;
  await expect(bob.recoverOrphanedWork()).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect((await bob.query.find(id))?.status).toBe('in_progress');
});

test('given signs of life from elsewhere, when old work is recovered, then what is alive is left alone', async () => {
  const { id } = await held();
  world.clock.advance(26 * HOUR);
  const asked: unknown[] = [];
  const liveness = (...of: unknown[]) => {
    asked.push(of);
    return 'alive' as const;
  };
  expect(await bob.recoverOrphanedWork({ liveness })).toEqual([]);
  expect(asked).toEqual([[id, 'exec-1']]);
});

test('given the last attempt, when it is recovered, then the item failed as exhausted, and one escalation names it, in one push', async () => {
  const { id } = await held({ max_attempts: 1, title: 'Build it', swarm_name: 'dev' });
  await ada.work.checkpoint(id, { step: 'half' });
  world.clock.advance(26 * HOUR);
  const [recovered] = await bob.recoverOrphanedWork();
  expect(recovered).toMatchObject({ id, status: 'failed', owner: 'ada', evidence: { exhausted: true } });
  expect(recovered?.error).toMatch(
    /^exhausted: 1 of 1 attempts ended without a result\. The last one: lease of/,
  );
  const [escalation, ...others] = await ada.clone
    .fetch()
    .then(() => ada.query.list({ type: ['escalation'] }));
  expect(others).toEqual([]);
  expect(escalation).toMatchObject({
    id: recovered?.escalation,
    title: `Exhausted: ${id} Build it`,
    created_by: 'bob',
    swarm_name: 'dev',
    context: { work_id: id },
    links: [{ kind: 'related', target: id }],
    idempotency_key: `exhausted:${id}:1`,
  });
  expect(escalation?.description).toContain('"step": "half"');
  expect(escalation?.description).toContain('ada gave its last sign of life');
  expect(await ada.audit.verify()).toMatchObject({ ok: true });
});

test('given work whose texts look like tokens, when it is recovered, then it is, and its escalation stands: nothing new is written', async () => {
  const token = `ghp_${'aB3dE5fG7h'.repeat(4).slice(0, 36)}`;
  connectionOf(ada).allowSecrets = true;
  const { id } = await ada.createWork({ title: `Rotate ${token}`, max_attempts: 1 });
  await ada.claimWork(id, { execution_id: token });
  world.clock.advance(26 * HOUR);
  const [recovered] = await bob.recoverOrphanedWork();
  expect(recovered).toMatchObject({ id, status: 'failed', escalation: expect.stringMatching(/^WRK-/) });
});

test('given two observers, when both recover the last attempt at once, then it is recovered once, and one escalation stands', async () => {
  const { id } = await held({ max_attempts: 1 });
  world.clock.advance(26 * HOUR);
  const both = await Promise.all([ada.recoverOrphanedWork(), bob.recoverOrphanedWork()]);
  expect(both.flat().map((item) => item.id)).toEqual([id]);
  await ada.clone.sync();
  expect(await ada.query.list({ type: ['escalation'] })).toHaveLength(1);
});

test('given a holder that gives a sign while its last attempt is recovered, when both are pushed, then nothing is left to decide', async () => {
  const { id } = await held({ max_attempts: 1 });
  world.clock.advance(26 * HOUR);
  const liveness = () => 'silent' as const;
  await bob.clone.fetch();
  const orphans = await bob.query.orphaned({ liveness });
  await ada.work.checkpoint(id, { step: 'still here' });
  const { recoverOrphans } = await import('../../src/ledger/recover.ts');
  expect(await recoverOrphans(connectionOf(bob), bob.work, orphans, {})).toEqual([]);
  await ada.clone.sync();
  expect(await ada.query.find(id)).toMatchObject({ status: 'in_progress', owner: 'ada' });
  expect(await ada.query.list({ type: ['escalation'], all: true })).toEqual([]);
});

test('given a claim by a clock a day ahead, when an observer watches for a lease, then it recovers it, whatever strangers write', async () => {
  world.clock.advance(24 * HOUR);
  const { id } = await held();
  world.clock.advance(-24 * HOUR);
  expect(await bob.recoverOrphanedWork()).toEqual([]);
  await ada.work.comment(id, 'any news?', { actor: 'eve' });
  world.clock.advance(HOUR);
  expect(await bob.recoverOrphanedWork()).toMatchObject([{ id, evidence: { by: 'watched' } }]);
});

test('given several checkpoints in a row, also at once, when they are made, then each is a commit and the last one is what resumes', async () => {
  const { id } = await held();
  const before = (world.replicas[0] as Replica).connection.pushes;
  await Promise.all(['one', 'two', 'three'].map((step) => ada.work.checkpoint(id, { step })));
  expect((world.replicas[0] as Replica).connection.pushes - before).toBe(1);
  await ada.work.checkpoint(id, { step: 'four' });
  await ada.releaseWork(id);
  await bob.clone.fetch();
  expect((await bob.audit.history(id)).filter(({ verb }) => verb === 'checkpoint')).toHaveLength(4);
  expect(itemOf(await bob.claimWork(id)).checkpoint?.step).toBe('four');
});
