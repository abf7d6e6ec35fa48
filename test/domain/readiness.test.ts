import { beforeEach, expect, test } from 'vitest';
import { describeObstacle, obstacles } from '../../src/domain/readiness.ts';
import { FakeView, idOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
const OTHER = idOf(2);
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  view.do('create', { id: OTHER, fields: { title: 'Other' } });
  view.do('create', { id: ID, fields: { title: 'Target' } });
});

const explain = (asker?: string, at = time()): string[] =>
  obstacles(view, view.get(ID), asker, at).map(describeObstacle);
const claim = () => view.do('claim', { id: ID, execution_id: 'e' });

function dependOn(id: string): void {
  view.do('update', { id: ID, patch: { dependencies: { add: [id] } } });
}

test('given a pending item with nothing in its way, when asked, then it is ready for anyone', () => {
  expect(explain()).toEqual([]);
  expect(explain('ada')).toEqual([]);
});

test('given a dependency that is open, when the item is claimed, then it is not ready; once completed, it is', () => {
  dependOn(OTHER);
  expect(explain()).toEqual([`it waits for ${OTHER}, which is pending`]);
  expect(refusal(claim)).toMatchObject({
    code: 'NOT_READY',
    details: { obstacles: [{ kind: 'dependency', id: OTHER, status: 'pending', hopeless: false }] },
  });
  view.do('claim', { id: OTHER, execution_id: 'o' });
  expect(explain()).toEqual([`it waits for ${OTHER}, which is in_progress`]);
  view.do('complete', { id: OTHER, result: undefined });
  expect(claim().status).toBe('in_progress');
});

test('given a dependency that was cancelled, when asked, then it says that waiting will not help', () => {
  dependOn(OTHER);
  view.do('cancel', { id: OTHER });
  expect(explain()).toEqual([`it depends on ${OTHER}, which is cancelled: waiting will not unblock it`]);
  expect(refusal(claim).code).toBe('NOT_READY');
});

test('given a dependency whose file is gone or damaged, when asked, then each is told apart', () => {
  view.put({ ...view.get(ID), dependencies: [idOf(77), OTHER] });
  view.damage(OTHER);
  expect(explain()).toEqual([
    `it depends on ${idOf(77)}, which is missing: waiting will not unblock it`,
    `it waits for ${OTHER}, which is damaged`,
  ]);
});

test('given an item with an open child, when it is claimed, then it is not ready: a container waits for its parts', () => {
  view.do('create', { id: idOf(3), fields: { title: 'Part', parent_id: ID } });
  expect(explain()).toEqual([`it has open children: ${idOf(3)}`]);
  expect(refusal(claim)).toMatchObject({
    code: 'NOT_READY',
    details: { obstacles: [{ kind: 'open_children', ids: [idOf(3)] }] },
  });
  view.do('cancel', { id: idOf(3) });
  expect(claim().owner).toBe('ada');
});

test('given an assigned item, when asked for someone, then it is ready for the assignee alone', () => {
  view.do('assign', { id: ID, owner: 'bob' });
  expect(explain()).toEqual(['it is assigned to bob']);
  expect(explain('ada')).toEqual(['it is assigned to bob']);
  expect(explain('bob')).toEqual([]);
});

test('given a time to wait for, when asked before and then, then only before is too early', () => {
  view.do('update', { id: ID, patch: { set: { not_before: time(10) } } });
  expect(explain('ada', time(9))).toEqual([`it may not start before ${time(10)}`]);
  expect(explain('ada', time(10))).toEqual([]);
});

test('given a held item, when asked, then it names status and holder; given an ended one, then status alone', () => {
  claim();
  expect(explain('bob')).toEqual(['it is in_progress, held by ada']);
  view.do('release', { id: ID });
  dependOn(OTHER);
  view.do('cancel', { id: ID });
  expect(explain('bob')).toEqual(['it is cancelled']);
});

test('given several obstacles, when claimed, then all of them are told', () => {
  dependOn(OTHER);
  view.do('assign', { id: ID, owner: 'bob' });
  view.do('update', { id: ID, patch: { set: { not_before: time(10) } } });
  const error = refusal(claim);
  expect(error.code).toBe('NOT_OWNER');
  expect(error.message).toContain('assigned to bob; it waits for');
  expect(error.details.obstacles).toHaveLength(3);
});
