import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { MAIN } from '../cli/workplace.ts';
import { makeSharedRepo, type SharedRepo } from './shared-repo.ts';
import { isolatedEnv } from './temp-repo.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

export interface Typed {
  status: number;
  stdout: string;
  stderr: string;
}

/** A place to type commands in, with `wl` on the path, and a shared repository with code on `main`. */
export interface Terminal {
  repo: SharedRepo;
  /** A clone, with an identity of its own, on `main`. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** Puts a program of the shell on the path. */
  install(name: string, script: string): Promise<void>;
  /** Types a script of the shell into the clone. */
  type(script: string, env?: NodeJS.ProcessEnv): Promise<Typed>;
  /** The same, and kills all of it once it printed a line that has `text`. */
  typeAndKill(script: string, text: string, env?: NodeJS.ProcessEnv): Promise<void>;
}

export async function openTerminal(name = 'ada'): Promise<Terminal> {
  const repo = await makeSharedRepo();
  const bin = join(repo.folder, 'bin');
  await mkdir(bin);
  const dir = await repo.clone(name);
  await repo.git(dir, 'config', 'user.name', name);
  await repo.git(dir, 'config', 'user.email', `${name}@example.invalid`);
  await repo.git(dir, 'checkout', '--quiet', '-b', 'main');
  await repo.git(dir, 'commit', '--quiet', '--allow-empty', '-m', 'Begin');
  await repo.git(dir, 'push', '--quiet', 'origin', 'main');
  // Each clone has an identity of its own, as its owner's machine would.
  const { GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL, WL_ACTOR, ...rest } =
    isolatedEnv();
  const env = { ...rest, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const install = async (program: string, script: string): Promise<void> => {
    await writeFile(join(bin, program), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, program), 0o755);
  };
  await install('wl', `exec '${process.execPath}' '${MAIN}' "$@"`);
  return {
    repo,
    dir,
    env,
    install,
    async type(script, more = {}) {
      const typed = run('sh', ['-c', script], { cwd: dir, env: { ...env, ...more } });
      typed.child.stdin?.end();
      return typed.then(
        ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ status: code, stdout, stderr }),
      );
    },
    async typeAndKill(script, text, more = {}) {
      const child = spawn('sh', ['-c', script], {
        cwd: dir,
        env: { ...env, ...more },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      const { pid = 0 } = child;
      const exited = once(child, 'exit');
      const kill = (): void => void (child.exitCode ?? child.signalCode ?? process.kill(-pid, 'SIGKILL'));
      onTestFinished(kill);
      let printed = '';
      for await (const chunk of child.stdout) {
        printed += chunk;
        if (printed.includes(text)) break;
      }
      kill();
      await exited;
      if (!printed.includes(text)) throw new Error(`it ended without ${text}: ${printed}`);
    },
  };
}
