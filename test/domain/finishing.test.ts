import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import { ask, FakeView, idOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
let view: FakeView;

beforeEach(() => {
  view = new FakeView({ max_attempts: 2 });
  view.do('create', { id: ID, fields: { title: 'Target' }, actor: 'carol' });
});

const claim = (actor = 'ada') => view.do('claim', { id: ID, actor, execution_id: `exec-${actor}` });

describe('complete and fail', () => {
  test('given an item held by ada, when she completes it, then result, time and owner are kept', () => {
    claim();
    expect(view.do('complete', { id: ID, result: { ok: [1] }, at: time(8) })).toMatchObject({
      status: 'completed',
      completed_at: time(8),
      result: { ok: [1] },
      owner: 'ada',
      claim: { epoch: 1 },
    });
  });

  test('given an item held by ada, when bob completes it, then it is refused and names ada', () => {
    claim();
    const error = refusal(() => view.do('complete', { id: ID, actor: 'bob', result: undefined }));
    expect(error).toMatchObject({ code: 'NOT_OWNER', details: { owner: 'ada', epoch: 1 } });
    expect(error.message).toContain('ada holds it');
  });

  test('given an item that nobody holds, when it is completed, then it says to claim it first', () => {
    const error = refusal(() => view.do('complete', { id: ID, result: undefined }));
    expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION', hint: `Claim it first: wl claim ${ID}` });
  });

  test('given a failed item, when it is looked at, then error and time are there', () => {
    claim();
    expect(view.do('fail', { id: ID, error: 'no\nkeys', at: time(8) })).toMatchObject({
      status: 'failed',
      completed_at: time(8),
      error: 'no\nkeys',
    });
  });

  test('given a result or an error that is too large, when given, then it is refused', () => {
    claim();
    const result = { text: 'x'.repeat(256 * 1024) };
    expect(refusal(() => view.do('complete', { id: ID, result })).code).toBe('INVALID_INPUT');
    expect(refusal(() => view.do('submit', { id: ID, result })).code).toBe('INVALID_INPUT');
    const error = 'é'.repeat(33 * 1024);
    expect(refusal(() => view.do('fail', { id: ID, error })).code).toBe('INVALID_INPUT');
  });
});

describe('review', () => {
  beforeEach(() => {
    claim();
    view.do('submit', { id: ID, result: { pr: 1 }, at: time(5) });
  });

  test('given work in review, when it is looked at, then it carries the proposed result and who asks', () => {
    expect(view.get(ID)).toMatchObject({
      status: 'in_review',
      owner: 'ada',
      result: { pr: 1 },
      review: { requested_at: time(5), requested_by: 'ada' },
    });
  });

  test('given work in review, when someone else approves it, then it is completed with the result', () => {
    expect(view.do('approve', { id: ID, actor: 'bob', reason: 'fine', at: time(6) })).toMatchObject({
      status: 'completed',
      completed_at: time(6),
      result: { pr: 1 },
      review: { requested_by: 'ada', verdict: 'approved', by: 'bob', at: time(6), note: 'fine' },
    });
  });

  test('given work in review, when its owner approves or rejects it, then it is refused', () => {
    expect(refusal(() => view.do('approve', { id: ID })).code).toBe('NOT_OWNER');
    expect(refusal(() => view.do('reject', { id: ID, reason: 'no' })).code).toBe('NOT_OWNER');
  });

  test('given work in review, when it is rejected, then its owner goes on in the same epoch, without the result', () => {
    const after = view.do('reject', { id: ID, actor: 'bob', reason: 'tests\nmissing', at: time(6) });
    expect(after).toMatchObject({
      status: 'in_progress',
      owner: 'ada',
      claim: { epoch: 1 },
      review: { verdict: 'rejected', by: 'bob', note: 'tests missing' },
    });
    expect(after.result).toBeUndefined();
    expect(view.do('submit', { id: ID, result: { pr: 2 } }).review).not.toHaveProperty('verdict');
  });

  test('given no note, when work is rejected, then it is refused', () => {
    for (const reason of ['', '\n ']) {
      const error = refusal(() => view.do('reject', { id: ID, actor: 'bob', reason }));
      expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { verb: 'reject' } });
    }
  });
});

describe('retry', () => {
  const failOnce = () => {
    claim();
    view.do('fail', { id: ID, error: 'x' });
  };

  test('given a failed item, when it is retried, then it is free, without error, and waits as long as asked', () => {
    failOnce();
    const after = view.do('retry', { id: ID, not_before: time(30), reason: 'flaky' });
    expect(after).toMatchObject({
      status: 'pending',
      attempts: 1,
      not_before: time(30),
      claim: { epoch: 1 },
    });
    expect([after.owner, after.error, after.completed_at, after.execution_id]).toEqual(
      Array(4).fill(undefined),
    );
  });

  test('given an item that has used its attempts, when it is retried, then it is refused unless they are reset', () => {
    failOnce();
    view.do('retry', { id: ID });
    failOnce();
    expect(refusal(() => view.do('retry', { id: ID }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      hint: expect.stringContaining('--reset'),
      details: { attempts: 2, max_attempts: 2 },
    });
    expect(view.do('retry', { id: ID, reset: true })).toMatchObject({ status: 'pending', attempts: 0 });
    expect(claim().claim?.epoch).toBe(3);
  });

  test('given a limit of its own, when an item is retried, then that one counts', () => {
    view.do('update', { id: ID, patch: { set: { max_attempts: 1 } } });
    failOnce();
    expect(refusal(() => view.do('retry', { id: ID }))).toMatchObject({ details: { max_attempts: 1 } });
  });

  test('given a time that is none, when retried, then it is refused', () => {
    failOnce();
    expect(refusal(() => view.do('retry', { id: ID, not_before: 'soon' })).code).toBe('INVALID_INPUT');
  });
});

describe('reopen', () => {
  test('given completed work, when it is reopened, then it is as if it had not ended, but for what was tried', () => {
    claim();
    view.do('checkpoint', { id: ID, checkpoint: { step: 'one' } });
    view.do('submit', { id: ID, result: { pr: 1 } });
    view.do('approve', { id: ID, actor: 'bob' });
    const after = view.do('reopen', { id: ID, actor: 'eve', reason: 'it broke again' });
    expect(after).toMatchObject({
      status: 'pending',
      attempts: 1,
      claim: { epoch: 1 },
      checkpoint: { step: 'one' },
    });
    for (const key of [
      'owner',
      'execution_id',
      'completed_at',
      'result',
      'error',
      'review',
      'block',
    ] as const) {
      expect(after[key], key).toBeUndefined();
    }
  });

  test.each(['complete', 'fail', 'cancel'] as const)(
    'given an item that ended by %s, when reopened, then it can be claimed',
    (verb) => {
      claim();
      if (verb === 'complete') view.do(verb, { id: ID, result: {} });
      else if (verb === 'fail') view.do(verb, { id: ID, error: 'x' });
      else view.do(verb, { id: ID });
      view.do('reopen', { id: ID, reason: 'again' });
      expect(claim('bob').claim?.epoch).toBe(2);
    },
  );

  test('given no reason, when reopened, then it is refused', () => {
    view.do('cancel', { id: ID, actor: 'carol' });
    expect(refusal(() => view.do('reopen', { id: ID, reason: '' })).code).toBe('INVALID_INPUT');
  });
});

describe('cancel', () => {
  test('given an item of carol’s that nobody holds, when another cancels it, then it is refused and names carol', () => {
    const error = refusal(() => view.do('cancel', { id: ID, actor: 'bob' }));
    expect(error).toMatchObject({ code: 'NOT_OWNER', details: { created_by: 'carol', owner: null } });
    expect(error.message).toContain('carol');
  });

  test('given an item held by ada, when its creator or ada cancels it, then it is; the holder is then too late', () => {
    claim();
    expect(view.do('cancel', { id: ID, actor: 'carol', reason: 'not needed', at: time(4) })).toMatchObject({
      status: 'cancelled',
      completed_at: time(4),
    });
    expect(refusal(() => view.do('complete', { id: ID, epoch: 1, result: undefined })).code).toBe(
      'ILLEGAL_TRANSITION',
    );
  });

  test('given an assignee, when it cancels, then it may: it is the owner', () => {
    view.do('assign', { id: ID, owner: 'zoe' });
    expect(view.do('cancel', { id: ID, actor: 'zoe' }).status).toBe('cancelled');
  });

  test('given a blocked item, when it is cancelled, then nothing blocks it any more', () => {
    view.do('block', { id: ID, reason: 'x' });
    expect(view.do('cancel', { id: ID, actor: 'carol' }).block).toBeUndefined();
  });
});

describe('delete', () => {
  const [USER, CHILD] = [idOf(2), idOf(3)] as const;

  test('given an ended item that nothing points to, when deleted, then it is gone and its id stays used', () => {
    view.do('cancel', { id: ID, actor: 'carol' });
    const decision = view.run(ask('delete', { id: ID, reason: 'tidy' }));
    expect(decision).toMatchObject({
      kind: 'transition',
      after: undefined,
      event: { from: 'cancelled', to: undefined, rev: 3, title: 'Target', reason: 'tidy' },
    });
    expect(view.find(ID)).toBeUndefined();
    expect(view.wasUsed(ID)).toBe(true);
  });

  test('given open work that depends on it, is part of it, or is blocked by it, when deleted, then each is named', () => {
    view.do('create', { id: USER, fields: { title: 'User', dependencies: [ID] } });
    view.do('create', { id: CHILD, fields: { title: 'Child', parent_id: ID } });
    view.do('cancel', { id: ID, actor: 'carol' });
    view.put({
      ...view.get(USER),
      status: 'blocked',
      block: { reason: 'x', blocker_id: ID, since: time(), from: 'pending' },
    });
    const remove = () => decide(view, ask('delete', { id: ID }));
    expect(refusal(remove)).toMatchObject({ code: 'STILL_REFERENCED', details: { users: [USER, CHILD] } });
    view.do('cancel', { id: CHILD });
    expect(refusal(remove)).toMatchObject({ details: { users: [USER] } });
    view.do('cancel', { id: USER });
    expect(remove().kind).toBe('transition');
  });

  test('given an item that another is blocked on and nothing else needs, when deleted, then that one is named', () => {
    view.do('create', { id: USER, fields: { title: 'User' } });
    view.do('block', { id: USER, reason: 'x', blocker_id: ID });
    view.put({ ...view.get(ID), status: 'cancelled' });
    expect(refusal(() => decide(view, ask('delete', { id: ID })))).toMatchObject({
      code: 'STILL_REFERENCED',
      details: { users: [USER] },
    });
  });

  test('given an open item, when deleted, then it is refused and says to finish it first', () => {
    expect(refusal(() => view.do('delete', { id: ID }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      hint: `Finish it first: wl cancel ${ID}`,
    });
  });
});
