import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCanonical } from '../../src/audit/read-canonical.ts';
import { emitYaml } from '../../src/codec/emit.ts';
import { decodeItem, encodeItem } from '../../src/codec/item.ts';
import { stateOf } from '../../src/codec/path.ts';
import { workItemSchema } from '../../src/domain/item.ts';
import { anyMap, workItem } from '../helpers/arbitraries.ts';

it('given any map, when it was written canonically, then it is read back', () => {
  fc.assert(
    fc.property(anyMap, (map) => {
      // JSON has one zero.
      expect(readCanonical(emitYaml({ map }))).toEqual({ map: JSON.parse(JSON.stringify(map)) });
    }),
    { numRuns: 1_000 },
  );
});

it('given any item, when it was written canonically, then it is read as the library reads it', () => {
  fc.assert(
    fc.property(workItem(), (item) => {
      const bytes = encodeItem(item);
      const read = workItemSchema.parse(readCanonical(bytes.toString()));
      expect(decodeItem(bytes, item.id, stateOf(item.status))).toEqual({ kind: 'item', item: read });
    }),
    { numRuns: 300 },
  );
});

describe('given what was never written canonically', () => {
  it.each([
    ['no text', ''],
    ['no last line break', 'a: 1'],
    ['no map', '- a\n'],
    ['words', 'hello\n'],
    ['a quote that is not closed', '"a: 1\n'],
    ['a quote that is wrong', 'a: "\\x41"\n'],
    ['a deeper line', 'a: 1\n  b: 2\n'],
    ['too many levels', `a:\n  ${'- '.repeat(50_000)}a\n`],
  ])('as %s, then it is left to the library', (_what, text) => {
    expect(readCanonical(text)).toBeUndefined();
  });
});
