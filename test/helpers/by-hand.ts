import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SharedRepo } from './shared-repo.ts';

let people = 0;

/** A person who checks the ledger out, changes files in an editor, commits and pushes. */
export async function editByHand(repo: SharedRepo, change: (dir: string) => Promise<unknown>): Promise<void> {
  people += 1;
  const dir = await repo.clone(`by-hand-${people}`, ['--branch', 'work-ledger']);
  await writeFile(join(dir, '.git/info/attributes'), '* -text\n');
  await change(dir);
  await repo.git(dir, 'add', '--all', '--force');
  await repo.git(dir, 'commit', '--quiet', '-m', 'by hand');
  await repo.git(dir, 'push', '--quiet');
}

/** Where the file of an item that is not finished stands. */
export const pathOf = (id: string): string =>
  `active/${id.slice(4, 8)}-${id.slice(8, 10)}/x${id.slice(-2)}/${id}.yaml`;

/** Changes the text of a file. */
export const rewriting = (change: (text: string) => string | Buffer) => async (path: string) =>
  writeFile(path, change(await readFile(path, 'utf8')));
