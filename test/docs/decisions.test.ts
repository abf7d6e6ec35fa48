import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readProject, section } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGES = readdirSync(`${ROOT}docs/decisions`)
  .filter((file) => file !== 'README.md')
  .sort();

describe('given the pages of decisions', () => {
  test('when the index is read, then it has each of them, by number and title', () => {
    const told = readProject('docs/decisions/README.md').match(/^- .*$/gm);
    const there = PAGES.map((file) => {
      const [, title] = /^# \d+\. (.*)$/m.exec(readProject(`docs/decisions/${file}`)) ?? [];
      return `- [${file.slice(0, 4)}](${file}): ${title}`;
    });
    expect(told).toEqual(there);
  });

  test.each(PAGES)(
    'when %s is read, then it has its number, a context, a decision, and what follows',
    (file) => {
      const page = readProject(`docs/decisions/${file}`);
      expect(page).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. .+\\n`));
      for (const heading of ['## Context', '## Decision', '## Consequences'])
        expect(section(page, heading).trim()).not.toBe('');
    },
  );

  test.each(PAGES)('when %s names a file, then it is there', (file) => {
    const named = [...readProject(`docs/decisions/${file}`).matchAll(/`([\w./-]+\.(?:test\.)?ts)`/g)].map(
      ([, path = '']) => path,
    );
    expect(
      named.filter((path) => !existsSync(`${ROOT}${path}`) && !existsSync(`${ROOT}src/${path}`)),
    ).toEqual([]);
  });
});
