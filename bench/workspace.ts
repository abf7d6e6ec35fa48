import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
/** What a caller's shell may set, and what would change the result. */
const FOREIGN = /^(GIT_|WL_|NODE_OPTIONS$|NODE_V8_COVERAGE$|NO_COLOR$|FORCE_COLOR$)/;

/** This process's environment without what would point git, wl or node elsewhere; the same on every machine. */
export function benchEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([key]) => !FOREIGN.test(key));
  return {
    ...Object.fromEntries(own),
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    WL_ACTOR: 'bench',
    WL_EXECUTION_ID: 'exec-bench',
    LC_ALL: 'C',
  };
}

/**
 * Runs a program to its end.
 *
 * @param timeout milliseconds until it is killed; 0 for never
 * @returns what it printed
 * @throws where it fails, with what it said
 */
export async function run(
  cwd: string,
  program: string,
  args: readonly string[],
  timeout = 0,
): Promise<string> {
  const options = { cwd, env: benchEnvironment(), maxBuffer: 2 ** 28, timeout };
  const running = exec(program, [...args], options);
  running.child.stdin?.end();
  return (await running).stdout.trimEnd();
}

export const git = (cwd: string, ...args: string[]): Promise<string> => run(cwd, 'git', args);

/** Runs `task` with a folder of its own, which is gone afterwards. */
export async function withFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'work-ledger-bench-')));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Tells on standard error how far the run is; standard output is for the result. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
