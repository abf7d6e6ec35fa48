import { describe, expect, test } from 'vitest';
import type { ImportPlan } from '../../src/transfer/plan.ts';
import { bySource, keptOf, only, planOf } from './beads-plan.ts';
import { edge, issue, lines } from './beads-sample.ts';
import { itemOf, MemoryLedger } from './memory-ledger.ts';

describe('references', () => {
  const plan = (...dependencies: [from: string, type: string, to: string][]): ImportPlan => {
    const ids = [...new Set(dependencies.flatMap(([from, , to]) => [from, to]))].filter(
      (id) => id.length === 1,
    );
    const edges = (id: string) =>
      dependencies.filter(([from]) => from === id).map(([from, type, to]) => edge(from, type, to));
    return planOf(lines(...ids.toSorted().map((id) => issue({ id, dependencies: edges(id) }))));
  };

  test('blocks is a dependency, parent-child a parent, and both come first', () => {
    const result = plan(['a', 'blocks', 'b'], ['a', 'parent-child', 'c'], ['b', 'parent-child', 'c']);
    const of = bySource(result);
    expect(of('a').item).toMatchObject({ parent_id: of('c').id, dependencies: [of('b').id] });
    expect(result.items.map(({ source_id }) => source_id)).toEqual(['c', 'b', 'a']);
    expect(result.notes).toEqual([]);
  });

  test('the records themselves are kept', () => {
    expect(keptOf(bySource(plan(['a', 'blocks', 'b']))('a')).dependencies).toEqual([
      edge('a', 'blocks', 'b'),
    ]);
  });

  test.each([
    ['discovered-from', 'discovered_from'],
    ['related', 'related'],
    ['relates-to', 'related'],
    ['replies-to', 'related'],
    ['duplicates', 'duplicates'],
  ])('%s is a link of the kind %s', (type, kind) => {
    const result = plan(['a', type, 'b']);
    const of = bySource(result);
    expect(of('a').item.links).toEqual([{ kind, target: of('b').id }]);
    expect(result.notes).toEqual([]);
  });

  test('supersedes stands on the item that replaces, not on the one that was replaced', () => {
    const of = bySource(plan(['old', 'supersedes', 'n'], ['o', 'supersedes', 'n']));
    expect(of('n').item.links).toEqual([{ kind: 'supersedes', target: of('o').id }]);
    expect(of('o').item.links).toEqual([]);
  });

  test('a replacement that is in the ledger already stays as it is; the link is related, and told', () => {
    const ledger = new MemoryLedger();
    ledger.apply(planOf(lines(issue({ id: 'n' })), ledger));
    const result = planOf(lines(issue({ id: 'o', dependencies: [edge('o', 'supersedes', 'n')] })), ledger);
    expect(result.items[0]?.item.links).toEqual([{ kind: 'related', target: 'WRK-20251103-0001' }]);
    expect(result.notes.map(({ rule }) => rule)).toEqual(['reference_kind']);
  });

  test('an unknown kind becomes a related link, and is told', () => {
    const result = plan(['a', 'tracks', 'b']);
    const of = bySource(result);
    expect(of('a').item.links).toEqual([{ kind: 'related', target: of('b').id }]);
    expect(result.notes.map(({ rule }) => rule)).toEqual(['reference_kind']);
  });

  test('a second parent becomes a related link, and is told', () => {
    const result = plan(['a', 'parent-child', 'b'], ['a', 'parent-child', 'c']);
    const of = bySource(result);
    expect(of('a').item).toMatchObject({
      parent_id: of('b').id,
      links: [{ kind: 'related', target: of('c').id }],
    });
    expect(result.notes.map(({ rule }) => rule)).toEqual(['second_parent']);
  });

  test.each([
    [
      'a circle',
      [
        ['a', 'blocks', 'b'],
        ['b', 'blocks', 'a'],
      ],
    ],
    [
      'a child that waits for its parent',
      [
        ['a', 'parent-child', 'b'],
        ['a', 'blocks', 'b'],
      ],
    ],
    [
      'a parent that depends on its child',
      [
        ['a', 'parent-child', 'b'],
        ['b', 'blocks', 'a'],
      ],
    ],
    [
      'a child that waits for what waits for its parent',
      [
        ['a', 'parent-child', 'b'],
        ['c', 'blocks', 'b'],
        ['a', 'blocks', 'c'],
      ],
    ],
    [
      'a circle of parents',
      [
        ['a', 'parent-child', 'b'],
        ['b', 'parent-child', 'a'],
      ],
    ],
  ] as [string, [string, string, string][]][])(
    '%s is cut open by a related link, and told',
    (_name, edges) => {
      const result = plan(...edges);
      const related = result.items.flatMap(({ item }) => item.links);
      expect(related.map(({ kind }) => kind)).toEqual(['related']);
      expect(result.notes.map(({ rule }) => rule)).toEqual(['reference_cycle']);
      expect(result.items.flatMap((item) => keptOf(item).unresolved ?? [])).toHaveLength(1);
      new MemoryLedger().apply(result);
    },
  );

  test('an item that waits for itself does not', () => {
    const result = plan(['a', 'blocks', 'a']);
    expect(result.items[0]?.item).toMatchObject({ dependencies: [], links: [] });
    expect(result.notes.map(({ rule }) => rule)).toEqual(['reference_cycle']);
  });

  test('what is nowhere, or a tombstone, is listed as unresolved, and told', () => {
    const result = planOf(
      lines(
        issue({
          id: 'a',
          dependencies: [
            edge('a', 'blocks', 'gone'),
            edge('a', 'parent-child', 't'),
            edge('a', 'related', 't'),
          ],
        }),
        issue({ id: 't', status: 'tombstone' }),
      ),
    );
    const of = bySource(result);
    expect(of('a').item).toMatchObject({ dependencies: [], links: [{ kind: 'related', target: 't' }] });
    expect(of('a').item.parent_id).toBeUndefined();
    expect(keptOf(of('a')).unresolved).toEqual([
      { kind: 'parent', target: 't', rule: 'reference_tombstone' },
      { kind: 'dependency', target: 'gone', rule: 'reference_unknown' },
    ]);
    expect(result.notes.map(({ rule }) => rule)).toEqual([
      'reference_tombstone',
      'reference_unknown',
      'reference_tombstone',
    ]);
  });

  test('a dependency that is none is told, and kept', () => {
    const dependencies = [{ type: 'blocks' }, 'bd-9', edge('other', 'blocks', 'bd-9')];
    const { kept, rules } = only({ dependencies });
    expect(kept.dependencies).toEqual(dependencies);
    expect(rules).toEqual(['reference_malformed', 'reference_malformed', 'reference_malformed']);
  });

  test('a circle through items that the ledger has is seen', () => {
    const ledger = new MemoryLedger();
    const parent = ledger.put(
      itemOf({ id: 'WRK-20250101-0001', context: { imported: { from: 'beads', id: 'p' } } }),
    );
    const waiter = { dependencies: [parent.id], context: { imported: { from: 'beads', id: 'w' } } };
    ledger.put(itemOf({ id: 'WRK-20250101-0002', ...waiter }));
    const child = issue({
      id: 'c',
      dependencies: [edge('c', 'parent-child', 'p'), edge('c', 'blocks', 'w')],
    });
    const result = planOf(lines(child), ledger);
    expect(result.items[0]?.item).toMatchObject({
      parent_id: 'WRK-20250101-0001',
      dependencies: [],
      links: [{ kind: 'related', target: 'WRK-20250101-0002' }],
    });
    ledger.apply(result);
  });
});
