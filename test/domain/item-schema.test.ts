import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkItem,
  checkNewWork,
  newWorkSchema,
  withoutUndefined,
  workItemSchema,
} from '../../src/domain/item-schema.ts';
import { workItem } from '../helpers/arbitraries.ts';
import { runs } from '../helpers/runs.ts';

type Fields = Record<string, unknown>;

/** The law: what the quick check takes, the schema takes, with the same result and its keys in the same order. */
function expectAgreement(map: Fields): void {
  const quick = checkItem(map);
  if (quick === undefined) return;
  const { success, data } = workItemSchema().safeParse(map);
  expect(success).toBe(true);
  expect(quick).toEqual(data);
  expect(JSON.stringify(quick)).toBe(JSON.stringify(data));
}

const ODD: readonly unknown[] = [
  ...[
    undefined,
    null,
    '',
    ' ',
    'a',
    'a\nb',
    '<x>',
    ' a',
    'x'.repeat(201),
    'x'.repeat(501),
    'x'.repeat(70_000),
  ],
  ...[
    '\ud800',
    '\u202e',
    '__proto__',
    'pending',
    'task',
    'low',
    '2026-01-03T10:00:00.000Z',
    '2026-02-30T10:00:00.000Z',
  ],
  ...[
    'WRK-20260103-0001',
    '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11',
    0,
    -0,
    1,
    -1,
    1.5,
    2 ** 53,
    Number.NaN,
    true,
    false,
  ],
  ...[
    [],
    {},
    [1],
    [''],
    ['a'],
    [[]],
    [{}],
    { a: 1 },
    { kind: 'commit', target: 'x' },
    [{ kind: 'commit', target: 'x' }],
  ],
  ...[
    [{ target: 'x', kind: 'commit' }],
    [{ text: 'a' }],
    [{ text: 'a', done: true, more: 1 }],
    new Date(0),
    new Map(),
  ],
  ...[
    { big: 'x'.repeat(300_000) },
    JSON.parse('{"__proto__":1}'),
    Object.create(null),
    Object.create({ inherited: 1 }),
  ],
];
const odd: Arbitrary<unknown> = fc.oneof(fc.constantFrom(...ODD), fc.anything());

/** An item in which something was set, taken away or moved, at the top or one level below. */
const spoiled: Arbitrary<Fields> = workItem().chain((item) =>
  fc.array(change(item), { maxLength: 3 }).map((changes) => {
    let map: Fields = { ...item };
    for (const apply of changes) map = apply(map);
    return map;
  }),
);

type Change = (map: Fields) => Fields;

function change(item: Fields): Arbitrary<Change> {
  const key = fc.oneof(
    fc.constantFrom(...Object.keys(workItemSchema().shape)),
    fc.constantFrom('extra', '__proto__', '7'),
  );
  const maps = Object.keys(item).filter((name) => isMap(item[name]) || isMap(firstOf(item[name])));
  return fc.oneof(
    fc.tuple(key, odd).map(
      ([name, value]): Change =>
        (map) =>
          put(map, name, value),
    ),
    key.map(
      (name): Change =>
        ({ [name]: _, ...rest }) =>
          rest,
    ),
    fc.constant<Change>((map) => Object.fromEntries(Object.entries(map).reverse())),
    ...(maps.length === 0 ? [] : [fc.constantFrom(...maps).chain(changeWithin)]),
  );
}

/** Changes a map that stands at `name`, or the first of a list of maps. */
function changeWithin(name: string): Arbitrary<Change> {
  const inner = fc.constantFrom(
    'at',
    'attempt',
    'text',
    'done',
    'kind',
    'by',
    'body',
    'from',
    'epoch',
    'data',
    'more',
  );
  return fc.tuple(inner, odd, fc.boolean()).map(
    ([key, value, reversed]): Change =>
      (map) => {
        const within = (old: unknown): unknown => {
          if (!isMap(old)) return old;
          const made = put(old, key, value);
          return reversed ? Object.fromEntries(Object.entries(made).reverse()) : made;
        };
        const old = map[name];
        return put(map, name, Array.isArray(old) ? old.map(within) : within(old));
      },
  );
}

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);
const put = (map: Fields, key: string, value: unknown): Fields =>
  Object.fromEntries([...Object.entries(map).filter(([other]) => other !== key), [key, value]]);

describe('the quick check of an item', () => {
  it('given any item as a file has it, then it passes', () => {
    fc.assert(
      fc.property(workItem(), (item) => {
        const map = JSON.parse(JSON.stringify(item)) as Fields;
        expect(checkItem(map)).toBeDefined();
        expectAgreement(map);
      }),
      { numRuns: runs(500) },
    );
  });

  it('given an item with anything changed in it, then it takes nothing that the schema would not', () => {
    fc.assert(fc.property(spoiled, expectAgreement), { numRuns: runs(3_000) });
  });

  it('given any one field with any odd value, then it takes nothing that the schema would not', () => {
    const [item] = fc.sample(workItem(), { numRuns: 1, seed: 7 });
    for (const key of [...Object.keys(workItemSchema().shape), 'extra']) {
      for (const value of ODD) expectAgreement({ ...item, [key]: value });
    }
  });
});

/** The same law where a key may be there without a value, as in what a decision puts together: nothing is lost by it. */
function expectSameItem(map: Fields): void {
  const quick = checkItem(withoutUndefined(map));
  if (quick === undefined) return;
  const { success, data } = workItemSchema().safeParse(map);
  expect(success).toBe(true);
  expect(JSON.stringify(quick)).toBe(JSON.stringify(data));
}

describe('the quick check of what a decision puts together', () => {
  it('given an item with any key without a value, then it takes nothing that the schema would not', () => {
    const absent = workItem().chain((item) =>
      fc
        .subarray([...Object.keys(workItemSchema().shape), 'extra'])
        .map((keys) => ({ ...item, ...Object.fromEntries(keys.map((key) => [key, undefined])) })),
    );
    fc.assert(fc.property(absent, expectSameItem), { numRuns: runs(500) });
    fc.assert(fc.property(spoiled, expectSameItem), { numRuns: runs(1_000) });
  });

  it('given what anyone makes a new item from, then it takes nothing that the schema would not', () => {
    const expectSameWork = (map: Fields): void => {
      const quick = checkNewWork(map);
      if (quick === undefined) return;
      const { success, data } = newWorkSchema().safeParse(map);
      expect(success).toBe(true);
      expect(quick).toEqual(data);
    };
    const names = Object.keys(newWorkSchema().shape);
    const some = spoiled.chain((item) =>
      fc.subarray([...names, 'rev', 'extra']).map((keys) => ({
        title: 'One',
        ...Object.fromEntries(keys.map((key) => [key, item[key]])),
      })),
    );
    fc.assert(fc.property(some, expectSameWork), { numRuns: runs(2_000) });
    expect(checkNewWork({ title: 'One', labels: ['a'], parent_id: undefined })).toMatchObject({
      type: 'task',
    });
    expect(checkNewWork({ title: 'One', rev: 1 })).toBeUndefined();
  });
});
