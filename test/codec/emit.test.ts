import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { emitYaml } from '../../src/codec/canonical-yaml.ts';
import { readYaml } from '../../src/codec/read-yaml.ts';
import { anyMap, text } from '../helpers/arbitraries.ts';
import { runs } from '../helpers/runs.ts';

function reread(yaml: string): Record<string, unknown> {
  const read = readYaml(Buffer.from(yaml));
  if (read.kind === 'problem') throw new Error(`${JSON.stringify(read.problem)} in\n${yaml}`);
  return read.map;
}

test.each([
  ['ledger', 'ledger'],
  ['two words', 'two words'],
  ['src/a.ts (old) + x', 'src/a.ts (old) + x'],
  ['', '""'],
  ['no', '"no"'],
  ['Y', '"Y"'],
  ['1', '"1"'],
  ['1e3', '"1e3"'],
  ['2026-01-03', '"2026-01-03"'],
  ['- a', '"- a"'],
  ['a: b', '"a: b"'],
  ['a #b', '"a #b"'],
  ['trail ', '"trail "'],
  ['é', '"é"'],
  ['\u202e', '"\\u202e"'],
  ['\u200f', '"\\u200f"'],
  ['\u0085', '"\\u0085"'],
  ['\ufffe', '"\\ufffe"'],
  ['\ud800', '"\\ud800"'],
  ['a\nb', '|-\n  a\n  b'],
  ['a\nb\n', '|\n  a\n  b'],
  ['a\n\n', '|+\n  a\n'],
  [' a\nb', '|2-\n   a\n  b'],
  ['\na', '|2-\n\n  a'],
  ['a\n\nb', '|-\n  a\n\n  b'],
  ['a\n\u200eb', '"a\\n\\u200eb"'],
  ['a\r\nb', '"a\\r\\nb"'],
  ['\n', '"\\n"'],
  [' \n', '" \\n"'],
  ['\n\t', '"\\n\\t"'],
  [' a\n ', '" a\\n "'],
  ['a\n \n\n', '"a\\n \\n\\n"'],
  ['a\n \nb', '|-\n  a\n   \n  b'],
  [-0, '0'],
  [1e21, '1e+21'],
  [null, 'null'],
  [[], '[]'],
  [{}, '{}'],
])('given %j, when written, then it stands as %j', (value, yaml) => {
  expect(emitYaml({ key: value })).toBe(`key: ${yaml}\n`);
});

test('given undefined in a map, when written, then the key is left out', () => {
  expect(emitYaml({ a: undefined, b: 1 })).toBe('b: 1\n');
});

test('given any map, when written, then it reads the same and shows as it is', () => {
  fc.assert(
    fc.property(anyMap, (map) => {
      const yaml = emitYaml(map);
      expect(JSON.stringify(yaml === '' ? {} : reread(yaml))).toBe(JSON.stringify(map));
      expect(yaml).toMatch(/^$|\n$/);
      // Every line is one that a terminal shows as it is.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(yaml).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\ufeff]/);
    }),
    { numRuns: runs(300) },
  );
});

test('given any text, when a reader of YAML 1.1 reads it as key, value and member, then it is that text', () => {
  fc.assert(
    fc.property(text, (value) => {
      const yaml = emitYaml({ value, list: [value, [value]], map: { deep: [{ value }] }, [`${value}`]: 1 });
      const old = parse(yaml, { version: '1.1', logLevel: 'silent' });
      const expected = { value, list: [value, [value]], map: { deep: [{ value }] }, [`${value}`]: 1 };
      expect(JSON.stringify(old)).toBe(JSON.stringify(expected));
    }),
    { numRuns: runs(300) },
  );
});

test('given text with lone surrogates, when written and read, then it is the same text', () => {
  const map = { a: '\ud800', b: 'x\udc00\ny', '\udfff': 1 };
  expect(reread(emitYaml(map))).toEqual(map);
});

test('given thousands of keys, when read, then each is found once', () => {
  const map = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
  expect(Object.keys(reread(emitYaml(map)))).toHaveLength(20_000);
});
