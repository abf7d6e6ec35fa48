import { beforeEach, describe, expect, test } from 'vitest';
import { FakeView, idOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.do('create', { id: ID, fields: { title: 'Target' } });
  view.do('claim', { id: ID, execution_id: 'exec-1' });
  view.do('submit', { id: ID, result: { pr: 1 } });
});

describe('withdraw', () => {
  test('given work in review, when its holder takes it back, then it goes on in the same epoch, as if nothing had been proposed', () => {
    const after = view.do('withdraw', { id: ID, epoch: 1, execution_id: 'exec-1', at: time(7) });
    expect(after).toMatchObject({ status: 'in_progress', owner: 'ada', claim: { epoch: 1 } });
    expect([after.result, after.review]).toEqual([undefined, undefined]);
    expect(view.do('complete', { id: ID, result: { pr: 2 } })).toMatchObject({ status: 'completed' });
  });

  test('given work in review, when someone else takes it back, then it is refused and names the holder', () => {
    const error = refusal(() => view.do('withdraw', { id: ID, actor: 'bob' }));
    expect(error).toMatchObject({ code: 'NOT_OWNER', details: { owner: 'ada', status: 'in_review' } });
  });

  test('given work in review, when an earlier claim takes it back, then it is refused', () => {
    expect(refusal(() => view.do('withdraw', { id: ID, epoch: 0 })).code).toBe('STALE_EPOCH');
  });
});
