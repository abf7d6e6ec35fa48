import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { runGit } from './process/run.ts';

/**
 * A bare repository can be made of plain files, so any commit can bring one along, with settings that name programs to run.
 *
 * @throws LedgerError `NO_REPOSITORY` where the repository around `gitDir` has files of it in its index, or does not say
 */
export async function refuseCheckedOut(gitDir: string): Promise<void> {
  const top = workTreeAround(dirname(gitDir));
  if (top === undefined) return;
  const around = ['--git-dir', join(top, '.git'), '--work-tree', top];
  const inside = `:(icase,literal)${relative(top, gitDir)}`;
  const listed = await runGit({ args: [...around, 'ls-files', '-z', '--', inside], cwd: top });
  if (listed.code === 0 && listed.stdout.length === 0) return;
  throw new LedgerError(
    'NO_REPOSITORY',
    `${gitDir} came with a checkout of ${top}, and may be made to run programs.`,
    {
      hint: `Go to ${top}, or name it: wl -C DIR`,
    },
  );
}

function workTreeAround(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
