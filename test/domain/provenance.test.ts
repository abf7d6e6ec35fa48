import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { JsonMap, WorkItem } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { sourceKey, sourcesOf } from '../../src/domain/provenance.ts';
import { Overlay } from '../../src/domain/view.ts';
import { ask, FakeView, idOf, itemOf, opOf, refusal, time } from '../helpers/fake-view.ts';

let view: FakeView;

beforeEach(() => {
  view = new FakeView();
});

const from = (source: string, id: string, more: JsonMap = {}): JsonMap => ({
  imported: { from: source, id, ...more },
});

function arriving(context: JsonMap, fields: Partial<WorkItem> = {}): WorkItem {
  return workItemSchema().parse({
    schema: 1,
    id: idOf(700),
    rev: 1,
    last_op: opOf(1),
    title: 'From elsewhere',
    status: 'pending',
    created_at: time(-600),
    created_by: 'eve',
    updated_at: time(-5),
    context,
    ...fields,
  });
}

const importAs = (n: number, context: JsonMap, fields: Partial<WorkItem> = {}) =>
  ask('import', { id: idOf(n), item: arriving(context, fields) });

describe('the source of an item is unique in the ledger', () => {
  test('given an item of a source, when that is imported again, then nothing is written and the item is told', () => {
    const first = itemOf(view.run(importAs(1, from('beads', 'bd-1'))));
    const again = importAs(2, from('beads', 'bd-1'), { title: 'Changed there since' });
    expect(decide(view, again)).toEqual({ kind: 'unchanged', item: first });
    expect(decide(view, importAs(1, from('beads', 'bd-1')))).toEqual({ kind: 'unchanged', item: first });
  });

  test.each(['completed', 'cancelled', 'failed'] as const)(
    'given an item that is %s, when its source is imported again, then it is that item',
    (status) => {
      const ended = { status, completed_at: time(-5) };
      const first = itemOf(view.run(importAs(1, from('beads', 'bd-1'), ended)));
      expect(decide(view, importAs(2, from('beads', 'bd-1')))).toEqual({ kind: 'unchanged', item: first });
    },
  );

  test('given an item that was deleted, when its source is imported again, then it is a new item', () => {
    const { id } = itemOf(view.run(importAs(1, from('beads', 'bd-1'))));
    view.do('cancel', { id, actor: 'eve' });
    view.do('delete', { id });
    expect(itemOf(view.run(importAs(2, from('beads', 'bd-1')))).id).toBe(idOf(2));
  });

  test('given the same id of other sources, or another id of the same, when it is imported, then it is another item', () => {
    view.run(importAs(1, from('beads', 'bd-1')));
    const others = [
      from('json', 'bd-1'),
      from('beads', 'bd-2'),
      from('beads/other', 'bd-1'),
      from('beads"', 'bd-1'),
    ];
    const made = others.map((context, index) => itemOf(view.run(importAs(2 + index, context))).id);
    expect(made).toEqual([idOf(2), idOf(3), idOf(4), idOf(5)]);
  });

  test('given an item that came through two trackers, when it comes from either, then it is that item', () => {
    const both = from('json', idOf(77), from('beads', 'bd-1'));
    const first = itemOf(view.run(importAs(1, both)));
    for (const context of [
      from('beads', 'bd-1'),
      from('json', idOf(77)),
      from('json', 'x', from('beads', 'bd-1')),
    ])
      expect(decide(view, importAs(2, context))).toEqual({ kind: 'unchanged', item: first });
  });

  test('given an item of this ledger, when it comes back from an export of it, then it is that item', () => {
    const own = view.do('create', { fields: { title: 'Own' } });
    const back = importAs(2, from('json', own.id), { created_at: own.created_at });
    expect(decide(view, back)).toEqual({ kind: 'unchanged', item: own });
    const strangers = importAs(2, from('json', own.id), { created_at: time(-1) });
    expect(itemOf(view.run(strangers)).id).toBe(idOf(2));
  });

  test('given an item of a source, when a copy of it is made by hand, then it is refused and names the item', () => {
    const first = itemOf(view.run(importAs(1, from('beads', 'bd-1')))).id;
    const taken = { code: 'INVALID_INPUT', details: { id: first, imported: { from: 'beads', id: 'bd-1' } } };
    const copy = { title: 'Copy', context: from('beads', 'bd-1') };
    expect(refusal(() => view.do('create', { fields: copy }))).toMatchObject(taken);
    const { id } = view.do('create', { fields: { title: 'Other' } });
    const patch = { context: from('beads', 'bd-1') };
    expect(refusal(() => view.do('update', { id, patch }))).toMatchObject(taken);
  });

  test('given two items that have one source from before, when either is worked on, then it goes on', () => {
    const context = from('beads', 'bd-1');
    view.put(arriving(context, { id: idOf(1) }), arriving(context, { id: idOf(2) }));
    for (const id of [idOf(1), idOf(2)])
      expect(view.do('update', { id, patch: { set: { title: 'New' }, context: { note: 1 } } }).title).toBe(
        'New',
      );
    expect(itemOf(decide(view, importAs(3, context))).id).toBe(idOf(1));
  });

  test.each([
    ['no map', { imported: 'beads' }],
    ['no id', { imported: { from: 'beads' } }],
    ['an id that is no text', { imported: { from: 'beads', id: 1 } }],
    ['an empty id', { imported: { from: 'beads', id: ' ' } }],
    ['an id that is too long', { imported: { from: 'beads', id: 'x'.repeat(201) } }],
    ['no source', { imported: { id: 'bd-1' } }],
  ] as [string, JsonMap][])(
    'given %s, when it is imported twice, then it has no source and is two items',
    (_, context) => {
      expect(sourcesOf({ context })).toEqual([]);
      expect([1, 2].map((n) => itemOf(view.run(importAs(n, context))).id)).toEqual([idOf(1), idOf(2)]);
    },
  );
});

test('given changes that are decided and not committed, when an overlay is asked for sources, then it answers as the ledger would', () => {
  const source = fc.constantFrom('a', 'b', 'c');
  const change = fc.record({ n: fc.integer({ min: 1, max: 5 }), id: fc.option(source, { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.nat(12), (changes, committed) => {
      const [base, whole] = [new FakeView(), new FakeView()];
      const overlay = new Overlay(base);
      for (const [step, { n, id }] of changes.entries()) {
        const item = arriving(id === undefined ? {} : from('beads', id), { id: idOf(n) });
        whole.put(item);
        if (step < committed) base.put(item);
        else overlay.set(item.id, item);
      }
      for (const id of ['a', 'b', 'c']) {
        const key = sourceKey({ from: 'beads', id });
        expect(overlay.fromSource(key)).toEqual(whole.fromSource(key));
      }
    }),
  );
});
