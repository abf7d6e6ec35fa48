import { expect, test } from 'vitest';
import { readProject, table } from './markdown.ts';

const PAGE = readProject('docs/guarantees.md');
const NAMED = [...PAGE.matchAll(/`(test\/[^`]+)`: “([^”]+)”/g)].map(
  ([, file = '', name = '']) => [file, name] as const,
);

test('given the page, when it names a test, then the file has one of that name, or one that ends so', () => {
  const missing = NAMED.filter(([file, name]) => {
    const source = readProject(file);
    return !["'", '`', '"'].some((quote) => source.includes(`${name}${quote}`));
  });
  expect(missing).toEqual([]);
});

test('given the promises, when they are read, then each names a test', () => {
  const rows = table(PAGE);
  expect(rows.length).toBeGreaterThan(9);
  for (const [promise, precisely, shown = ''] of rows) {
    expect(precisely, promise).not.toBe('');
    expect(shown, promise).toMatch(/test\/\S+\.ts: “/);
  }
});

test('given the page, when a test is named, then in a form that is checked', () => {
  const mentioned = PAGE.match(/“/g)?.length ?? 0;
  expect(NAMED).toHaveLength(mentioned);
});

const PAGES = ['architecture', 'rooms', 'format', 'sync', 'guarantees'].map((name) => `docs/${name}.md`);

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
