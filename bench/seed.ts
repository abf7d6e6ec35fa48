import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seedHistory } from './seed/history.ts';
import { importHistory } from './seed/import-stream.ts';
import type { SeedPlan } from './seed/plan.ts';
import { git, tell } from './workspace.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** What decides the bytes of a seed. */
const SOURCES = [
  'bench/seed.ts',
  'bench/seed/*.ts',
  'src/codec/*.ts',
  'src/domain/**/*.ts',
  'src/sync/draft.ts',
  'templates/ledger-branch/*',
];
export const BRANCH = 'work-ledger';

/**
 * A bare repository with a ledger of so many items, packed as a server has it: 60 % completed, 10 % in progress, 10 % waiting for an
 * open dependency, 20 % ready. It is kept in the system's temporary folder for later runs, so nobody may write to it: work on
 * a clone.
 *
 * @returns its folder
 */
export async function seedRepository(plan: SeedPlan): Promise<string> {
  const days = plan.oneDay ? '-one-day' : '';
  const folder = join(tmpdir(), 'work-ledger-bench-seeds', `${plan.items}${days}-${hashSources()}.git`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}`;
  tell(`seeding ${plan.items} items ...`);
  try {
    await makeSeed(plan, unfinished);
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Makes the seed at `folder`, which does not exist yet. */
export async function makeSeed(plan: SeedPlan, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await git(folder, 'init', '--quiet', '--bare', `--initial-branch=${BRANCH}`);
  await importHistory(folder, `refs/heads/${BRANCH}`, seedHistory(plan));
  // A clone that fetched has no bitmap.
  await git(folder, '-c', 'repack.writeBitmaps=false', 'repack', '-adq');
  await git(folder, 'pack-refs', '--all');
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const path of globSync(SOURCES, { cwd: PROJECT }).sort())
    hash.update(readFileSync(join(PROJECT, path)));
  return hash.digest('hex').slice(0, 12);
}
