import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** When a call of git is struck, and who dies by SIGKILL: git itself, or the process that called it. */
export interface Blow {
  /** The git command that is struck, such as `push`. */
  command: string;
  /** Before git has done anything, or when it has done everything and said nothing yet. */
  when: 'before' | 'after';
  victim: 'git' | 'caller';
  /** Which of the calls, from 1. */
  call?: number;
}

/**
 * A `git` that does what the real one does, and deals one blow.
 *
 * @returns the PATH that finds it first
 */
export function deadlyGit(folder: string, { command, when, victim, call = 1 }: Blow): string {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const place = mkdtempSync(join(folder, 'deadly-'));
  const strike = `kill -9 ${victim === 'git' ? '$$' : '$PPID'}`;
  const script = `#!/bin/sh
for word; do
  if [ "$word" = '${command}' ]; then
    echo >> '${place}/calls'
    [ $(wc -l < '${place}/calls') -eq ${call} ] || break
    ${when === 'after' ? `'${real}' "$@" > '${place}/said' 2>&1` : ''}
    ${strike}
    exit 137
  fi
done
exec '${real}' "$@"
`;
  const path = join(place, 'git');
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return `${place}${delimiter}${process.env.PATH ?? ''}`;
}
