import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ITEM_KEYS } from '../../src/domain/item-keys.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';
import { actor as actorKind, time as timeKind } from '../../src/domain/kinds.ts';
import { schemaOf } from '../../src/domain/schema.ts';
import { faultsOfActor, isActorName, isTime } from '../../src/domain/values.ts';
import { runs } from '../helpers/runs.ts';

it('given the keys of an item, when held against its schema, then names and order are the same', () => {
  expect(ITEM_KEYS).toEqual(Object.keys(workItemSchema().shape));
});

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 220 }),
  fc.string({ unit: fc.constantFrom('a', ' ', '<', '>', '\n', '\u202e', '😀', '\ud800'), maxLength: 220 }),
  fc.constantFrom('x'.repeat(200), 'x'.repeat(201), '😀'.repeat(200), '😀'.repeat(201)),
);

it('given any name, when it is checked without the schema, then the schema says the same', () => {
  fc.assert(
    fc.property(name, (text) => {
      const parsed = schemaOf(actorKind).safeParse(text);
      expect(isActorName(text)).toBe(parsed.success);
      expect(faultsOfActor(text)).toEqual(parsed.error?.issues.map(({ message }) => message) ?? []);
    }),
    { numRuns: runs(1_000) },
  );
});

const part = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
const day = fc
  .tuple(fc.integer({ min: 0, max: 9_999 }), part(13), part(32))
  .map(([year, ...rest]) => [String(year).padStart(4, '0'), ...rest].join('-'));
const time = fc
  .tuple(day, part(25), part(61), part(61), fc.integer({ min: 0, max: 999 }))
  .map(([date, h, m, s, ms]) => `${date}T${h}:${m}:${s}.${String(ms).padStart(3, '0')}Z`);

it('given any time, when it is checked without the schema, then the schema says the same', () => {
  const said = (text: string): void => {
    expect(isTime(text), text).toBe(schemaOf(timeKind).safeParse(text).success);
  };
  fc.assert(fc.property(time, said), { numRuns: runs(2_000) });
  for (const year of ['0000', '0004', '1900', '2000', '2023', '2024', '2100', '9999']) {
    for (let month = 0; month <= 13; month += 1) {
      for (let of = 27; of <= 32; of += 1)
        said(`${year}-${String(month).padStart(2, '0')}-${of}T00:00:00.000Z`);
    }
  }
  for (const text of [
    '',
    '2026-01-03',
    '2026-01-03T10:00:00Z',
    '2026-01-03T10:00:00.000+00:00',
    '2026-01-03T24:00:00.000Z',
  ])
    said(text);
  said('2026-01-03T10:00:00.000Z\n');
});
