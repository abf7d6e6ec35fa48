import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HookName } from './run-hook.ts';

/** The program that a shim calls where it is still there. */
export interface Program {
  node: string;
  main: string;
}

const MARK = '# work-ledger hook: ';
const FOLDER = join(import.meta.dirname, '../../hooks');

/** The shim of a hook, with the program's place written into it. */
export function shimOf(name: HookName, { node, main }: Program): string {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  // As functions, so that nothing in a path is read as a pattern.
  return text
    .replace(/^node=''$/m, () => `node=${quote(node)}`)
    .replace(/^main=''$/m, () => `main=${quote(main)}`);
}

/** For a shell, whatever is in it. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const isShim = (text: string): boolean => text.split('\n', 3).some((line) => line.startsWith(MARK));
