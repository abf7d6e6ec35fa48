import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseClock } from '../../src/cli/cli.ts';

const NOW = '2026-01-03T10:00:00.000Z';
const HOUR_MS = 3_600_000;
const at = (clock: { now(): Date }): string => clock.now().toISOString();

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
});
afterEach(() => {
  vi.useRealTimers();
});

test('given no WL_NOW, when time passes, then the clock is the machine’s', () => {
  const clock = chooseClock('');
  vi.advanceTimersByTime(HOUR_MS);
  expect(at(clock)).toBe('2026-01-03T11:00:00.000Z');
});

test('given a time, when time passes, then only what is slept through counts', async () => {
  const clock = chooseClock('2026-02-01T00:00:00Z');
  vi.advanceTimersByTime(HOUR_MS);
  expect(at(clock)).toBe('2026-02-01T00:00:00.000Z');
  const slept = clock.sleep(60_000);
  await vi.advanceTimersByTimeAsync(60_000);
  await slept;
  expect(at(clock)).toBe('2026-02-01T00:01:00.000Z');
});

test.each([
  ['+1d', '2026-01-04T11:00:00.000Z'],
  ['-90m', '2026-01-03T09:30:00.000Z'],
  ['+10s', '2026-01-03T11:00:10.000Z'],
])('given WL_NOW=%s, when an hour passes, then it is %s', (now, then) => {
  const clock = chooseClock(now);
  vi.advanceTimersByTime(HOUR_MS);
  expect(at(clock)).toBe(then);
});

test('given a clock twice as fast, when time passes, then twice as much, for all who were told the same, and a sleep is half as long', async () => {
  const [one, other] = [chooseClock(`x2@${NOW}`), chooseClock(`x2@${NOW}`)];
  expect(at(one)).toBe(NOW);
  vi.advanceTimersByTime(HOUR_MS);
  expect([at(one), at(other), at(chooseClock(`x2@${NOW}`))]).toEqual(
    Array.from({ length: 3 }, () => '2026-01-03T12:00:00.000Z'),
  );
  const slept = one.sleep(10_000);
  await vi.advanceTimersByTimeAsync(5_000);
  await slept;
  expect(at(one)).toBe('2026-01-03T12:00:10.000Z');
});

test.each(['today', '1d', '+1', '+1w', 'x2', 'x0@2026-01-03T10:00:00Z', 'x2@today', '+99999999d'])(
  'given WL_NOW=%s, when it is read, then it is refused',
  (now) => {
    expect(() => chooseClock(now)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  },
);
