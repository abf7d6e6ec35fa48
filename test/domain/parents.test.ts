import { beforeEach, describe, expect, test } from 'vitest';
import { obstacles } from '../../src/domain/readiness.ts';
import { ask, FakeView, refusal, time } from '../helpers/fake-view.ts';

// A parent waits for its parts: it is not done before they are, and what has ended takes no open ones.

let view: FakeView;
let parent: string;
let part: string;

beforeEach(() => {
  view = new FakeView();
  parent = view.do('create', { fields: { title: 'Parent' } }).id;
});

const addPart = (): string => view.do('create', { fields: { title: 'Part', parent_id: parent } }).id;
const hold = (id: string): void => void view.do('claim', { id, execution_id: 'exec-1' });
const end = (how: 'completed' | 'failed' | 'cancelled'): void => {
  if (how === 'cancelled') return void view.do('cancel', { id: parent });
  hold(parent);
  if (how === 'completed') view.do('complete', { id: parent, result: undefined });
  else view.do('fail', { id: parent, error: 'boom' });
};

describe.each(['completed', 'failed', 'cancelled'] as const)('given a parent that is %s', (how) => {
  test('when a part is made, then it is refused', () => {
    end(how);
    expect(refusal(() => addPart())).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      details: { parent_id: parent, parent_status: how },
    });
  });

  test('when an open item is put below it, then it is refused; one that ended is not', () => {
    const other = view.do('create', { fields: { title: 'Other' } }).id;
    end(how);
    const move = () => view.do('update', { id: other, patch: { set: { parent_id: parent } } });
    expect(refusal(move).code).toBe('ILLEGAL_TRANSITION');
    view.do('cancel', { id: other });
    expect(move().parent_id).toBe(parent);
  });

  test('when a part comes from another tracker, then it comes as it was there', () => {
    end(how);
    const item = {
      ...view.get(parent),
      title: 'Imported',
      status: 'pending',
      parent_id: parent,
      completed_at: undefined,
    };
    const {
      schema: _s,
      rev: _r,
      last_op: _o,
      owner: _w,
      claim: _c,
      result: _t,
      error: _e,
      ...imported
    } = item as never as Record<string, unknown>;
    expect(view.do('import', { id: 'WRK-20260103-0009', item: imported } as never).parent_id).toBe(parent);
  });
});

describe('given a parent whose part is open', () => {
  beforeEach(() => {
    hold(parent);
    part = addPart();
  });

  test.each([
    ['complete', () => view.do('complete', { id: parent, result: undefined })],
    ['submit', () => view.do('submit', { id: parent, result: undefined })],
  ])('when someone wants to %s it, then it is refused, and the parts are named', (_, call) => {
    expect(refusal(call)).toMatchObject({
      code: 'NOT_READY',
      details: { obstacles: [{ kind: 'open_children', ids: [part] }] },
    });
    view.do('cancel', { id: part });
    expect(call().id).toBe(parent);
  });

  test('when it was submitted before, then the last approval waits for the part', () => {
    view.do('cancel', { id: part });
    view.do('submit', { id: parent, result: undefined });
    const late = addPart();
    expect(refusal(() => view.do('approve', { id: parent, actor: 'bob' })).code).toBe('NOT_READY');
    view.do('cancel', { id: late });
    expect(view.do('approve', { id: parent, actor: 'bob' }).status).toBe('completed');
  });

  test.each(['fail', 'cancel'] as const)(
    'when it ends by %s, then that is never refused, and the part is not ready, which says why',
    (verb) => {
      if (verb === 'fail') view.do('fail', { id: parent, error: 'boom' });
      else view.do('cancel', { id: parent });
      const status = verb === 'fail' ? 'failed' : 'cancelled';
      expect(obstacles(view, view.get(part), 'ada', time())).toEqual([
        { kind: 'parent', id: parent, status },
      ]);
      expect(refusal(() => view.do('claim', { id: part, execution_id: 'exec-2' })).code).toBe('NOT_READY');
      view.do('reopen', { id: parent, reason: 'again' });
      expect(obstacles(view, view.get(part), 'ada', time())).toEqual([]);
    },
  );
});

describe('given a part that ended', () => {
  test('when its parent is completed, then it is not opened again before the parent is', () => {
    part = addPart();
    view.do('cancel', { id: part });
    end('completed');
    expect(refusal(() => view.do('reopen', { id: part, reason: 'again' }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      hint: expect.stringContaining(`wl reopen ${parent}`),
    });
    view.do('reopen', { id: parent, reason: 'again' });
    expect(view.do('reopen', { id: part, reason: 'again' }).status).toBe('pending');
  });

  test('when it is to be the parent of its own parent, then that is refused', () => {
    part = addPart();
    view.do('cancel', { id: part });
    expect(
      refusal(() => view.do('update', { id: parent, patch: { set: { parent_id: part } } })),
    ).toMatchObject({
      code: 'DEPENDENCY_CYCLE',
      details: { cycle: [parent, part, parent] },
    });
  });
});

test('given an item that is blocked on one that will never be completed, when it is explained, then that is said', () => {
  const blocker = view.do('create', { fields: { title: 'Blocker' } }).id;
  view.do('block', { id: parent, reason: 'waits', blocker_id: blocker });
  view.do('cancel', { id: blocker });
  expect(obstacles(view, view.get(parent), 'ada', time())).toContainEqual({
    kind: 'blocker',
    id: blocker,
    status: 'cancelled',
    hopeless: true,
  });
});

test('given a command for each, when they are asked for at once, then what is decided first binds the other', () => {
  hold(parent);
  view.run(ask('complete', { id: parent, result: undefined }));
  expect(refusal(() => addPart()).code).toBe('ILLEGAL_TRANSITION');
});
