import { expect, test } from 'vitest';
import { Choice } from '../../../src/agents/following/choice.ts';
import type { WorkItem, WorkPriority } from '../../../src/index.ts';

const item = (id: number, priority: WorkPriority = 'medium'): WorkItem =>
  ({ id: `WRK-20260103-${id}`, rev: 1, priority }) as WorkItem;
const READY = Array.from({ length: 100 }, (_, n) => item(n));

test('given a worker that meets nobody, when it chooses, then it takes the best', () => {
  const choice = new Choice('ada');
  expect(choice.pick(READY, 3)).toEqual(READY.slice(0, 3));
  expect(choice.pick([], 3)).toEqual([]);
});

test('given workers that lose races, when they choose, then they seldom choose the same, and none that is less urgent', () => {
  const choices = Array.from({ length: 8 }, (_, n) => new Choice(`worker ${n}`));
  for (const choice of choices) for (let n = 0; n < 5; n += 1) choice.lost();
  const picked = choices.map((choice) => choice.pick(READY, 1)[0]?.id);
  expect(new Set(picked).size).toBeGreaterThan(5);
  const urgent = [item(500, 'high'), item(501, 'high'), ...READY];
  for (const choice of choices) {
    expect(['high', 'high', 'medium']).toEqual(choice.pick(urgent, 3).map(({ priority }) => priority));
  }
});

test('given a worker that lost races, when it wins again and again, then it goes for the best again', () => {
  const choice = new Choice('ada');
  for (let n = 0; n < 10; n += 1) choice.lost();
  expect(choice.width).toBe(64);
  for (let n = 0; n < 64; n += 1) choice.won();
  expect(choice.pick(READY, 1)).toEqual([READY[0]]);
});
