import { expect, test } from 'vitest';
import { type WaitOptions, waitFor, waitForSeveral } from '../../../src/agents/following/wait-for.ts';
import { refusalOf } from '../../helpers/refusal.ts';
import { makePair, QUICK, turn } from '../pair.ts';

const COMPLETED: WaitOptions = { ...QUICK, for: ['completed'] };

/** Two clones, and items that both know. */
async function given(...titles: string[]) {
  const pair = await makePair();
  const { bob, ada } = pair;
  const ids: string[] = [];
  for (const title of titles) ids.push((await bob.ledger.createWork({ title })).id);
  await ada.ledger.clone.fetch();
  const [id = '', other = ''] = ids;
  return { ...pair, id, other, ids };
}

test('given an item that is completed already, when it is waited for, then it is returned at once', async () => {
  const { ada, id } = await given('One');
  await ada.ledger.completeWork(id, { claim: true, result: { commit: 'c0ffee' } });
  expect(await waitFor(ada.ledger, id, COMPLETED)).toMatchObject({ id, result: { commit: 'c0ffee' } });
});

test('given an open item, when another clone completes it, then the wait ends with its result', async () => {
  const { ada, bob, id } = await given('One');
  const waiting = waitFor(ada.ledger, id, COMPLETED);
  await turn();
  await bob.ledger.completeWork(id, { claim: true, result: { commit: 'c0ffee' } });
  expect(await waiting).toMatchObject({ status: 'completed', result: { commit: 'c0ffee' } });
});

test.each(['fail', 'cancel'] as const)(
  'given a wait for completion, when the item is ended by %s, then it is out of reach at once',
  async (verb) => {
    const { ada, bob, id } = await given('One');
    const waiting = refusalOf(waitFor(ada.ledger, id, COMPLETED));
    await bob.ledger.claimWork(id);
    if (verb === 'fail') await bob.ledger.failWork(id, { error: 'no disk' });
    else await bob.ledger.work.cancel(id);
    const status = verb === 'fail' ? 'failed' : 'cancelled';
    expect(await waiting).toMatchObject({ code: 'OUT_OF_REACH', details: { id, status } });
    expect(await refusalOf(waitFor(ada.ledger, id, COMPLETED))).toMatchObject({ code: 'OUT_OF_REACH' });
    expect(await waitFor(ada.ledger, id, { ...QUICK, for: 'terminal' })).toMatchObject({ status });
  },
);

test('given a status that the item has in passing, when both changes arrive together, then the wait ends with the item as it was', async () => {
  const { ada, bob, id } = await given('One');
  ada.connection.cut = true;
  const waiting = waitFor(ada.ledger, id, { ...QUICK, for: ['in_progress'] });
  await bob.ledger.claimWork(id);
  await bob.ledger.completeWork(id);
  await bob.ledger.work.delete(id);
  ada.connection.cut = false;
  expect(await waiting).toMatchObject({ status: 'in_progress', owner: 'bob' });
});

test('given an item that is deleted unfinished, when it is waited for, then it is out of reach', async () => {
  const { ada, bob, id } = await given('One');
  const waiting = refusalOf(waitFor(ada.ledger, id, { ...QUICK, for: ['in_progress'] }));
  await bob.ledger.work.cancel(id);
  expect(await waiting).toMatchObject({ code: 'OUT_OF_REACH' });
});

test('given a completion that this clone alone has, when it is waited for, then the wait goes on until the remote has it', async () => {
  const { ada, id } = await given('One');
  await ada.ledger.claimWork(id);
  ada.connection.cut = true;
  const waiting = waitFor(ada.ledger, id, { ...COMPLETED, timeout_s: 0.1 });
  expect(await refusalOf(ada.ledger.completeWork(id))).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  expect(await refusalOf(waiting)).toMatchObject({
    code: 'TIMED_OUT',
    details: { ids: [id], timeout_s: expect.any(Number) },
  });
  ada.connection.cut = false;
  await ada.ledger.clone.sync();
  expect(await waitFor(ada.ledger, id, COMPLETED)).toMatchObject({ status: 'completed' });
});

test('given several items, when all are waited for, then the wait ends with the last, and fails with the first that cannot', async () => {
  const { ada, bob, ids, id, other } = await given('One', 'Two');
  const both = waitForSeveral(ada.ledger, ids, COMPLETED);
  await bob.ledger.completeWork(other, { claim: true });
  await bob.ledger.completeWork(id, { claim: true });
  expect((await both).map((item) => item.id)).toEqual(ids);
  await bob.ledger.work.reopen(id, { reason: 'again' });
  await ada.ledger.clone.fetch();
  const again = refusalOf(waitForSeveral(ada.ledger, ids, COMPLETED));
  await bob.ledger.work.cancel(id);
  expect(await again).toMatchObject({ code: 'OUT_OF_REACH', details: { id, status: 'cancelled' } });
});

test('given several items, when any is waited for, then the first that gets there ends the wait, whatever became of others', async () => {
  const { ada, bob, ids, id, other } = await given('One', 'Two');
  const first = waitForSeveral(ada.ledger, ids, { ...COMPLETED, any: true });
  await bob.ledger.work.cancel(id);
  await bob.ledger.completeWork(other, { claim: true });
  expect((await first).map((item) => item.id)).toEqual([other]);
  await bob.ledger.work.reopen(other, { reason: 'again' });
  await bob.ledger.work.cancel(other);
  await ada.ledger.clone.fetch();
  const none = waitForSeveral(ada.ledger, ids, { ...COMPLETED, any: true });
  expect(await refusalOf(none)).toMatchObject({ code: 'OUT_OF_REACH', details: { id: other } });
});

test('given an item that nobody has, when it is waited for, then that is said; one that only another clone has is waited for', async () => {
  const { ada, bob } = await given('One');
  expect(await refusalOf(waitFor(ada.ledger, 'WRK-20260103-0999', COMPLETED))).toMatchObject({
    code: 'NOT_FOUND',
  });
  const { id } = await bob.ledger.createWork({ title: 'New' });
  await bob.ledger.completeWork(id, { claim: true });
  expect(await waitFor(ada.ledger, id, COMPLETED)).toMatchObject({ title: 'New' });
});

test('given an item that this clone does not know, when the remote is away, then the time ends the wait', async () => {
  const { ada, bob } = await given('One');
  const { id } = await bob.ledger.createWork({ title: 'New' });
  ada.connection.cut = true;
  const waiting = waitFor(ada.ledger, id, { ...COMPLETED, timeout_s: 0.03 });
  expect(await refusalOf(waiting)).toMatchObject({ code: 'TIMED_OUT' });
});

test('given a wait, when the signal is given, then it ends with the reason', async () => {
  const { ada, id } = await given('One');
  const stop = new AbortController();
  const waiting = waitFor(ada.ledger, id, { ...COMPLETED, signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('given a signal that was given before, when a wait begins, then it ends with the reason, unless there is nothing to wait for', async () => {
  const { ada, id } = await given('One');
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(waitFor(ada.ledger, id, { ...COMPLETED, signal })).rejects.toThrow('enough');
  expect(await waitFor(ada.ledger, id, { ...QUICK, for: ['pending'], signal })).toMatchObject({ id });
});
