import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenced, inert } from '../../src/review/markdown.ts';

const ALL = { bytes: 100_000, more: 'wl show X' };

/** What a host would act on in text that it does not take for code. */
const ACTIVE = /[@#!][\p{L}\p{N}]|\b(?:close|fix|resolve|implement)[sd]?\b|GH-\d/iu;

test.each([
  '@bob look',
  'closes #1',
  'Fixed owner/repo#12',
  'resolves https://github.com/o/r/issues/1',
  'Implements !7',
  'GH-5',
  'FIXES:#3',
])('given %j, when it is made inert, then no host acts on it, and it reads the same', (text) => {
  expect(ACTIVE.test(text)).toBe(true);
  expect(inert(text)).not.toMatch(ACTIVE);
  expect(inert(text).replaceAll('\u200b', '')).toBe(text);
});

test('given characters that move or hide others, when text is made inert, then they are told by their numbers', () => {
  expect(inert('a\u001b[2Jb\u202ec\nd')).toBe('a\\u001b[2Jb\\u202ec\nd');
});

test.each(['```', '````\n# Not a heading', '~~~', 'a\n```js\n```\n`````', '<!-- -->', '</details>'])(
  'given %j, when it is fenced, then nothing in it ends the block',
  (text) => {
    const lines = fenced(text, ALL).split('\n');
    const [, fence = ''] = /^(`{3,})text$/.exec(lines[0] ?? '') ?? [];
    expect(lines.at(-1)).toBe(fence);
    for (const line of lines.slice(1, -1)) expect(line.trim().startsWith(fence)).toBe(false);
  },
);

test('given any text, when it is fenced, then no line of it is a trailer, and its block ends where it should', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('`', '~', '\n', ' ', 'Work-Op: x') }),
      (a, b) => {
        const [first = '', ...rest] = fenced(`${a}${b}`, ALL).split('\n');
        const fence = first.slice(0, -'text'.length);
        expect(rest.findIndex((line) => line.trim().startsWith(fence))).toBe(rest.length - 1);
        expect(rest.some((line) => line.startsWith('Work-'))).toBe(false);
      },
    ),
  );
});

test('given text that is too long, when it is fenced, then it tells how much is missing, and no character is halved', () => {
  expect(fenced('short', { bytes: 5, more: 'wl show X' })).toBe('```text\n  short\n```');
  const cut = fenced('ää', { bytes: 3, more: 'wl show X' });
  expect(cut).toBe('```text\n  ä\n  … 2 more bytes: wl show X\n```');
});
