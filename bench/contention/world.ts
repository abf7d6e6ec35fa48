import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { initLedger, openLedger } from '../../src/index.ts';
import type { Shape } from './scenarios.ts';

const run = promisify(execFile);

/** One bare repository and its clones, each with a ledger of `items` that are ready. */
export interface BenchWorld {
  bare: string;
  clones: string[];
  env: NodeJS.ProcessEnv;
  cleanup(): Promise<void>;
}

/** Nothing of the machine's own configuration takes part. */
const ENV = {
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.invalid',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.invalid',
};

export async function git(cwd: string, ...args: string[]): Promise<string> {
  const options = { cwd, env: { ...process.env, ...ENV }, maxBuffer: 1 << 28 };
  return (await run('git', args, options)).stdout.trim();
}

export async function makeWorld({ clones, delay }: Shape, items: number): Promise<BenchWorld> {
  Object.assign(process.env, ENV);
  const folder = await mkdtemp(join(tmpdir(), 'work-ledger-bench-'));
  const bare = join(folder, 'remote.git');
  await git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  // A host packs at its own times; here it would do so in the middle of a measurement.
  await git(bare, 'config', 'receive.autogc', 'false');
  const url = pathToFileURL(bare).href;
  const dirs = Array.from({ length: clones }, (_, n) => join(folder, `clone-${n}`));
  for (const [n, dir] of dirs.entries()) {
    await git(folder, 'clone', '--quiet', url, dir);
    if (n === 0) await seed(dir, items);
    else await (await openLedger({ dir, actor: 'bench' })).close();
  }
  if (delay > 0) await slowDown(folder, dirs, delay);
  return {
    bare,
    clones: dirs,
    env: { ...process.env, ...ENV },
    cleanup: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function seed(dir: string, items: number): Promise<void> {
  const { ledger } = await initLedger({ dir, actor: 'bench' });
  const fields = { description: 'Something that is to be done, and how to know that it was. '.repeat(6) };
  const commands = Array.from({ length: items }, (_, n) =>
    ledger.work.command('create', { fields: { title: `Item ${n}`, ...fields } }),
  );
  await ledger.work.batch(commands);
  await ledger.close();
}

/** Every connection of these clones to the remote begins with a pause. */
async function slowDown(folder: string, dirs: readonly string[], delay: number): Promise<void> {
  for (const command of ['upload-pack', 'receive-pack']) {
    const script = join(folder, `slow-${command}`);
    await writeFile(script, `#!/bin/sh\nsleep ${delay / 1000}\nexec git ${command} "$@"\n`, { mode: 0o755 });
    const key = `remote.origin.${command.replace('-', '')}`;
    for (const dir of dirs) await git(dir, 'config', key, script);
  }
}
