import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/domain/decide.ts';
import type { WorkPatch } from '../../src/domain/verbs/update.ts';
import { ask, FakeView, idOf, refusal, time } from '../helpers/fake-view.ts';

const ID = idOf(1);
const [DEP, PARENT] = [idOf(2), idOf(3)] as const;
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
  for (const id of [DEP, PARENT]) view.do('create', { id, fields: { title: id } });
  view.do('create', {
    id: ID,
    fields: {
      title: 'Target',
      type: 'bug',
      priority: 'high',
      labels: ['a', 'c'],
      description: 'text',
      acceptance: [{ text: 'one' }],
      context: { files: ['a.ts'], deep: { x: 1, y: 2 }, nothing: null },
      dependencies: [DEP],
      links: [{ kind: 'related', target: 'x' }],
      swarm_name: 'swarm',
      job_id: 'job',
      not_before: time(9),
      max_attempts: 5,
      idempotency_key: 'key',
    },
  });
});

const update = (patch: WorkPatch) => view.do('update', { id: ID, patch });
const decision = (patch: WorkPatch) => decide(view, ask('update', { id: ID, patch }));

describe('update', () => {
  test.each([
    ['title', 'Other'],
    ['type', 'feature'],
    ['priority', 'low'],
    ['description', 'other\ntext\n'],
    ['acceptance', [{ text: 'two', done: true }]],
    ['parent_id', PARENT],
    ['swarm_name', 'other'],
    ['job_id', 'other'],
    ['not_before', time(99)],
    ['max_attempts', 1],
  ])('given an item, when %s is set, then it alone changes', (field, value) => {
    const before = view.get(ID);
    const after = update({ set: { [field]: value } });
    expect(after).toEqual({ ...before, [field]: value, rev: 2, last_op: after.last_op, updated_at: time() });
  });

  test.each([
    ['type', 'task'],
    ['priority', 'medium'],
    ['description', ''],
    ['acceptance', []],
    ['swarm_name', undefined],
    ['job_id', undefined],
    ['not_before', undefined],
    ['max_attempts', undefined],
  ] as const)(
    'given an item, when %s is set to nothing, then it is gone or as it is by default',
    (field, value) => {
      expect(update({ set: { [field]: null } })[field]).toEqual(value);
    },
  );

  test('given a parent, when it is set to nothing, then the item has none', () => {
    update({ set: { parent_id: PARENT } });
    expect(update({ set: { parent_id: null } }).parent_id).toBeUndefined();
  });

  test('given a title, when it is set to nothing or to what no title is, then it is refused', () => {
    for (const title of [null, '', 'a\nb', '\u202e']) {
      expect(refusal(() => update({ set: { title } })).code).toBe('INVALID_INPUT');
    }
  });

  test('given a description with line ends of another system, when set, then it has ours', () => {
    expect(update({ set: { description: 'a\r\nb' } }).description).toBe('a\nb');
  });

  test('given lists that are sets, when changed, then what stays keeps its order and what is added comes last', () => {
    const after = update({
      labels: { add: ['b', 'c', 'b'], remove: ['a', 'z'] },
      dependencies: { add: [PARENT, DEP] },
      links: {
        add: [
          { kind: 'commit', target: 'y' },
          { kind: 'commit', target: 'y' },
        ],
      },
    });
    expect(after.labels).toEqual(['b', 'c']);
    expect(after.dependencies).toEqual([DEP, PARENT]);
    expect(after.links).toEqual([
      { kind: 'related', target: 'x' },
      { kind: 'commit', target: 'y' },
    ]);
  });

  test('given a member that is added and removed at once, when changed, then it is there', () => {
    expect(update({ labels: { add: ['a', 'n'], remove: ['a', 'n'] } }).labels).toEqual(['a', 'c', 'n']);
  });

  test('given a link, when one of another kind or target is removed, then it stays', () => {
    const others = [
      { kind: 'related' as const, target: 'y' },
      { kind: 'commit' as const, target: 'x' },
    ];
    expect(decision({ links: { remove: others } }).kind).toBe('unchanged');
    expect(update({ links: { remove: [{ kind: 'related', target: 'x' }] } }).links).toEqual([]);
  });

  test('given a context, when it is changed, then keys are merged, null removes, and maps below are replaced', () => {
    const after = update({ context: { deep: { z: 3 }, files: null, more: [1] } });
    expect(after.context).toEqual({ deep: { z: 3 }, nothing: null, more: [1] });
    expect(Object.keys(after.context)).toEqual(['deep', 'nothing', 'more']);
  });

  test('given two edits of different fields, when one comes after the other, then both stand', () => {
    update({ labels: { add: ['x'] }, context: { a: 1 } });
    const after = update({ labels: { add: ['y'] }, context: { b: 2 } });
    expect(after.labels).toEqual(['a', 'c', 'x', 'y']);
    expect(after.context).toMatchObject({ a: 1, b: 2 });
  });

  test('given a change to what stands already, when made, then nothing changes', () => {
    for (const patch of [
      {},
      { set: { title: 'Target', parent_id: null } },
      { context: { files: ['a.ts'], absent: null } },
      { labels: { add: ['a'], remove: ['z'] } },
      { dependencies: { add: [DEP], remove: [idOf(98)] } },
    ]) {
      expect(decision(patch).kind).toBe('unchanged');
    }
  });

  test.each([
    'status',
    'owner',
    'claim',
    'rev',
    'id',
    'labels',
    'comments',
    'attempts',
    'anything',
    '__proto__',
  ])('given the field %s, which update does not own, when it is set, then it is refused by name', (field) => {
    const set = JSON.parse(`{"${field}": "x"}`);
    const error = refusal(() => update({ set }));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { fields: [field] } });
  });

  test('given an item held by ada, when bob changes its text, then it is changed and still ada’s', () => {
    view.do('create', { id: idOf(7), fields: { title: 'x' } });
    view.do('claim', { id: idOf(7), execution_id: 'e' });
    const after = view.do('update', { id: idOf(7), actor: 'bob', patch: { set: { title: 'y' } } });
    expect(after).toMatchObject({ title: 'y', owner: 'ada', status: 'in_progress', claim: { epoch: 1 } });
  });
});

describe('comment', () => {
  test('given an item, when it is commented on, then the comment has time and author and comes last', () => {
    view.do('comment', { id: ID, body: 'one', at: time(1) });
    const after = view.do('comment', { id: ID, actor: 'bob', body: '  two\r\nlines \n', at: time(2) });
    expect(after.comments).toEqual([
      { at: time(1), by: 'ada', body: 'one' },
      { at: time(2), by: 'bob', body: 'two\nlines' },
    ]);
  });

  test('given no text, or more than 64 KiB, when commented, then it is refused', () => {
    for (const body of ['', ' \n\t', 'x'.repeat(64 * 1024 + 1)]) {
      expect(refusal(() => view.do('comment', { id: ID, body })).code).toBe('INVALID_INPUT');
    }
  });

  test('given an item that ended, when it is commented on, then it is taken', () => {
    view.do('cancel', { id: ID });
    expect(view.do('comment', { id: ID, body: 'pity' })).toMatchObject({ status: 'cancelled' });
  });
});
