import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkItem } from '../../src/domain/item.ts';
import { mergeItems } from '../../src/merge/merge-items.ts';
import { workItem } from '../helpers/arbitraries.ts';
import { item } from './item.ts';

const BASE = item({ labels: ['a', 'b'], dependencies: ['WRK-20260103-0009'] });
const next = (change: Partial<WorkItem>, rev = 2): WorkItem => ({ ...BASE, rev, ...change }) as WorkItem;
const fieldsOf = (ours: WorkItem, theirs: WorkItem) =>
  Object.fromEntries(mergeItems(BASE, ours, theirs).fields.map(({ key, by }) => [key, by]));

test('given one side that did nothing, when merged, then the other counts', () => {
  const theirs = next({ title: 'Other', labels: ['c'] }, 3);
  expect(mergeItems(BASE, BASE, theirs)).toMatchObject({ kind: 'theirs', item: theirs });
  expect(mergeItems(BASE, theirs, BASE)).toMatchObject({ kind: 'ours', item: theirs });
});

test('given one side that has all that the other did, when merged, then it stands as it is', () => {
  const less = next({ labels: ['a', 'b', 'x'] });
  const more = next({ labels: ['a', 'b', 'x'], title: 'More' }, 3);
  expect(mergeItems(BASE, less, more)).toMatchObject({ kind: 'theirs', item: more });
  expect(mergeItems(BASE, more, less)).toMatchObject({ kind: 'ours', item: more });
});

test('given labels that came and went on both sides, when merged, then they are a set', () => {
  const merged = mergeItems(BASE, next({ labels: ['a', 'd'] }), next({ labels: ['a', 'b', 'c'] }));
  expect(merged).toMatchObject({ kind: 'both', item: { labels: ['a', 'c', 'd'] } });
});

test('given dependencies and links of both sides, when merged, then all stand, each once', () => {
  const link = (target: string) => ({ kind: 'related' as const, target });
  const ours = next({ dependencies: ['WRK-20260103-0009', 'WRK-20260103-0002'], links: [link('x')] });
  const theirs = next({ dependencies: ['WRK-20260103-0003'], links: [link('x'), link('y')] });
  expect(mergeItems(BASE, ours, theirs).item).toMatchObject({
    dependencies: ['WRK-20260103-0002', 'WRK-20260103-0003'],
    links: [link('x'), link('y')],
  });
});

test('given comments on both sides, when merged, then all stand in the order of their times', () => {
  const said = (body: string, hour: number) => ({ at: `2026-01-03T${hour}:00:00.000Z`, by: 'ada', body });
  const ours = next({ comments: [said('first', 11), said('third', 13)] });
  const theirs = next({ comments: [said('first', 11), said('second', 12)] });
  const bodies = mergeItems(BASE, ours, theirs).item.comments?.map(({ body }) => body);
  expect(bodies).toEqual(['first', 'second', 'third']);
});

test('given keys of the context on both sides, when merged, then each counts, and one key with two values is a conflict', () => {
  const ours = next({ context: { deep: { a: 1 }, mine: 1 } });
  const theirs = next({ context: { deep: { b: 2 } } });
  expect(mergeItems(BASE, ours, theirs).item.context).toEqual({ deep: { a: 1, b: 2 }, mine: 1 });
  expect(fieldsOf(ours, next({ context: { mine: 2 } }))).toEqual({ context: 'conflict' });
});

test('given a title that both sides changed, when merged, then that is a conflict, and ours is shown', () => {
  const merged = mergeItems(BASE, next({ title: 'A', labels: [] }), next({ title: 'B' }));
  expect(merged).toMatchObject({ kind: 'conflict', item: { title: 'A' } });
  expect(merged.fields.map(({ key, by }) => [key, by])).toEqual([
    ['title', 'conflict'],
    ['labels', 'ours'],
  ]);
});

test('given two claims, when merged, then they cannot both stand', () => {
  const claimed = (owner: string): WorkItem => next({ status: 'in_progress', owner, attempts: 1 });
  expect(fieldsOf(claimed('ada'), claimed('bob'))).toEqual({
    status: 'both',
    owner: 'conflict',
    attempts: 'both',
  });
});

test('given a claim and a cancellation, when merged, then no half of either is taken', () => {
  const ours = next({ status: 'in_progress', owner: 'ada', attempts: 1 });
  const theirs = next({ status: 'cancelled', completed_at: '2026-01-03T12:00:00.000Z' });
  expect(new Set(Object.values(fieldsOf(ours, theirs)))).toEqual(new Set(['conflict']));
});

test('given an item that both sides made, when merged, then what differs is a conflict', () => {
  expect(mergeItems(undefined, BASE, next({ title: 'Other' })).kind).toBe('conflict');
  expect(mergeItems(undefined, BASE, next({}, 1)).kind).toBe('ours');
});

test('given any item and any two others, when merged, then either order tells the same, and an item with itself is itself', () => {
  const three = fc.tuple(workItem(), workItem(), workItem());
  fc.assert(
    fc.property(three, ([base, a, b]) => {
      const swap = { ours: 'theirs', theirs: 'ours' } as const;
      const there = mergeItems(base, a, b);
      const back = mergeItems(base, b, a);
      expect(back.fields.map(({ key, by }) => [key, by])).toEqual(
        there.fields.map(({ key, by }) => [key, by === 'ours' || by === 'theirs' ? swap[by] : by]),
      );
      expect(mergeItems(base, a, a)).toMatchObject({ kind: 'ours', item: a });
    }),
  );
});
