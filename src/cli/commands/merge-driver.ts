import { readFile, writeFile } from 'node:fs/promises';
import type { Run } from '../command.ts';

export const run: Run<Record<never, never>> = async ({ args, cli }) => {
  const [base = '', ours = '', theirs = '', path = ''] = args;
  const { mergeFile } = await import('../../repair.ts');
  const merged = mergeFile({
    path,
    base: await readFile(base),
    ours: await readFile(ours),
    theirs: await readFile(theirs),
  });
  await writeFile(ours, merged.bytes);
  if (merged.kind === 'clean') return { kind: 'merge', data: undefined, lines: [] };
  cli.notice(merged.message);
  cli.notice(`hint: ${merged.hint}`);
  return { kind: 'merge', data: undefined, lines: [], status: 1 };
};
