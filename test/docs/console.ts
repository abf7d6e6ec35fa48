import { expect } from 'vitest';
import type { Typed } from '../helpers/typed.ts';

/** What differs from run to run: days in ids, times, names of objects and transitions, where the repository is. */
export const settle = (text: string): string =>
  text
    .replaceAll(/WRK-\d{8}/g, 'WRK-DAY')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}\b/g, 'OP')
    .replaceAll(/exec-[\w-]+/g, 'exec-X')
    // Where the remote was asked first, there was nothing to keep.
    .replaceAll(/^kept: wl rejected\n/gm, '')
    .replaceAll(/\b[0-9a-f]{10,40}\b/g, 'OID')
    .replaceAll(/\/\S*\/ada\/\.git/g, '/ada/.git');

/** Bodies of the fenced blocks of a language. */
export const blocksOf = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, body = '']) => body);

/** What is typed in the console blocks of a page, and what it says is printed then. */
const stepsOf = (page: string): { typed: string; printed: string }[] =>
  blocksOf(page, 'console')
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((step) => {
      const lines = step.split('\n');
      const more = lines.slice(1).findIndex((line) => !line.startsWith('> '));
      const typed = [lines[0], ...lines.slice(1, more + 1).map((line) => line.slice(2))].join('\n');
      return { typed, printed: lines.slice(more + 1).join('\n') };
    });

/** Types what a page says and compares what is printed with it. */
export async function expectPrinted(page: string, type: (script: string) => Promise<Typed>): Promise<void> {
  for (const { typed, printed } of stepsOf(page)) {
    const { stdout, stderr } = await type(`{ ${typed}\n} 2>&1`);
    // What a shell says of its children is its own.
    const said = (stdout + stderr).replaceAll(/^.*\bKilled\b.*$\n?/gm, '');
    expect(settle(said).trimEnd(), `$ ${typed}`).toBe(settle(printed).trimEnd());
  }
}
