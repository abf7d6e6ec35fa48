import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchEnvironment, git, withFolder } from '../workspace.ts';
import { ROOT } from './sources.ts';

/** What one call of the program runs of its sources. */
export interface Trip {
  name: string;
  /** Files of which at least one function ran, from `src` on; all verbs are one. */
  files: string[];
  functions: number;
}

/** Git's answer about the configuration is kept once its files are this old. */
const SETTLED_MS = 2_100;

/** What starts the program when it is imported. */
const STARTS = /\/cli\/main\.ts$/;

interface Coverage {
  result: {
    url: string;
    functions: { functionName: string; ranges: { startOffset: number; count: number }[] }[];
  }[];
}

/**
 * Runs the program from its sources in a ledger of a few items with a remote, and counts what each call runs.
 *
 * A file counts where a function of it was called, other than by loading the sources: the bodies of modules, and what they call
 * when they are imported, are left out. What an earlier call keeps, such as the index and git's configuration, is kept.
 */
export const measureTrips = (root = ROOT): Promise<Trip[]> =>
  withFolder(async (folder) => {
    const clone = join(folder, 'clone');
    await git(folder, 'init', '-q', '--bare', 'origin.git');
    await git(folder, 'clone', '-q', 'origin.git', 'clone');
    await git(clone, 'config', 'user.name', 'bench');
    await git(clone, 'config', 'user.email', 'bench@example.org');
    let calls = 0;
    const wl = (...args: string[]): string => {
      calls += 1;
      const coverage = join(folder, `called-${calls}`);
      node([join(root, 'src/cli/main.ts'), ...args], clone, coverage);
      return coverage;
    };
    wl('init');
    for (const title of ['One', 'Two', 'Three']) wl('create', title);
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    for (const warm of [['ready'], ['claim', '1']]) wl(...warm);
    const trip = (name: string, ...args: string[]): Trip => {
      const called = readCounts(wl(...args), root);
      const loaded = join(folder, `loaded-${calls}`);
      const imports = [...called.keys()].filter((url) => !STARTS.test(url));
      const code = imports.map((url) => `await import(${JSON.stringify(url)});`).join('\n');
      node(['--input-type=module', '--eval', code], clone, loaded);
      return { name, ...beyond(called, readCounts(loaded, root), root) };
    };
    return [
      trip('ready', 'ready'),
      trip('claim', 'claim', '2'),
      trip('verify', 'verify'),
      trip('work --once', 'work', '--once', '--', 'true'),
    ];
  });

function node(args: readonly string[], cwd: string, coverage: string): void {
  const env = { ...benchEnvironment(), NODE_V8_COVERAGE: coverage };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ').slice(0, 200)}: ${stderr}`);
}

/** By source, how often each function was called, by where it begins; the body of the module is left out. */
function readCounts(folder: string, root: string): Map<string, Map<number, number>> {
  const sources = pathToFileURL(join(root, 'src/')).href;
  const counts = new Map<string, Map<number, number>>();
  for (const file of readdirSync(folder)) {
    const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Coverage;
    for (const { url, functions } of result.filter((script) => script.url.startsWith(sources))) {
      const of = counts.get(url) ?? new Map<number, number>();
      counts.set(url, of);
      for (const { functionName, ranges } of functions.slice(1)) {
        const { startOffset = 0, count = 0 } = ranges[0] ?? {};
        if (!functionName.startsWith('<')) of.set(startOffset, (of.get(startOffset) ?? 0) + count);
      }
    }
  }
  return counts;
}

function beyond(
  called: Map<string, Map<number, number>>,
  loaded: Map<string, Map<number, number>>,
  root: string,
): Omit<Trip, 'name'> {
  const sources = pathToFileURL(join(root, 'src/')).href;
  const files = new Set<string>();
  let functions = 0;
  for (const [url, counts] of called) {
    const before = loaded.get(url);
    const ran = [...counts].filter(([at, count]) => count > (before?.get(at) ?? 0)).length;
    functions += ran;
    if (ran > 0) files.add(url.slice(sources.length).replace(/^domain\/verbs\/.*/, 'domain/verbs/*'));
  }
  return { files: [...files].sort(), functions };
}
