import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Said, wl } from '../cli/workplace.ts';
import { type SharedRepo, Template } from './shared-repo.ts';
import { isolatedEnv } from './temp-repo.ts';

/** A clone with something that is shared and something that waits, to be broken. */
export interface SickClone {
  repo: SharedRepo;
  dir: string;
  gitDir: string;
  /** The folder of local state. */
  local: string;
  /** Runs plain git in it. */
  git(...args: string[]): Promise<string>;
}

/** No clock of a test's own: how old a lock is, is told by the machine's. */
export const NOW = { env: { WL_NOW: '', WL_ACTOR: 'ada' } };
/** What waits in the clone. */
const WAITING = 'it waits here';

const template = new Template(async (repo) => {
  const dir = await repo.clone('ada');
  for (const args of [
    ['init'],
    ['create', 'One'],
    ['create', 'Two'],
    ['sync'],
    ['--offline', 'create', WAITING],
    ['ready'],
  ])
    await wl(dir, args, NOW);
  // Objects as files, so that each can be taken away.
  const packs = join(dir, '.git/objects/pack');
  await rename(packs, join(repo.folder, 'packs'));
  await mkdir(packs);
  for (const file of await readdir(join(repo.folder, 'packs')))
    if (file.endsWith('.pack'))
      await promisify(execFile)(
        'sh',
        ['-c', 'git unpack-objects -q < "$0"', join(repo.folder, 'packs', file)],
        {
          cwd: dir,
          env: isolatedEnv(),
        },
      );
  return undefined;
});

export async function makeSickClone(): Promise<SickClone> {
  const { repo } = await template.copy();
  const dir = join(repo.folder, 'ada');
  await repo.git(dir, 'remote', 'set-url', 'origin', repo.url);
  const gitDir = join(dir, '.git');
  const git = (...args: string[]): Promise<string> => repo.git(dir, ...args);
  return { repo, dir, gitDir, local: join(gitDir, 'work-ledger'), git };
}

/** What the doctor says of a clone, does to it, and says then. */
export interface Treated {
  looked: Said;
  fixed: Said;
  after: Said;
  /** How long the first look took, in milliseconds. */
  took_ms: number;
}

export async function treat(dir: string): Promise<Treated> {
  const began = performance.now();
  const looked = await wl(dir, ['doctor', '--json'], NOW);
  const took_ms = performance.now() - began;
  const fixed = await wl(dir, ['doctor', '--fix', '--json'], NOW);
  return { looked, fixed, after: await wl(dir, ['doctor', '--json'], NOW), took_ms };
}

/** Where what waits in the clone is now. */
export async function waitingIn({ repo, dir }: SickClone): Promise<'shared' | 'here' | 'nowhere'> {
  const has = (place: string): Promise<boolean> =>
    repo.git(place, 'grep', '--quiet', WAITING, 'work-ledger').then(
      () => true,
      () => false,
    );
  if (await has(repo.bare)) return 'shared';
  return (await has(dir)) ? 'here' : 'nowhere';
}

/** Puts a folder in the place of a file. */
export async function makeFolderOf(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
}

/** Puts a file in the place of a folder, or of what stands in a file. */
export async function makeGarbageOf(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(
    path,
    'neither this nor that, and more of it than fits into a small header of some format\0',
  );
}

/** Takes away the file of an object. */
export async function removeObject({ gitDir, git }: SickClone, name: string): Promise<void> {
  const oid = await git('rev-parse', name);
  await rm(join(gitDir, 'objects', oid.slice(0, 2), oid.slice(2)));
}
