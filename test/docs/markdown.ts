import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

export const readProject = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The part of a page below `heading`, up to the next heading of the same level or a higher one. */
export function section(page: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = page.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`the page has no heading ${heading}`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => (/^(#+) /.exec(line)?.[1]?.length ?? 99) <= level);
  return rest.slice(0, end < 0 ? undefined : end).join('\n');
}

/** Rows of the first table of a part, cells without backticks. */
export function table(part: string): string[][] {
  const lines = part.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|---'));
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? undefined : end).map(cells);
}

const cells = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim());

/** Contents of the fenced blocks of a part, each with its last line break. */
export const blocks = (part: string): string[] =>
  [...part.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

/** Names in backticks in the first paragraph or list item that begins with `start`. */
export function named(part: string, start: string): string[] {
  const at = part.indexOf(start);
  if (at < 0) throw new Error(`nothing begins with ${start}`);
  const text = part.slice(at + start.length).split(/\n(?:\n|- )/)[0] ?? '';
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** Tests that a page names, as `test/file.ts`: “name”. */
export const namedTests = (page: string): (readonly [file: string, name: string])[] =>
  [...page.matchAll(/`(test\/[^`]+)`: “([^”]+)”/g)].map(([, file = '', name = '']) => [file, name] as const);

/** Of those, the ones that are not in their files: neither under the name, nor under one that ends so. */
export const missingTests = (page: string): (readonly [file: string, name: string])[] =>
  namedTests(page).filter(([file, name]) => {
    const source = readProject(file);
    return !["'", '`', '"'].some((quote) => source.includes(`${name}${quote}`));
  });
