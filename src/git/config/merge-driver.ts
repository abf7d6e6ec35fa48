import { gitFailure, runGit } from '../process/run.ts';

const NAME = 'merge.work-ledger.name';
const DRIVER = 'merge.work-ledger.driver';

/** How git is told to merge items in this clone; `undefined` where it is not. */
export async function readMergeDriver(gitDir: string): Promise<string | undefined> {
  const args = ['--git-dir', gitDir, 'config', '--get', DRIVER];
  const { code, stdout } = await runGit({ args, cwd: gitDir, plain: true });
  return code === 0 ? stdout.toString().trim() : undefined;
}

/**
 * Makes `program` the one that git merges items with in this clone: what `.gitattributes` of the ledger's branch names.
 *
 * @param program an executable and its first arguments, each as it is
 * @throws LedgerError `PERMISSION_DENIED`, `STORAGE_FAILED`
 */
export async function setMergeDriver(gitDir: string, program: readonly string[]): Promise<void> {
  const driver = `${program.map(quote).join(' ')} merge-driver %O %A %B %P`;
  if ((await readMergeDriver(gitDir)) === driver) return;
  const settings = [
    [NAME, 'work items'],
    [DRIVER, driver],
  ] as const;
  for (const [key, value] of settings) {
    const args = ['--git-dir', gitDir, 'config', '--local', key, value];
    const set = await runGit({ args, cwd: gitDir });
    if (set.code !== 0) throw gitFailure('setting up the merge of items', set);
  }
}

/** For a POSIX shell, which git runs the driver in after it filled in what `%` marks. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`;
