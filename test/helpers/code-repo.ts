import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSharedRepo, type SharedRepo } from './shared-repo.ts';

/** A shared repository with two commits of code, and a clone that pushed them. */
export async function makeCodeRepo(): Promise<{ repo: SharedRepo; dir: string }> {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  for (const text of ['one', 'two']) {
    await writeFile(join(dir, 'code.txt'), `${text}\n`);
    await repo.git(dir, 'add', 'code.txt');
    await repo.git(dir, 'commit', '--quiet', '-m', text);
  }
  await repo.git(dir, 'push', '--quiet', 'origin', 'HEAD:main');
  return { repo, dir };
}
