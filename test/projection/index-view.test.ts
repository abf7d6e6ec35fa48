import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stateOf } from '../../src/codec/path.ts';
import type { WorkId } from '../../src/domain/ids.ts';
import { byUrgency, isTerminal, WORK_TYPES, type WorkItem } from '../../src/domain/item.ts';
import { sourceKey } from '../../src/domain/provenance.ts';
import { countedUnder, obstacles } from '../../src/domain/readiness.ts';
import { IndexDatabase } from '../../src/projection/index-database.ts';
import { IndexView, Unread } from '../../src/projection/index-view.ts';
import { IndexWriter } from '../../src/projection/index-writer.ts';
import { listItems, type WorkFilter } from '../../src/query/filter.ts';
import { readyItems } from '../../src/query/ready.ts';
import { childrenOf, subtreeOf } from '../../src/query/tree.ts';
import { workItem } from '../helpers/arbitraries.ts';
import { FakeView, idOf, time } from '../helpers/fake-view.ts';

const IDS = [1, 2, 3, 4, 5, 6].map(idOf);
const SOURCES = ['a', 'b'].map((source) => ({ from: 'beads', id: source }));
const change = fc.constantFrom(...IDS).chain((id) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(workItem({ id, refs: IDS }), fc.constantFrom({}, ...SOURCES.map((of) => ({ imported: of }))))
        .map(([item, context]) => ({ id, item: { ...item, context: { ...item.context, ...context } } })),
    },
    { weight: 1, arbitrary: fc.constant({ id, item: 'damaged' as const }) },
    { weight: 1, arbitrary: fc.constant({ id, item: undefined }) },
  ),
);
type Changes = readonly { id: WorkId; item: WorkItem | 'damaged' | undefined }[];

const PROBLEM = { rule: 'yaml', message: 'broken' };

/** The same changes in the index, one transaction each, and in a view that walks over all items. */
function both(changes: Changes): { index: IndexDatabase; plain: FakeView } {
  const index = IndexDatabase.inMemory(undefined);
  const standing = new Map<WorkId, WorkItem | 'damaged'>();
  for (const { id, item } of changes) {
    index.write(() => {
      const writer = new IndexWriter(index);
      if (item === undefined) writer.remove(id);
      else if (item === 'damaged') writer.put(id, 'active', { kind: 'damaged', problem: PROBLEM });
      else writer.put(id, stateOf(item.status), { kind: 'item', item });
      writer.finish();
    });
    if (item === undefined) standing.delete(id);
    else standing.set(id, item);
  }
  const plain = new FakeView();
  for (const [id, item] of standing) {
    if (item === 'damaged') plain.damage(id);
    else plain.put(item);
  }
  return { index, plain };
}

const sorted = (ids: readonly WorkId[]): WorkId[] => [...ids].sort();
const idsOf = (items: readonly WorkItem[]): WorkId[] => items.map(({ id }) => id);

test('given any changes, when the index is asked what a decision asks, then it answers as a walk over all items does', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const { index, plain } = both(changes);
      const view = new IndexView(index);
      for (const id of IDS) {
        expect(view.statusOf(id)).toBe(plain.statusOf(id));
        if (plain.statusOf(id) === 'damaged') expect(() => view.find(id)).toThrow('cannot be read');
        else expect(view.find(id)).toEqual(jsonOf(plain.find(id)));
        expect(sorted(view.openChildrenOf(id))).toEqual(sorted(plain.openChildrenOf(id)));
        expect(sorted(view.openDependentsOf(id))).toEqual(sorted(plain.openDependentsOf(id)));
        expect(sorted(view.blockedOn(id))).toEqual(sorted(plain.blockedOn(id)));
      }
      for (const [kind, name] of plain.items().flatMap((item) => countedUnder(item, item.owner))) {
        expect(view.inProgress(kind, name)).toEqual(sorted(plain.inProgress(kind, name)));
      }
      for (const source of SOURCES) {
        const key = sourceKey(source);
        expect(view.fromSource(key)).toEqual(plain.fromSource(key));
      }
      index.close();
    }),
  );
});

const jsonOf = (item: WorkItem | undefined): unknown => item && JSON.parse(JSON.stringify(item));
test('given any changes, when readiness is asked for, then the index and the rule of the domain agree', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), fc.constantFrom(undefined, 'ada'), (changes, asker) => {
      const { index, plain } = both(changes);
      const now = time(30);
      const free = plain.items().filter((item) => obstacles(plain, item, asker, now).length === 0);
      const ready = (types: WorkFilter['type']): WorkId[] =>
        idsOf(readyItems(new IndexView(index), { type: types }, { actor: asker, now }));
      const isQuestion = ({ type }: WorkItem): boolean => type === 'escalation';
      expect(ready(WORK_TYPES)).toEqual(idsOf(free.sort(byUrgency)));
      expect(ready(undefined)).toEqual(idsOf(free.filter((item) => !isQuestion(item))));
      expect(ready(['escalation'])).toEqual(idsOf(free.filter(isQuestion)));
      index.close();
    }),
  );
});

test('given any changes, when items are filtered, then the index and a walk over all items agree', () => {
  const filter = fc.record(
    {
      status: fc.constantFrom(['pending' as const], ['blocked' as const, 'completed' as const]),
      priority: fc.constantFrom(['high' as const], ['low' as const, 'medium' as const]),
      all: fc.boolean(),
      parent: fc.constantFrom(...IDS),
      owner: fc.constant(null),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), filter, (changes, wanted: WorkFilter) => {
      const { index, plain } = both(changes);
      const fits = plain.items().filter((item) => {
        const asked = wanted.status ?? (wanted.all ? undefined : 'open');
        if (asked === 'open' ? isTerminal(item.status) : asked !== undefined && !asked.includes(item.status))
          return false;
        return (
          (wanted.priority?.includes(item.priority) ?? true) &&
          (wanted.parent_id === undefined || item.parent_id === wanted.parent_id) &&
          (wanted.owner === undefined || item.owner === undefined)
        );
      });
      const view = new IndexView(index);
      expect(idsOf(listItems(view, wanted))).toEqual(idsOf(fits.sort(byUrgency)));
      expect(idsOf(listItems(view, { ...wanted, limit: 2 }))).toEqual(idsOf(fits).slice(0, 2));
      for (const id of IDS) {
        const children = plain.items().filter((item) => item.parent_id === id);
        expect(idsOf(childrenOf(view, id))).toEqual(idsOf(children.sort(byUrgency)));
        expect(sorted(idsOf(subtreeOf(view, id)))).toEqual(sorted([...below(plain, id)]));
      }
      index.close();
    }),
  );
});

function below(view: FakeView, id: WorkId): Set<WorkId> {
  const found = new Set<WorkId>();
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const item of view.items()) {
      const parent = item.parent_id ?? '';
      if (item.id !== id && (parent === id || found.has(parent))) found.add(item.id);
    }
  }
  return found;
}

test('given any changes, when what items wait for is counted anew, then nothing differs from what was kept', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const { index } = both(changes);
      const kept = index.all("SELECT id, waits FROM items WHERE state = 'active' ORDER BY id");
      index.write(() => new IndexWriter(index).countAllWaits());
      expect(index.all("SELECT id, waits FROM items WHERE state = 'active' ORDER BY id")).toEqual(kept);
      index.close();
    }),
  );
});

test('given finished work that is known by its path, when it is asked for, then that it must be read is said, and nothing else is', () => {
  const index = IndexDatabase.inMemory(undefined);
  const id = idOf(1);
  index.write(() => {
    const writer = new IndexWriter(index);
    writer.put(id, 'completed', { kind: 'unread', oid: '0'.repeat(40) });
    writer.finish();
  });
  const view = new IndexView(index);
  expect(view.statusOf(id)).toBe('completed');
  expect(view.wasUsed(id)).toBe(true);
  expect(view.nextNumber('WRK', '20260103')).toBe(2);
  expect(() => view.find(id)).toThrow(Unread);
  index.close();
});
