import { expect, test } from 'vitest';
import { readObservations } from '../../src/ledger/orphans.ts';

const since = '2026-01-03T10:00:00.000Z';
const good = { epoch: 1, execution_id: 'exec-1', rev: 2, seen: null, since, awake: null, witnessed: true };
const NOTHING = { looked: null, items: {} };

test('given what was noted, when it is read, then it is the same', () => {
  const observations = { looked: since, items: { 'WRK-20260103-0001': good } };
  expect(readObservations(JSON.stringify(observations))).toEqual(observations);
});

test.each(['', '{', 'null', '[]', '3', '{"items":3}', '{"looked":"yesterday","items":[1,null]}'])(
  'given the damaged notes %j, when they are read, then nothing was seen',
  (text) => {
    expect(readObservations(text)).toEqual(NOTHING);
    expect(readObservations(undefined)).toEqual(NOTHING);
  },
);

test('given one entry that is damaged, when the notes are read, then the others stand', () => {
  const bad = [
    { since: 'x' },
    { rev: '2' },
    { epoch: 'a' },
    { execution_id: 1 },
    { seen: 1 },
    { awake: '1' },
    { witnessed: 1 },
  ];
  const items = Object.fromEntries([
    ['good', good],
    ...bad.map((wrong, index) => [`bad${index}`, { ...good, ...wrong }]),
  ]);
  expect(readObservations(JSON.stringify({ looked: since, items })).items).toEqual({ good });
});
