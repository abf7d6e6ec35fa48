import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attemptsAllowed, backoffMs, isExhausted } from '../../src/domain/holding.ts';

test('given attempts, when the wait is asked for, then it is attempts to the fourth in seconds, or down to half of it', () => {
  expect([1, 2, 3].map((n) => [backoffMs(n, 0), backoffMs(n, 1)])).toEqual([
    [500, 1000],
    [8000, 16_000],
    [40_500, 81_000],
  ]);
});

test('given any attempts and any chance, when the wait is asked for, then it is an hour at most', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, chance) => {
      const wait = backoffMs(attempts, chance);
      expect(wait).toBeLessThanOrEqual(3_600_000);
      expect(wait).toBeGreaterThanOrEqual(Math.min(1_800_000, attempts ** 4 * 500));
      expect(Number.isInteger(wait)).toBe(true);
    }),
  );
});

test('given an item with a limit of its own, when attempts are counted, then it goes before the ledger', () => {
  const settings = { max_attempts: 3 };
  expect(attemptsAllowed({ max_attempts: undefined }, settings)).toBe(3);
  expect(isExhausted({ attempts: 3, max_attempts: 4 }, settings)).toBe(false);
  expect(isExhausted({ attempts: 3, max_attempts: undefined }, settings)).toBe(true);
});
