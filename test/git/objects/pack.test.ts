import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../../src/git/objects/pack.ts';

const BASE = Buffer.from('0123456789');
const apply = (...bytes: number[]): string => applyDelta(BASE, Uint8Array.from(bytes)).toString();

describe('deltas', () => {
  test('given copies and insertions, when they are applied, then the result is in their order', () => {
    expect(apply(10, 7, 0x91, 4, 3, 2, 97, 98, 0x90, 2)).toBe('456ab01');
  });

  test.each([
    ['for another base', [9, 1, 1, 97]],
    ['that copies from beyond its base', [10, 4, 0x91, 8, 4]],
    ['that makes more than it says', [10, 1, 2, 97, 98]],
    ['that makes less than it says', [10, 3, 1, 97]],
    ['that ends within an insertion', [10, 3, 3, 97]],
    ['with an instruction that is not known', [10, 1, 0]],
    ['that ends within its head', [0x8a]],
  ])('given a delta %s, when it is applied, then it is refused', (_, bytes) => {
    expect(() => apply(...bytes)).toThrow(RangeError);
  });
});
