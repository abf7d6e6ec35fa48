import { expect, it } from 'vitest';
import { parseOptions } from '../../bench/options.ts';

const SUITES = ['process', 'library'];

it('given no options, when they are parsed, then a full run of everything is asked for', () => {
  expect(parseOptions([], SUITES)).toEqual({
    sizes: [10_000, 100_000],
    runs: 11,
    only: [],
    peers: [],
    oneDay: false,
    json: false,
    quick: false,
  });
});

it('given --quick, when options are parsed, then it is small, and what is named still counts', () => {
  expect(parseOptions(['--quick'], SUITES)).toMatchObject({ sizes: [1_000], runs: 5 });
  expect(parseOptions(['--quick', '--items', '2,000', '--runs', '3'], SUITES)).toMatchObject({
    sizes: [2_000],
    runs: 3,
  });
});

it('given lists, when options are parsed, then every member counts', () => {
  const args = ['--only', 'library,process', '--peer', 'backlog.md', '--peer', 'get-tbd'];
  expect(parseOptions(args, SUITES)).toMatchObject({
    only: ['library', 'process'],
    peers: ['backlog.md', 'get-tbd'],
  });
});

it('given --help, when options are parsed, then nothing else is asked for', () => {
  expect(parseOptions(['--help'], SUITES)).toBe('help');
});

it.each([
  [['--only', 'speed'], /no suite speed; there are process, library/],
  [['--items', 'many'], /--items takes .* not many/],
  [['--items', '7'], /--items takes .* at least 500/],
  [['--runs', '0'], /--runs takes .* not 0/],
  [['--fast'], /--fast/],
])('given %j, when options are parsed, then it says what is wrong', (args, message) => {
  expect(() => parseOptions(args, SUITES)).toThrow(message);
});
