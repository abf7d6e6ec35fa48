import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { WorkItem } from '../../src/index.ts';
import { git, run } from '../workspace.ts';
import type { Peer } from './peer.ts';

/** A peer's command that puts items in place is killed after so long. */
const PATIENCE_MS = 60_000;

/** A peer as npm installed it. */
export interface Installed {
  version: string;
  /** Its command line, on this Node. */
  command: readonly string[];
}

/** @throws Error where it does not install */
export async function install(name: string, folder: string): Promise<Installed> {
  await run(folder, 'npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--prefix',
    folder,
    name,
  ]);
  const home = join(folder, 'node_modules', name);
  const manifest = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest;
  const [bin = ''] = typeof manifest.bin === 'string' ? [manifest.bin] : Object.values(manifest.bin);
  return { version: manifest.version, command: [process.execPath, resolve(home, bin)] };
}

interface Manifest {
  version: string;
  bin: string | Record<string, string>;
}

/** A repository in which the peer holds the items. @returns ids of ready ones @throws Error that says why it cannot, or where it took too long */
export async function seedPeer(
  peer: Peer,
  { command: [program = '', ...args] }: Installed,
  dir: string,
  items: readonly WorkItem[],
): Promise<string[]> {
  await git(dir, 'init', '--quiet', '--initial-branch=main');
  await git(dir, 'config', 'user.name', 'bench');
  await git(dir, 'config', 'user.email', 'bench@example.invalid');
  await git(dir, 'commit', '--quiet', '--allow-empty', '--message', 'begin');
  const ids = await peer.seed(items, dir, (...own) => run(dir, program, [...args, ...own], PATIENCE_MS));
  await git(dir, 'add', '--all');
  await git(dir, 'commit', '--quiet', '--allow-empty', '--message', 'items');
  return ids;
}
