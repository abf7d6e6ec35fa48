import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isolatedEnv, runGit } from './temp-repo.ts';

/**
 * Has git take its lock on a ref, and kills it there by SIGKILL, as a crash does. From then on git does not wait for locks of
 * that repository.
 *
 * @returns the lock file that it left behind
 */
export async function leaveLock(gitDir: string, ref: string): Promise<string> {
  const oid = await runGit(gitDir, ['rev-parse', '--verify', ref]);
  await runGit(gitDir, ['config', 'core.filesRefLockTimeout', '0']);
  const child = spawn('git', ['--git-dir', gitDir, 'update-ref', '--stdin'], { env: isolatedEnv() });
  child.stdin.write(`start\nupdate ${ref} ${oid} ${oid}\nprepare\n`);
  let said = '';
  while (!said.includes('prepare: ok')) said += String((await once(child.stdout, 'data'))[0]);
  child.kill('SIGKILL');
  await once(child, 'close');
  return join(gitDir, `${ref}.lock`);
}

const SOURCES = ['refs/swap-ref', 'locks', 'files/fs'].map((name) =>
  JSON.stringify(new URL(`../../src/git/${name}.ts`, import.meta.url).href),
);

/** As `leaveLock`, by a process of this program: on a file of the git directory. */
export async function leaveOwnLock(gitDir: string, name: string): Promise<string> {
  const target = join(gitDir, name);
  const script = `const [{ LockFile }, { LockOwners }, { diskFs: fs }] = await Promise.all([${SOURCES.map((url) => `import(${url})`)}]);
    await LockFile.acquire({ fs, owners: new LockOwners(${JSON.stringify(gitDir)}) }, ${JSON.stringify(target)});
    console.log('locked');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  return `${target}.lock`;
}
