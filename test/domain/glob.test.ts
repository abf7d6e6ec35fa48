import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches } from '../../src/domain/policy-rules.ts';
import { runs } from '../helpers/runs.ts';

test.each([
  ['ada', 'ada', true],
  ['ada', 'ad', false],
  ['ada', 'adam', false],
  ['*', '', true],
  ['*', 'anyone at all', true],
  ['', '', true],
  ['', 'a', false],
  ['team/*', 'team/ada', true],
  ['team/*', 'team', false],
  ['swarm_*/implementer', 'swarm_dev/implementer', true],
  ['swarm_*/implementer', 'swarm_dev/critic', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['a*a', 'a', false],
  ['a.c', 'abc', false],
  ['a**b', 'ab', true],
])('given the pattern %j and %j, then it is %s', (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test('given any pattern and text, then it is as the same pattern as a regular expression says', () => {
  const word = fc
    .array(fc.constantFrom('a', 'b', '/', '.', '*'), { maxLength: 9 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(word, word, (pattern, text) => {
      const source = pattern
        .split('*')
        .map((part) => part.replaceAll('.', '\\.'))
        .join('[^]*');
      expect(matches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
    }),
    { numRuns: runs(2_000) },
  );
});
