import { beforeEach, describe, expect, test } from 'vitest';
import { encodeItem } from '../../src/codec/item.ts';
import { FakeView, idOf, refusal, time } from '../helpers/fake-view.ts';

// What an item is about and by when it is to be done are fields that say something and refuse nothing.

const ID = idOf(1);
let view: FakeView;

beforeEach(() => {
  view = new FakeView();
});

test('given a due time and a scope, when an item is made and changed, then both stand in its file, and go again', () => {
  view.do('create', {
    id: ID,
    fields: { title: 'One', due_at: time(9), scope: ['src/api/**', 'docs/api.md'] },
  });
  const file = encodeItem(view.find(ID) ?? expect.unreachable()).toString();
  expect(file).toContain(`due_at: "${time(9)}"\n`);
  expect(file).toContain('scope:\n  - "src/api/**"\n  - docs/api.md\n');
  view.do('update', { id: ID, patch: { set: { due_at: null, scope: ['src'] } } });
  expect(view.find(ID)).toEqual(expect.not.objectContaining({ due_at: expect.anything() }));
  expect(view.find(ID)).toMatchObject({ scope: ['src'] });
  view.do('update', { id: ID, patch: { set: { scope: null } } });
  expect(view.find(ID)?.scope).toBeUndefined();
});

describe('given an item of which the due time is past, when it is claimed and completed, then nothing is refused', () => {
  test('as nothing asks for a clock', () => {
    view.do('create', { id: ID, fields: { title: 'One', due_at: time(0) } });
    view.do('claim', { id: ID, execution_id: 'e', ttl_s: 60, at: time(30) });
    view.do('complete', { id: ID, result: undefined, at: time(31) });
    expect(view.find(ID)).toMatchObject({ status: 'completed', due_at: time(0) });
  });
});

test.each([
  '',
  ' src',
  '/src',
  'src/',
  'src//a',
  './src',
  'src/../a',
  '..',
  'C:\\src',
  '**',
  'src/*.ts',
  'src/**/a',
  'a'.repeat(501),
  'a\nb',
])('given the scope %j, when an item is made, then it is refused by name', (path) => {
  const error = refusal(() => view.do('create', { id: ID, fields: { title: 'One', scope: [path] } }));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('scope') });
});

test('given more scopes than an item can have, or none of them, when it is made, then it is refused', () => {
  for (const scope of [[], Array.from({ length: 101 }, (_, n) => `a${n}`)])
    expect(refusal(() => view.do('create', { id: ID, fields: { title: 'One', scope } })).code).toBe(
      'INVALID_INPUT',
    );
});
