import { beforeEach, expect, test } from 'vitest';
import { FakeView, idOf, refusal } from '../helpers/fake-view.ts';

const [A, B, C, D] = [idOf(1), idOf(2), idOf(3), idOf(4)] as const;
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  for (const id of [A, B, C, D]) view.do('create', { id, fields: { title: id } });
});

const depend = (id: string, ...on: string[]) =>
  view.do('update', { id, patch: { dependencies: { add: on } } });
const adopt = (id: string, parent_id: string) => view.do('update', { id, patch: { set: { parent_id } } });
const cycle = (act: () => unknown): unknown => {
  const error = refusal(act);
  expect(error.code).toBe('DEPENDENCY_CYCLE');
  return error.details.cycle;
};

test('given an id that no item has, when named as dependency or parent, then it is refused and named', () => {
  expect(refusal(() => depend(A, B, idOf(98), idOf(99)))).toMatchObject({
    code: 'UNKNOWN_REFERENCE',
    details: { missing: [idOf(98), idOf(99)] },
  });
  expect(refusal(() => adopt(A, idOf(99)))).toMatchObject({ code: 'UNKNOWN_REFERENCE' });
  const create = (fields: { dependencies?: string[]; parent_id?: string }) => () =>
    view.do('create', { fields: { title: 'New', ...fields } });
  expect(refusal(create({ dependencies: [idOf(99)] })).code).toBe('UNKNOWN_REFERENCE');
  expect(refusal(create({ parent_id: idOf(99) })).code).toBe('UNKNOWN_REFERENCE');
});

test('given an item, when it depends on itself or is its own parent, then it is a cycle', () => {
  expect(cycle(() => depend(A, A))).toEqual([A, A]);
  expect(cycle(() => adopt(A, A))).toEqual([A, A]);
});

test('given a chain of dependencies, when its end is tied to its beginning, then the whole cycle is told', () => {
  depend(A, B);
  depend(B, C);
  expect(cycle(() => depend(C, A))).toEqual([C, A, B, C]);
  expect(view.get(C).dependencies).toEqual([]);
});

test('given a cycle and a shorter one, when refused, then the shorter is told', () => {
  depend(A, B, D);
  depend(B, C);
  depend(C, D);
  expect(cycle(() => depend(D, A))).toEqual([D, A, D]);
});

test('given a diamond, when it is built, then it is no cycle', () => {
  depend(A, B, C);
  depend(B, D);
  expect(depend(C, D).dependencies).toEqual([D]);
});

test('given a container, when its part depends on it, then it is a cycle: the container waits for its parts', () => {
  adopt(B, A);
  expect(cycle(() => depend(B, A))).toEqual([B, A, B]);
  depend(C, A);
  expect(cycle(() => depend(B, C))).toEqual([B, C, A, B]);
});

test('given an item that a would-be parent is needed by, when it is adopted, then it is a cycle', () => {
  depend(B, A);
  expect(cycle(() => adopt(B, A))).toEqual([A, B, A]);
  depend(C, B);
  expect(cycle(() => adopt(C, A))).toEqual([A, C, B, A]);
});

test('given parents of parents, when they are tied to a ring, then it is a cycle', () => {
  adopt(B, A);
  adopt(C, B);
  expect(cycle(() => adopt(A, C))).toEqual([C, A, B, C]);
});

test('given a new part whose dependency waits for the container, when it is created, then it is a cycle', () => {
  depend(B, A);
  const create = () => view.do('create', { fields: { title: 'Part', parent_id: A, dependencies: [B] } });
  expect(cycle(create)).toEqual([A, B, A]);
});

test('given a dependency and a parent that come in one change, when they make a cycle together, then it is refused', () => {
  depend(B, A);
  const change = () =>
    view.do('update', { id: C, patch: { set: { parent_id: A }, dependencies: { add: [B] } } });
  expect(cycle(change)).toEqual([A, B, A]);
});

test('given an item that is blocked by another, when that one is made to wait for it, then it is a cycle', () => {
  view.do('block', { id: A, reason: 'x', blocker_id: B });
  expect(cycle(() => depend(B, A))).toEqual([B, A, B]);
  expect(cycle(() => adopt(A, B))).toEqual([B, A, B]);
});

test.each([
  ['reopen', () => view.do('reopen', { id: A, reason: 'again' })],
  ['retry', () => view.do('retry', { id: A })],
])(
  'given a container that ended, when its part depends on what needs it and someone would %s it, then it is a cycle',
  (verb, open) => {
    view.do('claim', { id: A, execution_id: 'e' });
    adopt(B, A);
    if (verb === 'retry') view.do('fail', { id: A, error: 'x' });
    else view.do('cancel', { id: A });
    depend(C, A);
    // Nothing waits in a ring as long as the container is at its end.
    expect(depend(B, C).dependencies).toEqual([C]);
    expect(cycle(open)).toEqual([A, B, C, A]);
  },
);

test('given a part that ended and needs what now waits for its container, when it is reopened, then it is a cycle', () => {
  adopt(B, A);
  view.do('cancel', { id: B });
  depend(C, A);
  depend(B, C);
  expect(cycle(() => view.do('reopen', { id: B, reason: 'again' }))).toEqual([A, B, C, A]);
});

test('given a container in a container, when the inner one is reopened, then the ring through both is found', () => {
  adopt(B, A);
  adopt(C, B);
  view.do('cancel', { id: B });
  depend(D, A);
  depend(C, D);
  expect(cycle(() => view.do('reopen', { id: B, reason: 'again' }))).toEqual([A, C, D, A]);
});

test('given a dependency that stands already, when something else changes, then it is not asked about again', () => {
  view.put({ ...view.get(A), dependencies: [idOf(99)], parent_id: idOf(98) });
  expect(view.do('update', { id: A, patch: { set: { title: 'New' } } }).title).toBe('New');
});

test('given a damaged item on the way, when a dependency is added, then the way ends there', () => {
  depend(A, B);
  view.damage(B);
  expect(depend(C, A).dependencies).toEqual([A]);
});

/** Counts what a decision looks at. */
class CountingView extends FakeView {
  finds = 0;
  override find(id: string) {
    this.finds += 1;
    return super.find(id);
  }
}

test.each([
  ['a chain of dependencies', (at: number) => ({ dependencies: [idOf(at)] })],
  ['a chain of parts', (at: number) => ({ parent_id: idOf(at) })],
  [
    'a chain of dependencies below one parent',
    (at: number) => (at === 1 ? { parent_id: idOf(1) } : { parent_id: idOf(1), dependencies: [idOf(at)] }),
  ],
])('given %s, when it grows by one, then that takes no more steps than at its beginning', (_what, fields) => {
  const counting = new CountingView();
  counting.do('create', { id: idOf(1), fields: { title: 'first' } });
  const steps = Array.from({ length: 60 }, (_, at) => {
    counting.finds = 0;
    counting.do('create', { id: idOf(at + 2), fields: { title: 'next', ...fields(at + 1) } });
    return counting.finds;
  });
  expect(Math.max(...steps)).toBeLessThanOrEqual(Math.max(...steps.slice(0, 3)));
});
