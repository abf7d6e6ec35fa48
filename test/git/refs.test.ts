import { describe, expect, test } from 'vitest';
import { isRefName, parsePackedRefs, withoutPackedRef } from '../../src/git/refs/ref-files.ts';

const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
const PACKED = `# pack-refs with: peeled fully-peeled sorted \n${A} refs/heads/x\n${B} refs/tags/v1\n^${A}\n${A} refs/tags/v2\n`;

describe('ref names', () => {
  test.each([
    'refs/heads/work-ledger',
    'refs/work-ledger/seen/origin',
    'refs/heads/review/WRK-20260103-0001',
    'refs/x/ü',
  ])('given %s, then it is a ref name', (ref) => expect(isRefName(ref)).toBe(true));

  test.each([
    'HEAD',
    'heads/x',
    'refs',
    'refs/',
    'refs//x',
    'refs/x/',
    'refs/../config',
    'refs/x..y',
    'refs/.hidden',
    'refs/heads/x.lock',
    'refs/x.lock/y',
    'refs/x.',
    'refs/a b',
    'refs/a\nb',
    'refs/a\\b',
    'refs/a:b',
    'refs/a@{1}',
    'refs/a*',
  ])('given %j, then it is no ref name', (ref) => expect(isRefName(ref)).toBe(false));
});

describe('packed refs', () => {
  test('given the file, when it is read, then refs have their own values, not the peeled ones', () => {
    expect([...parsePackedRefs(PACKED)]).toEqual([
      ['refs/heads/x', A],
      ['refs/tags/v1', B],
      ['refs/tags/v2', A],
    ]);
  });

  test('given a ref to take out, when it has a peeled value, then that goes too, and the rest stays byte for byte', () => {
    expect(withoutPackedRef(PACKED, 'refs/tags/v1')).toBe(PACKED.replace(`${B} refs/tags/v1\n^${A}\n`, ''));
    expect(withoutPackedRef(PACKED, 'refs/heads/x')).toBe(PACKED.replace(`${A} refs/heads/x\n`, ''));
    expect(withoutPackedRef(PACKED, 'refs/heads')).toBe(PACKED);
  });
});
