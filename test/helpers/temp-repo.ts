import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CACHE = join(tmpdir(), 'work-ledger-test-cache');

/** A repository begins without the examples of hooks that git would copy into each. */
const TEMPLATE = join(CACHE, 'template');
for (const folder of ['hooks', 'info']) mkdirSync(join(TEMPLATE, folder), { recursive: true });

/** The user's own configuration: a file, since git replaces what it writes to, and would replace a device as well. */
const CONFIG = join(CACHE, 'gitconfig');
writeFileSync(CONFIG, '');

/** What keeps a test's git apart from the machine's own configuration, identity and prompts. */
const ISOLATED_GIT = {
  GIT_CONFIG_GLOBAL: CONFIG,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TEMPLATE_DIR: TEMPLATE,
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.invalid',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.invalid',
  LC_ALL: 'C',
} as const;

/**
 * This process's environment with `ISOLATED_GIT`, caches in a temporary folder (compiled sources among them), and without
 * what would point git elsewhere.
 */
export function isolatedEnv(): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_CEILING_DIRECTORIES, ...rest } = process.env;
  return { ...rest, ...ISOLATED_GIT, XDG_CACHE_HOME: CACHE, NODE_COMPILE_CACHE: join(CACHE, 'compiled') };
}

/** Isolates code under test that runs git itself, for the rest of this process. */
export function isolateThisProcess(): void {
  for (const key of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) delete process.env[key];
  Object.assign(process.env, ISOLATED_GIT);
}

export interface TempFolder {
  path: string;
  cleanup(): Promise<void>;
}

export async function makeTempFolder(): Promise<TempFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'work-ledger-test-')));
  return { path, cleanup: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

const run = promisify(execFile);

/**
 * Runs git in `cwd`, isolated, with nothing on its standard input.
 *
 * @returns its output without the last line break
 * @throws where git fails
 */
export async function runGit(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const options = { cwd, env: { ...isolatedEnv(), ...env }, maxBuffer: 64 * 1024 * 1024 };
  const running = run('git', [...args], options);
  running.child.stdin?.end();
  return (await running).stdout.replace(/\n$/, '');
}

/** @returns the git directory of a new bare repository */
export async function makeBareRepo(folder: string, name = 'repo.git'): Promise<string> {
  const path = join(folder, name);
  await runGit(folder, ['init', '--quiet', '--bare', '--initial-branch=main', path]);
  return path;
}

/** @returns the folder of a new repository with a work tree; its git directory is `.git` in it */
export async function makeWorkRepo(folder: string, name = 'work'): Promise<string> {
  const path = join(folder, name);
  await runGit(folder, ['init', '--quiet', '--initial-branch=main', path]);
  return path;
}
