import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recorder = new URL('record-loads.ts', import.meta.url).href;
const run = promisify(execFile);
let runs = 0;

/**
 * What a process loads when it runs `args`: parts of Node (`node:fs`), packages by name (`zod`), and files of this project
 * (`src/cli/main.ts`).
 */
export async function loadsOf(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ loads: string[]; stdout: string }> {
  runs += 1;
  const file = join(tmpdir(), `work-ledger-loads-${process.pid}-${runs}`);
  const { stdout } = await run(process.execPath, ['--import', recorder, ...args], {
    ...options,
    env: { ...process.env, ...options.env, RECORD_LOADS: file },
  });
  const names = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => nameOf(line.split(' ')[0] ?? ''));
  await rm(file);
  return { loads: [...new Set(names)].sort(), stdout };
}

function nameOf(url: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return name ?? (url.startsWith('file:') ? url.replace(pathToFileURL(root).href, '') : url);
}

/** Parts of Node that cost more than a question does, and each of our libraries. */
export const HEAVY: readonly string[] = [
  'isomorphic-git',
  'node:child_process',
  'node:crypto',
  'node:fs/promises',
  'node:http',
  'node:https',
  'node:net',
  'node:readline',
  'node:readline/promises',
  'node:stream/consumers',
  'node:stream/promises',
  'node:worker_threads',
  'node:zlib',
  'simple-git',
  'yaml',
  'zod',
];
