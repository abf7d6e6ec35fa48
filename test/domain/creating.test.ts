import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import { observeHolder } from '../../src/domain/holding.ts';
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
  const KEY = 'build-7';
  const asked = {
    title: 'Build',
    labels: ['b', 'a'],
    context: { x: { one: 1, two: 2 } },
    idempotency_key: KEY,
  };
  const create = (fields: object = {}, who: object = {}) =>
    ask('create', { fields: { ...asked, ...fields }, ...who });
  const used = (id: string, { same = false, deleted = false } = {}) => ({
    code: 'KEY_USED',
    details: { id, idempotency_key: KEY, same, deleted },
  });
  let first: WorkItem;
  beforeEach(() => {
    first = itemOf(view.run(create()));
  });

  test('given a key that was used, when the same is asked for under it, by whoever and in whatever order, then that item is told', () => {
    const again = [
      create(),
      create({}, { actor: 'bob', at: time(40) }),
      create({ labels: ['a', 'b', 'a'], context: { x: { two: 2, one: 1 } } }),
      create({ type: 'task', priority: 'medium', description: '' }),
    ];
    for (const command of again) expect(decide(view, command)).toEqual({ kind: 'unchanged', item: first });
  });

  test.each([
    ['cancelled', () => view.do('cancel', { id: first.id })],
    ['changed', () => view.do('update', { id: first.id, patch: { set: { title: 'Other' } } })],
    [
      'completed',
      () => {
        view.do('claim', { id: first.id, execution_id: 'e' });
        view.do('complete', { id: first.id, result: { done: true } });
      },
    ],
  ])(
    'given an item that was %s since, when the same is asked for again, then it is that item as it stands',
    (_what, change) => {
      change();
      expect(decide(view, create())).toEqual({ kind: 'unchanged', item: view.get(first.id) });
    },
  );

  test.each([
    { title: 'Other' },
    { labels: ['a'] },
    { context: { x: { one: 1, two: 3 } } },
    { owner: 'bob' },
    { due_at: time(9) },
    { description: 'more' },
    { dependencies: [idOf(2)] },
  ])(
    'given a key that was used, when it is given with %j instead, then the item is named, and nothing is made',
    (fields) => {
      view.do('create', { id: idOf(2), fields: { title: 'Two' } });
      expect(refusal(() => view.run(create(fields)))).toMatchObject(used(first.id));
    },
  );

  test('given an item that was deleted, when its key is given again, then nothing is made, and it is said whether that was the same', () => {
    view.do('cancel', { id: first.id });
    view.do('delete', { id: first.id });
    const gone = { deleted: true };
    expect(refusal(() => view.run(create()))).toMatchObject(used(first.id, { same: true, ...gone }));
    expect(refusal(() => view.run(create({ title: 'Other' })))).toMatchObject(used(first.id, gone));
  });

  test('given an item, when its key is to be another one, then that is refused: it is the item’s for good', () => {
    const patch = { set: { idempotency_key: 'other' } } as object;
    expect(refusal(() => view.do('update', { id: first.id, patch })).code).toBe('INVALID_INPUT');
    view.do('cancel', { id: first.id });
    expect(view.do('reopen', { id: first.id, reason: 'again' }).idempotency_key).toBe(KEY);
  });

  test('given a key of an actor, when another takes it first, by whatever verb, then it stays that actor’s', () => {
    const key = '<bob>chat/1/2';
    for (const actor of ['ada', 'bo', 'bob>chat']) {
      expect(refusal(() => view.run(create({ idempotency_key: key }, { actor })))).toMatchObject({
        code: 'INVALID_INPUT',
      });
      const item = { ...imported(), created_by: 'bob', idempotency_key: key };
      expect(refusal(() => view.do('import', { id: idOf(8), item, actor })).code).toBe('INVALID_INPUT');
    }
    const made = itemOf(view.run(create({ idempotency_key: key }, { actor: 'bob' })));
    expect(made.idempotency_key).toBe(key);
  });

  test('given the key of an escalation of used-up work, when it is taken before the work failed so, then it is refused', () => {
    const { id } = view.do('create', { fields: { title: 'Work', max_attempts: 1 } });
    const key = `exhausted:${id}:1`;
    const fields = { title: 'Exhausted', type: 'escalation' as const, context: { work_id: id } };
    const escalate = (more: object = {}) =>
      view.run(ask('create', { fields: { ...fields, idempotency_key: key, ...more }, actor: 'bob' }));
    const refused = { code: 'INVALID_INPUT' };
    expect(refusal(() => escalate())).toMatchObject(refused);
    const { claim } = view.do('claim', { id, execution_id: 'e' });
    expect(claim?.epoch).toBe(1);
    expect(refusal(() => escalate())).toMatchObject(refused);
    view.do('recover', { id, reason: 'silent', observed: observeHolder(view.get(id)) });
    const others = [
      { type: 'task' as const },
      { context: { work_id: first.id } },
      { context: {} },
      { idempotency_key: `exhausted:${id}:2` },
      { idempotency_key: 'exhausted:' },
    ];
    for (const more of others) expect(refusal(() => escalate(more))).toMatchObject(refused);
    expect(itemOf(escalate()).idempotency_key).toBe(key);
  });

  test('given a key that was used, when an item is imported with it, then that is refused, whatever its status', () => {
    for (const status of ['pending', 'completed'] as const) {
      const item = { ...imported(), idempotency_key: KEY, status };
      expect(refusal(() => view.do('import', { id: idOf(8), item }))).toMatchObject(used(first.id));
    }
  });

  test('given an item that came with a key, when that is given again, then it is that item, or it is named', () => {
    view.do('import', { id: idOf(8), item: { ...imported(), idempotency_key: 'k', title: 'Came' } });
    expect(refusal(() => view.run(create({ idempotency_key: 'k' })))).toMatchObject({
      code: 'KEY_USED',
      details: { id: idOf(8) },
    });
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
