import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedOp } from '../../src/codec/op.ts';
import { isOp } from '../../src/domain/ids.ts';
import { id, op } from '../helpers/arbitraries.ts';

test('given a cause and an item, when the op of what follows is derived, then it is always this one', () => {
  expect(derivedOp('019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11', 'WRK-20260103-0001')).toBe(
    '019b81f3-6c1e-7712-8cd8-865d694776c3',
  );
});

test('given any cause, when an op is derived, then it is a UUID of version 7 at the time of its cause', () => {
  fc.assert(
    fc.property(op, id, (cause, item) => {
      const derived = derivedOp(cause, item);
      expect(isOp(derived)).toBe(true);
      expect(derived.slice(0, 13)).toBe(cause.slice(0, 13));
      expect(derivedOp(cause, item)).toBe(derived);
      expect(derived).not.toBe(cause);
    }),
  );
});

test('given one cause, when ops are derived for many items, then each has its own', () => {
  const cause = '019b81f3-6c1e-7a52-9d0c-0f7e4f8e2b11';
  const ops = Array.from({ length: 1000 }, (_, n) => derivedOp(cause, `WRK-20260103-${n}`));
  expect(new Set(ops).size).toBe(1000);
  expect(new Set(ops.map((derived) => derived.at(19)))).toEqual(new Set(['8', '9', 'a', 'b']));
});
