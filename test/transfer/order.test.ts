import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Digraph, needsFirst } from '../../src/transfer/reference-graph.ts';

test('what is needed comes first, everything else stays in its order', () => {
  const needs: Record<string, string[]> = { a: ['d', 'c'], c: ['d'], e: ['elsewhere'] };
  expect(needsFirst(['a', 'b', 'c', 'd', 'e'], (id) => needs[id] ?? [])).toEqual(['d', 'c', 'a', 'b', 'e']);
});

test('of several that one needs, the order is the one that was given', () => {
  const needs: Record<string, string[]> = { a: ['d', 'c'] };
  expect(needsFirst(['a', 'b', 'c', 'd'], (id) => needs[id] ?? [])).toEqual(['c', 'd', 'a', 'b']);
});

test('a chain may be longer than the call stack is deep', () => {
  const ids = Array.from({ length: 50_000 }, (_, number) => String(number));
  const order = needsFirst(ids, (id) => (id === '49999' ? [] : [String(Number(id) + 1)]));
  expect(order).toEqual(ids.toReversed());
});

test('property: a way is found exactly where there is one, also through the other graph', () => {
  const node = fc.constantFrom(...'abcdef');
  const other = fc.constantFrom(...'xyz');
  const edges = fc.array(fc.tuple(fc.oneof(node, other), node));
  const outwards = fc.array(fc.tuple(node, other));
  fc.assert(
    fc.property(edges, outwards, fc.array(fc.tuple(other, other)), node, node, (own, out, more, from, to) => {
      const graph = new Digraph({
        has: (id) => 'xyz'.includes(id),
        from: (id) => more.filter(([start]) => start === id).map(([, end]) => end),
      });
      for (const [start, end] of [...own, ...out]) graph.add(start, end);
      const reached = new Set([from]);
      for (let before = 0; before < reached.size; ) {
        before = reached.size;
        for (const [start, end] of [...own, ...out, ...more]) if (reached.has(start)) reached.add(end);
      }
      expect(graph.reaches(from, to)).toBe(reached.has(to));
    }),
  );
});
