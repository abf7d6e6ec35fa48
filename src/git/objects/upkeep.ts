import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { RepositoryTraits } from '../config/interpret.ts';
import { startGit } from '../process/run.ts';

/** Names of objects are spread evenly, so git counts one folder of 256 and takes the others for alike. */
const SAMPLE = '17';
const FOLDERS = 256;
const LOW_PRIORITY = 10;

/**
 * Has git pack what gathered, in the background, where its own rules say that it is time. Called after a write; to look at
 * every write would cost more than it finds.
 *
 * @param written names of objects that were made; chance decides by them whether this is a time to look
 */
export function packInTime(
  gitDir: string,
  { looseLimit, packLimit }: RepositoryTraits,
  written: readonly string[],
): void {
  if (looseLimit === 0 || !written.some((oid) => oid.startsWith(SAMPLE))) return;
  const objects = join(gitDir, 'objects');
  const loose = count(join(objects, SAMPLE), /^[0-9a-f]{38}$/) > Math.ceil(looseLimit / FOLDERS);
  const packs = packLimit > 0 && count(join(objects, 'pack'), /\.pack$/) > packLimit;
  if (loose || packs) startMaintenance(gitDir);
}

function count(folder: string, names: RegExp): number {
  try {
    return readdirSync(folder).filter((name) => names.test(name)).length;
  } catch {
    // What cannot be counted is left alone; the write that it follows is done.
    return 0;
  }
}

/**
 * What git's own commands start after a commit or a fetch. It goes by the user's settings, looks again whether there is
 * something to do, and is one at a time in a repository. It outlives this process, and how it ends is nobody's concern here.
 */
function startMaintenance(gitDir: string): void {
  const args = [
    '--git-dir',
    gitDir,
    '-c',
    'core.hooksPath=/dev/null',
    'maintenance',
    'run',
    '--auto',
    '--quiet',
  ];
  const child = startGit({ args, cwd: gitDir, plain: true }, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
  try {
    if (child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  } catch {
    // It is done already, or the system keeps priorities to itself.
  }
}
