import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { WorkItem } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { ask, DAY, FakeView, idOf, itemOf, opOf, refusal, time } from '../helpers/fake-view.ts';

let view: FakeView;

beforeEach(() => {
  view = new FakeView();
});

describe('create', () => {
  test('given a title alone, when an item is created, then everything else has its default', () => {
    const decision = view.run(ask('create', { fields: { title: 'New' }, op: opOf(9) }));
    expect(itemOf(decision)).toEqual({
      schema: 1,
      id: idOf(1),
      rev: 1,
      last_op: opOf(9),
      title: 'New',
      type: 'task',
      priority: 'medium',
      status: 'pending',
      labels: [],
      description: '',
      acceptance: [],
      context: {},
      dependencies: [],
      links: [],
      created_at: time(),
      created_by: 'ada',
      updated_at: time(),
      attempts: 0,
      comments: [],
    });
    expect(decision).toMatchObject({ before: undefined, event: { from: undefined, to: 'pending', rev: 1 } });
  });

  test('given labels, dependencies and text as people write them, when created, then they are kept in one form', () => {
    const other = view.do('create', { fields: { title: 'Other' } }).id;
    const item = view.do('create', {
      fields: {
        title: 'New',
        labels: ['b', 'a', 'b'],
        dependencies: [other, other],
        description: 'a\r\nb\rc\ud800',
        owner: 'bob',
      },
    });
    expect(item).toMatchObject({
      labels: ['a', 'b'],
      dependencies: [other],
      description: 'a\nb\nc\ufffd',
      owner: 'bob',
      status: 'pending',
    });
  });

  test.each([
    ['a line break', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a tab', 'a\tb'],
    ['an escape', '\u001b[2Ja'],
    ['a null', 'a\u0000'],
    ['a C1 control', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['an override of direction', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['a mark of direction', 'a\u200fb'],
    ['a byte order mark', '\ufeffa'],
    ['half a character', 'a\ud800'],
    ['a space in front', ' a'],
    ['a space at the end', 'a '],
    ['nothing', ''],
    ['too much', 'x'.repeat(501)],
  ])('given a title with %s, when created, then it is refused', (_what, title) => {
    const error = refusal(() => view.do('create', { fields: { title } }));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.details.problems).toContainEqual(expect.stringMatching(/^title: /));
  });

  test('given a title of 500 characters that are many bytes each, when created, then it is taken', () => {
    expect(view.do('create', { fields: { title: '🚀'.repeat(500) } }).title).toHaveLength(1000);
  });

  test.each([
    ['labels', { labels: ['a\nb'] }],
    ['type', { type: 'wish' as never }],
    ['priority', { priority: 'now' as never }],
    ['description', { description: 'x'.repeat(64 * 1024 + 1) }],
    ['context', { context: { a: 'x'.repeat(256 * 1024) } }],
    ['context', { context: { a: Number.NaN } }],
    ['context', { context: [] as never }],
    ['context', { context: nested(100) }],
    ['parent_id', { parent_id: '../x' }],
    ['dependencies', { dependencies: ['x'] }],
    ['not_before', { not_before: '2026-01-03' }],
    ['not_before', { not_before: '2026-01-03T10:00:00Z' }],
    ['not_before', { not_before: '2026-01-03T10:00:00.000+01:00' }],
    ['max_attempts', { max_attempts: 0 }],
    ['idempotency_key', { idempotency_key: ' ' }],
    ['owner', { owner: 'a <b>' }],
  ])('given a bad value for %s, when created, then the field is named', (field, fields) => {
    const error = refusal(() => view.do('create', { fields: { title: 'New', ...fields } }));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain(field);
  });

  test('given what is nested deeper than any stack, when created, then it is refused like anything else', () => {
    expect(
      refusal(() => view.do('create', { fields: { title: 'New', context: nested(100_000) } })).code,
    ).toBe('INVALID_INPUT');
  });

  test('given fields that create does not take, when created, then they are not in the item', () => {
    const fields = { title: 'New', status: 'completed', rev: 9, claim: {}, anything: 1 };
    const item = view.do('create', { fields: fields as never });
    expect(item).toMatchObject({ status: 'pending', rev: 1 });
    expect(item).not.toHaveProperty('anything');
  });
});

function nested(depth: number): Record<string, never> {
  let value = {};
  for (let level = 0; level < depth; level += 1) value = { level: value };
  return value;
}

describe('ids', () => {
  test('given no id, when items are created on a day, then each takes the next number of that day', () => {
    const ids = [0, 1, 24 * 60].map(
      (minutes) => view.do('create', { fields: { title: 'x' }, at: time(minutes) }).id,
    );
    expect(ids).toEqual([idOf(1), idOf(2), 'WRK-20260104-0001']);
  });

  test('given a number past four digits, when the next is taken, then it has five', () => {
    view.do('create', { id: idOf(9999), fields: { title: 'x' } });
    expect(view.do('create', { fields: { title: 'x' } }).id).toBe(`WRK-${DAY}-10000`);
  });

  test('given an offline id, when the next number is taken, then it does not count', () => {
    view.do('create', { id: `WRK-${DAY}-0000x000`, fields: { title: 'x' } });
    expect(view.do('create', { fields: { title: 'x' } }).id).toBe(idOf(1));
  });

  test('given a prefix of the ledger, when an id is made, then it begins with it', () => {
    const other = new FakeView({ id_prefix: 'OPS' });
    expect(other.do('create', { fields: { title: 'x' } }).id).toBe(`OPS-${DAY}-0001`);
  });

  test('given an id that was used, when it is asked for again, then it is refused, also after its item was deleted', () => {
    const { id } = view.do('create', { fields: { title: 'x' } });
    const again = () => view.do('create', { id, fields: { title: 'y' } });
    expect(refusal(again)).toMatchObject({ code: 'ID_TAKEN', retryable: true });
    view.do('cancel', { id });
    view.do('delete', { id });
    expect(view.find(id)).toBeUndefined();
    expect(refusal(again).code).toBe('ID_TAKEN');
    expect(refusal(() => view.run(ask('import', { id, item: imported() }))).code).toBe('ID_TAKEN');
    expect(view.do('create', { fields: { title: 'z' } }).id).toBe(idOf(2));
  });

  test('given what is no id, when asked for, then it is refused', () => {
    for (const id of ['x', '', 'WRK-20260103-1', '../../etc', 'wrk-20260103-0001', `${idOf(1)}\n`]) {
      expect(refusal(() => view.do('create', { id, fields: { title: 'x' } })).code).toBe('INVALID_INPUT');
    }
  });
});

describe('idempotency key', () => {
  const create = (title: string) => ask('create', { fields: { title, idempotency_key: 'build-7' } });

  test('given an open item with a key, when one is created with it, then nothing changes and that item is told', () => {
    const first = itemOf(view.run(create('First')));
    expect(decide(view, create('Second'))).toEqual({ kind: 'unchanged', item: first });
  });

  test('given an item with a key that ended, when one is created with it, then it is a new one', () => {
    const { id } = itemOf(view.run(create('First')));
    view.do('cancel', { id });
    expect(itemOf(view.run(create('Second')))).toMatchObject({ id: idOf(2), idempotency_key: 'build-7' });
  });

  test('given a key that another open item has by now, when an ended one would be open with it again, then it is refused', () => {
    const { id } = itemOf(view.run(create('First')));
    view.do('claim', { id, execution_id: 'e' });
    view.do('fail', { id, error: 'x' });
    const second = itemOf(view.run(create('Second'))).id;
    const taken = { code: 'INVALID_INPUT', details: { id: second, idempotency_key: 'build-7' } };
    expect(refusal(() => view.do('reopen', { id, reason: 'again' }))).toMatchObject(taken);
    expect(refusal(() => view.do('retry', { id }))).toMatchObject(taken);
    const third = view.do('create', { fields: { title: 'Third' } }).id;
    const change = (target: string) =>
      view.do('update', { id: target, patch: { set: { title: 'New', idempotency_key: 'build-7' } } });
    expect(refusal(() => change(third))).toMatchObject(taken);
    expect(change(second).title).toBe('New');
    expect(change(id).title).toBe('New');
    const arriving = { ...imported(), idempotency_key: 'build-7' };
    expect(refusal(() => view.do('import', { id: idOf(8), item: arriving }))).toMatchObject(taken);
    expect(view.do('import', { id: idOf(8), item: { ...arriving, status: 'completed' } }).status).toBe(
      'completed',
    );
    view.do('cancel', { id: second });
    expect(view.do('reopen', { id, reason: 'again' }).status).toBe('pending');
  });
});

function imported(): WorkItem {
  return workItemSchema().parse({
    schema: 1,
    id: idOf(700),
    rev: 7,
    last_op: opOf(1),
    title: 'From elsewhere',
    status: 'in_progress',
    owner: 'eve',
    labels: ['b', 'a', 'b'],
    created_at: time(-600),
    created_by: 'eve',
    updated_at: time(-5),
    context: { imported: { from: 'tracker' } },
  });
}

describe('import', () => {
  test('given an item from elsewhere, when imported, then it is what it was, at its first revision here', () => {
    const item = { ...imported(), later: [1] };
    expect(view.do('import', { id: idOf(5), item, op: opOf(44), actor: 'bob' })).toMatchObject({
      id: idOf(5),
      rev: 1,
      last_op: opOf(44),
      status: 'in_progress',
      owner: 'eve',
      labels: ['a', 'b'],
      created_at: time(-600),
      created_by: 'eve',
      updated_at: time(-5),
      later: [1],
    });
  });

  test('given references to items that are not there, when imported, then it is refused', () => {
    const item = { ...imported(), dependencies: [idOf(99)] };
    expect(refusal(() => view.do('import', { id: idOf(5), item })).code).toBe('UNKNOWN_REFERENCE');
  });

  test('given what is no item, when imported, then it is refused', () => {
    const item = { ...imported(), title: 'a\nb' };
    expect(refusal(() => view.do('import', { id: idOf(5), item }))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
