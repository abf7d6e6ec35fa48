import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../helpers/runs.ts';
import { planOf } from './beads-plan.ts';
import { edge, issue, lines } from './beads-sample.ts';
import { itemOf, MemoryLedger, NOW } from './memory-ledger.ts';

describe('lines', () => {
  test('a backslash that JSON does not allow is read as itself, and told', () => {
    const plan = planOf(`\n${lines(issue({ title: 'a TEXT and "q"' })).replace('TEXT', '\\s\\\\s\\u00e9')}`);
    expect(plan.items.map(({ item }) => item.title)).toEqual(['a \\s\\sé and "q"']);
    expect(plan.notes).toMatchObject([{ rule: 'repaired_json', line: 2, source_id: 'bd-1' }]);
  });

  test.each([
    ['half a line', '{"id":"bd-1"', 'bad_json'],
    ['a conflict marker', '<<<<<<< HEAD', 'bad_json'],
    ['a list', '[1]', 'not_an_item'],
    ['a map without an id', '{"title":"no id"}', 'not_an_item'],
    ['a line that nests without end', `{"id":"bd-1","x":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'too_deep'],
  ])('%s is a note, and the others are planned', (_name, line, rule) => {
    const plan = planOf(`${line}\r\n${lines(issue({ id: 'bd-2' }))}`);
    expect(plan).toMatchObject({ records: 2, unusable: 1, notes: [{ rule, line: 1 }] });
    expect(plan.items.map(({ source_id }) => source_id)).toEqual(['bd-2']);
  });

  test('of two lines with one id the later update is taken, and the other told', () => {
    const newer = issue({ title: 'newer', updated_at: '2025-12-01T00:00:00Z' });
    const plan = planOf(lines(newer, issue({ title: 'older' })));
    expect(plan.items.map(({ item }) => item.title)).toEqual(['newer']);
    expect(plan).toMatchObject({ records: 2, unusable: 1, notes: [{ rule: 'duplicate_id', line: 2 }] });
  });

  test('notes are safe to print', () => {
    const plan = planOf(`{"id":"\\u001b[31m","priority":"\\u001b[0m"}\n\u001b[2J`);
    for (const note of plan.notes) expect(JSON.stringify(note)).not.toContain('u001b');
  });
});

describe('ids', () => {
  test('go on after the highest of their day, oldest first', () => {
    const ledger = new MemoryLedger();
    ledger.put(itemOf({ id: 'WRK-20251103-0041' }));
    const older = issue({ id: 'z', created_at: '2025-11-03T01:00:00Z' });
    const plan = planOf(
      lines(issue({ id: 'b' }), issue({ id: 'a' }), older, issue({ id: 'n', created_at: NOW })),
      ledger,
    );
    expect(plan.items.map(({ source_id, id }) => [source_id, id])).toEqual([
      ['z', 'WRK-20251103-0042'],
      ['a', 'WRK-20251103-0043'],
      ['b', 'WRK-20251103-0044'],
      ['n', 'WRK-20260201-0001'],
    ]);
  });
});

test('property: whatever the lines hold, nothing is thrown, each is counted, and the ledger takes the plan', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'b', 'c', NOW, 'closed'),
  );
  const key = fc.constantFrom(
    ...Object.keys(issue()),
    ...[
      'assignee',
      'owner',
      'labels',
      'comments',
      'closed_at',
      'close_reason',
      'acceptance_criteria',
      'from',
      '__proto__',
    ],
  );
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const kind = fc.constantFrom('blocks', 'parent-child', 'related', 'supersedes', 'x');
  const dependencies = fc.array(
    fc.oneof(
      fc.tuple(id, kind, id).map(([from, type, to]) => edge(from, type, to)),
      value,
    ),
  );
  const status = fc.constantFrom('open', 'closed', 'hooked', 'blocked', 'tombstone', 'pinned');
  const object = fc
    .tuple(fc.dictionary(key, value), fc.record({ id, dependencies, status }, { requiredKeys: ['id'] }))
    .map(([loose, strict]) => JSON.stringify({ ...loose, ...strict }));
  const line = fc.oneof({ weight: 9, arbitrary: object }, fc.string());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (text) => {
      const plan = planOf(text.join('\n'));
      expect(plan.items.length + plan.tombstones + plan.unusable).toBe(plan.records);
      const ledger = new MemoryLedger();
      ledger.apply(plan);
      expect(planOf(text.join('\n'), ledger).items).toEqual([]);
    }),
    { numRuns: runs(200) },
  );
});
