import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Where the real git is. */
export function realGit(): string {
  return execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
}

/**
 * Puts a script of the shell in git's place.
 *
 * @returns the PATH that finds it first
 */
export function gitScript(folder: string, script: string): string {
  const place = mkdtempSync(join(folder, 'path-'));
  const path = join(place, 'git');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return `${place}${delimiter}${process.env.PATH ?? ''}`;
}

/** Runs `task` with another PATH in this process. */
export async function withPath<T>(path: string, task: () => Promise<T>): Promise<T> {
  const before = process.env.PATH;
  const restore = (): void => {
    process.env.PATH = before;
  };
  onTestFinished(restore);
  process.env.PATH = path;
  return task().finally(restore);
}
