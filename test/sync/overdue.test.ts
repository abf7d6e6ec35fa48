import { beforeEach, expect, test } from 'vitest';
import { newOp } from '../../src/codec/op.ts';
import { Overlay } from '../../src/domain/view.ts';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { connectionOf } from '../../src/ledger/connection.ts';
import { decideInto, draftOf } from '../../src/sync/draft.ts';
import { makeWorld, type Replica, type World } from '../helpers/replicas.ts';

let world: World;
let ada: WorkLedger;
let bob: WorkLedger;
let cy: WorkLedger;
let work: string;
let waiting: string;

const replica = (index: number): Replica => world.replicas[index] as Replica;

/** Puts an approval, and nothing that follows from it, on the shared branch, as a host does that merges it. */
async function mergeOnHost({ ledger, store }: Replica, id: string): Promise<string> {
  const { context } = await connectionOf(ledger).write();
  const { tip } = await ledger.query.asOf();
  const now = context.clock.now();
  const op = newOp(now, connectionOf(ledger).draw);
  const decided = await context.views.peek(tip, (view) =>
    decideInto(new Overlay(view), { verb: 'approve', id, op, actor: 'pull-request', at: now.toISOString() }),
  );
  if (decided.kind !== 'steps') throw new Error('there was nothing to approve');
  const drafts = decided.steps.slice(0, 1).map((step) => draftOf(step, context.committer, now));
  const made = await store.commit({ ref: `refs/test/${op}`, expected: undefined, base: tip, drafts });
  await world.remote.replaceTip(made.tip ?? '', store);
  return op;
}

const verbsOf = async (ledger: WorkLedger, id: string): Promise<string[]> =>
  (await ledger.audit.history(id)).map(({ verb }) => verb);

beforeEach(async () => {
  world = await makeWorld(['ada', 'bob', 'cy']);
  [ada, bob, cy] = world.replicas.map(({ ledger }) => ledger) as [WorkLedger, WorkLedger, WorkLedger];
  work = (await ada.createWork({ title: 'Work' })).id;
  waiting = (await ada.createWork({ title: 'Waiting' })).id;
  itemOf(await ada.blockWork(waiting, { reason: 'needs the work', blocker_id: work }));
  itemOf(await ada.claimWork(work));
  itemOf(await ada.work.submit(work, { result: { ok: true } }));
  await Promise.all([bob.clone.fetch(), cy.clone.fetch()]);
});

test('given work that a host completed, when a clone fetches, then it shows that, and what it blocks is still blocked', async () => {
  await mergeOnHost(replica(0), work);
  await bob.clone.fetch();
  expect(await bob.query.find(work)).toMatchObject({ status: 'completed', review: { by: 'pull-request' } });
  expect(await bob.query.find(waiting)).toMatchObject({ status: 'blocked' });
});

test('given work that a host completed, when a clone syncs, then what it blocked is unblocked as its completion would have', async () => {
  const op = await mergeOnHost(replica(0), work);
  expect(await bob.clone.sync()).toMatchObject({ accepted: 1, lost: [] });
  expect(await bob.query.find(waiting)).toMatchObject({ status: 'pending' });
  const [unblock] = (await bob.audit.history(waiting)).slice(-1);
  expect(unblock).toMatchObject({ verb: 'unblock', actor: 'pull-request', reason: `${work} is completed` });
  expect(unblock?.op?.slice(0, 13)).toBe(op.slice(0, 13));
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
  expect(await cy.clone.sync()).toMatchObject({ accepted: 0, lost: [] });
});

test('given two clones that make it at once, when both are shared, then it stands in history once, and neither lost anything', async () => {
  await mergeOnHost(replica(0), work);
  await Promise.all([bob.clone.fetch(), cy.clone.fetch()]);
  replica(1).connection.cut = true;
  // Both have it pending before either is shared.
  await expect(bob.work.comment(work, 'from bob')).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(await bob.query.find(waiting)).toMatchObject({ status: 'pending' });
  expect(await cy.clone.sync()).toMatchObject({ lost: [] });
  // Meanwhile it is blocked for another reason: what bob made late must not end that.
  itemOf(await cy.blockWork(waiting, { reason: 'something else' }));
  replica(1).connection.cut = false;
  expect(await bob.clone.sync()).toMatchObject({ lost: [] });
  expect(await verbsOf(bob, waiting)).toEqual(['create', 'block', 'unblock', 'block']);
  expect(await bob.query.find(waiting)).toMatchObject({ block: { reason: 'something else' } });
  expect(await bob.clone.rejected()).toEqual([]);
  expect(await bob.audit.verify()).toMatchObject({ ok: true });
});

test('given the blocked item itself, when its holder goes on with it, then the unblocking comes first', async () => {
  await mergeOnHost(replica(0), work);
  await bob.clone.fetch();
  expect(itemOf(await bob.claimWork(waiting))).toMatchObject({ status: 'in_progress', owner: 'bob' });
  expect(await verbsOf(bob, waiting)).toEqual(['create', 'block', 'unblock', 'claim']);
});

test('given a comment on what was completed, when it is unblocked after that, then by the name of the completion', async () => {
  await mergeOnHost(replica(0), work);
  await cy.clone.fetch();
  itemOf(await bob.work.comment(work, 'thank you'));
  await cy.clone.sync();
  expect(await verbsOf(cy, waiting)).toEqual(['create', 'block', 'unblock']);
});

test('given a call that changes nothing, when it is made, then it leaves no commit behind', async () => {
  await mergeOnHost(replica(0), work);
  await bob.clone.fetch();
  const { tip } = await bob.query.asOf();
  await expect(bob.work.reject(work, { reason: 'no' })).rejects.toMatchObject({ code: 'ILLEGAL_TRANSITION' });
  expect(await bob.query.asOf()).toMatchObject({ tip });
});

test('given a clone that may not push, when it syncs, then nothing of its own is lost', async () => {
  await mergeOnHost(replica(0), work);
  world.remote.refusePushes('read only');
  expect(await bob.clone.sync()).toMatchObject({ accepted: 0, lost: [] });
  expect(await bob.clone.rejected()).toEqual([]);
  expect(await bob.clone.status()).toMatchObject({ pending: [] });
});

test('given items that came from elsewhere, one blocked on one that was completed there, when a clone syncs, then they stay', async () => {
  const { id: done } = await ada.createWork({ title: 'Done elsewhere' });
  itemOf(await ada.completeWork(done, { claim: true }));
  const [first] = await ada.query.list({ all: true, status: ['completed'] });
  if (first === undefined) throw new Error('nothing is completed');
  const id = done.replace(/\d{4}$/, '0009');
  const block = {
    reason: 'as it was',
    blocker_id: 'WRK-20250101-0001',
    since: first.created_at,
    from: 'pending' as const,
  };
  const imported = { ...first, id: 'WRK-20250101-0001' };
  await ada.work.batch([
    ada.work.command('import', { id: imported.id, item: imported }),
    ada.work.command('import', {
      id,
      item: { ...first, id, status: 'blocked', block, completed_at: undefined },
    }),
  ]);
  for (let time = 0; time < 2; time += 1) {
    await ada.clone.sync();
    expect(await ada.query.find(id)).toMatchObject({ status: 'blocked' });
  }
  // Where it is completed anew, there is something that it follows from.
  itemOf(await ada.work.reopen(imported.id, { reason: 'not after all' }));
  itemOf(await ada.claimWork(imported.id));
  itemOf(await ada.work.submit(imported.id));
  await mergeOnHost(replica(0), imported.id);
  await ada.clone.sync();
  expect(await ada.query.find(id)).toMatchObject({ status: 'pending' });
});
