import { expect, test } from 'vitest';
import { Observations } from '../../../src/agents/presence/observations.ts';
import { systemClock } from '../../../src/index.ts';
import { MemoryState } from '../../../src/store/local-state.ts';

function observer(kept?: string) {
  const state = new MemoryState();
  if (kept !== undefined) state.set('presence.seen', kept);
  /** One look of a process of its own. */
  const look = (at: number, signs: Record<string, string>, looked = true): Record<string, number> => {
    const observations = new Observations(state, { ...systemClock, now: () => new Date(at) });
    const silent = Object.entries(signs).map(([key, oid]) => [key, observations.note(key, oid, looked)]);
    observations.save();
    return Object.fromEntries(silent);
  };
  return { look };
}

test('given signs that one process after another looks at, when they stay, then they are silent for as long as it was looked', () => {
  const { look } = observer();
  expect(look(1000, { a: 'x', b: 'y' })).toEqual({ a: 0, b: 0 });
  expect(look(3000, { a: 'x', b: 'z' })).toEqual({ a: 2000, b: 0 });
  expect(look(9000, { a: 'x', b: 'z' }, false)).toEqual({ a: 2000, b: 0 });
  expect(look(10_000, { a: 'x', b: 'z' })).toEqual({ a: 9000, b: 7000 });
});

test('given a sign that was gone for a while, when it is there again, then it is as new', () => {
  const { look } = observer();
  look(1000, { a: 'x' });
  look(2000, {});
  expect(look(3000, { a: 'x' })).toEqual({ a: 0 });
});

test.each(['', '{', 'null', '{}', '[1]', '[["a"]]', '[["a", null]]', '[["a", {"oid": 1, "first": "x"}]]'])(
  'given what is kept as %j, when it is looked, then it begins anew',
  (kept) => {
    const { look } = observer(kept);
    expect(look(1000, { a: 'x' })).toEqual({ a: 0 });
    expect(look(2000, { a: 'x' })).toEqual({ a: 1000 });
  },
);
