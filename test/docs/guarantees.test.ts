import { expect, test } from 'vitest';
import { missingTests, namedTests, readProject, table } from './markdown.ts';

const PAGE = readProject('docs/guarantees.md');

test('given the page, when it names a test, then the file has one of that name, or one that ends so', () => {
  expect(missingTests(PAGE)).toEqual([]);
});

test('given the promises, when they are read, then each names a test', () => {
  const rows = table(PAGE);
  expect(rows.length).toBeGreaterThan(9);
  for (const [promise, precisely, shown = ''] of rows) {
    expect(precisely, promise).not.toBe('');
    expect(shown, promise).toMatch(/test\/\S+\.ts: “/);
  }
});

test('given the kinds of faults, when each is read, then its promises are there', () => {
  const promises = new Set(table(PAGE).map(([promise = '']) => promise.replaceAll('**', '').toLowerCase()));
  const [, kinds = ''] = PAGE.split('## By what can go wrong');
  const named = [...(kinds.split('\n## ', 1)[0] ?? '').matchAll(/\*([^*]+)\*/g)].map(([, name = '']) =>
    name.replaceAll(/\s+/g, ' '),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !promises.has(name))).toEqual([]);
});

test('given the page, when a test is named, then in a form that is checked', () => {
  const mentioned = PAGE.match(/“/g)?.length ?? 0;
  expect(namedTests(PAGE)).toHaveLength(mentioned);
});

const PAGES = ['architecture', 'rooms', 'format', 'sync', 'guarantees', 'threat-model'].map(
  (name) => `docs/${name}.md`,
);

test.each([...PAGES, 'CONTRIBUTING.md', 'AGENTS.md'])(
  'given %s, when it names a file of the project, then it is there',
  (page) => {
    const text = readProject(page);
    const files = [...text.matchAll(/`((?:src|test|docs|examples|bench|\.ci)\/[\w./-]+\.\w+)`/g)].map(
      ([, file = '']) => file,
    );
    const links = [...text.matchAll(/\]\(([\w./-]+\.md)\)/g)].map(([, link = '']) =>
      page.startsWith('docs/') ? `docs/${link}`.replace('docs/../', '') : link,
    );
    for (const file of [...files, ...links]) expect(() => readProject(file), file).not.toThrow();
  },
);
