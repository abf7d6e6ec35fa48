import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { gitScript, realGit } from './wrapped-git.ts';

/** When a call of git is struck, and who dies by SIGKILL: git itself, or the process that called it. */
export interface Blow {
  /** The git command that is struck, such as `push`. */
  command: string;
  /** Before git has done anything, or when it has done everything and said nothing yet. */
  when: 'before' | 'after';
  victim: 'git' | 'caller';
}

/** Before and after each command that changes anything, here or at the remote. */
export const MOMENTS = ['push', 'fetch'].flatMap((command) => [
  { command, when: 'before' as const },
  { command, when: 'after' as const },
]);

/**
 * A `git` that does what the real one does, and deals one blow, at the first call of a command.
 *
 * @returns the PATH that finds it first
 */
export function deadlyGit(folder: string, { command, when, victim }: Blow): string {
  const place = mkdtempSync(join(folder, 'struck-'));
  const git = `'${realGit()}' "$@"`;
  return gitScript(
    folder,
    `for word; do
  if [ "$word" = '${command}' ] && mkdir '${place}/once' 2> /dev/null; then
    ${when === 'after' ? `${git} > '${place}/said' 2>&1` : ''}
    kill -9 ${victim === 'git' ? '$$' : '$PPID'}
    exit 137
  fi
done
exec ${git}`,
  );
}
