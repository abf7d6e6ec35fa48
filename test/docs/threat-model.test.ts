import { expect, test } from 'vitest';
import { missingTests, namedTests, readProject, section, table } from './markdown.ts';

const PAGE = readProject('docs/threat-model.md');
const WITHOUT_TESTS = ['What nothing stops', 'What a reader checks'];
const ATTACKERS = [...PAGE.matchAll(/^## (.+)$/gm)]
  .map(([, heading = '']) => heading)
  .filter((heading) => !WITHOUT_TESTS.includes(heading));

test('given the page, when it names a test, then the file has one of that name, or one that ends so', () => {
  expect(missingTests(PAGE)).toEqual([]);
  expect(namedTests(PAGE)).toHaveLength(PAGE.match(/“/g)?.length ?? 0);
});

test.each(ATTACKERS.map((one) => [one]))(
  'given %s, when the lines are read, then each says what stops it, and names a test',
  (attacker) => {
    const rows = table(section(PAGE, `## ${attacker}`));
    expect(rows).not.toEqual([]);
    for (const [reach, stopped, shown = ''] of rows) {
      expect(stopped, reach).not.toBe('');
      expect(shown, reach).toMatch(/test\/\S+\.ts: “/);
    }
  },
);

test('given what nothing stops, when it is read, then no test is claimed for it', () => {
  for (const heading of WITHOUT_TESTS) expect(namedTests(section(PAGE, `## ${heading}`))).toEqual([]);
});

test.each([
  ['README.md', ['docs/threat-model.md', 'names are asserted', 'may `configure`', 'a reader checks']],
  [
    'docs/policy.md',
    ['threat-model.md', 'Names are asserted', 'may `configure`', 'A reader who has to rely on it checks'],
  ],
  ['SECURITY.md', ['docs/threat-model.md']],
])('given %s, when it is read, then it says so, and leads to the page', (page, words) => {
  const text = readProject(page).replaceAll(/\s+/g, ' ');
  for (const word of words) expect(text).toContain(word);
});
