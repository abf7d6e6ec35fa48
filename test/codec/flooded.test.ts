import { describe, expect, test } from 'vitest';
import { MAX_FILE_BYTES, readYaml } from '../../src/codec/read-yaml.ts';

const problemOf = (text: string): string => {
  const read = readYaml(Buffer.from(text));
  return read.kind === 'problem' ? `${read.problem.rule}: ${read.problem.message}` : 'map';
};
const times = (part: string, count: number): string => part.repeat(count);
const END = '\nb: 1\n';

describe('given files that are deeper than any stack', () => {
  test.each<[string, (depth: number) => string]>([
    ['lists in brackets', (depth) => `a: ${times('[', depth)}${times(']', depth)}${END}`],
    ['brackets that nobody closes', (depth) => `a: ${times('[', depth)}${END}`],
    ['maps in braces', (depth) => `a: ${times('{a: ', depth)}${times('}', depth)}${END}`],
    ['dashes in a line', (depth) => `a:\n  ${times('- ', depth)}x${END}`],
    ['dashes at the beginning, and then less', (depth) => `a:\n${times('- ', depth)}x${END}`],
    ['question marks', (depth) => `${times('? ', depth)}x${END}`],
    ['colons', (depth) => `${times(': ', depth)}x${END}`],
    ['all of these', (depth) => `${times('- ? : ', depth / 3)}x${END}`],
    ['dashes with a bracket each', (depth) => `a:\n  ${times('- [', depth / 2)}${END}`],
    [
      'lines, each further in',
      (depth) =>
        `${Array.from({ length: Math.min(depth, 1_900) }, (_, n) => `${times(' ', n)}a:\n`).join('')}b: 1\n`,
    ],
  ])('%s, when they are read, then that is told, and nothing overflows', (_what, make) => {
    for (const depth of [210, 2_000, 14_000]) expect(problemOf(make(depth)), `${depth}`).toMatch(/^yaml: /);
  });

  test('and of as many levels as are allowed, when they are read, then they are read', () => {
    const inside = Array.from({ length: 90 }, (_, n) => `${times(' ', n)}a:\n`).join('');
    expect(problemOf(`${inside}${times(' ', 90)}a: 1\n`)).toBe('map');
    expect(problemOf(`a: ${times('[', 90)}${times(']', 90)}\n`)).toBe('map');
  });
});

describe('given files of two megabytes that only the whole of YAML can read', () => {
  const full = (part: string, start = ''): string =>
    start + times(part, (MAX_FILE_BYTES - 100) / part.length);

  test.each<[string, string]>([
    ['a list of numbers', `${full('1,', 'a: [')}]\n`],
    ['a list of empty maps', `${full('{},', 'a: [')}]\n`],
    ['tags', `${full('!x 1,', 'a: [')}]\n`],
    ['anchors', `${full('&a 1,', 'a: [')}]\n`],
    ['aliases', `${full('*a ', 'a: [')}]\n`],
    ['empty lines', full('\n', 'a: 1')],
    ['comments', full('# x\n')],
    ['keys', full('? a\n: b\n')],
    ['a list in lines', full('  -  x\n', 'labels:\n')],
    ['documents', full('---\n')],
    ['directives', full('%YAML 1.2\n')],
    ['colons', full(': ')],
  ])('%s, when they are read, then they are refused before they are parsed', (_what, text) => {
    expect(problemOf(text)).toMatch(/^size: /);
  });

  test('prose, when it is read, then it is read', () => {
    const line = 'Whoever reads a line of this, and then the next one, has read two lines of it.';
    expect(problemOf(`description: |\n${times(`  ${line}\n`, 5_000)}`)).toBe('map');
  });
});
