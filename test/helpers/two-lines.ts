import { join } from 'node:path';
import { itemOf, type WorkLedger } from '../../src/index.ts';
import { wl } from '../cli/workplace.ts';
import { createItems } from './items.ts';
import { makeSharedRepo, type SharedRepo } from './shared-repo.ts';
import { isolatedEnv } from './temp-repo.ts';

/** Two clones that went on without each other, and the first one's work tree on the ledger's branch. */
export interface TwoLines {
  repo: SharedRepo;
  /** Where ada merges. */
  dir: string;
  ids: string[];
  ada: WorkLedger;
  bob: WorkLedger;
  /** Fetches bob's line as `theirs`, and merges it. @returns whether that was clean, and what git and its driver said */
  merge(): Promise<{ clean: boolean; said: string }>;
}

export async function makeTwoLines(items = 3): Promise<TwoLines> {
  const repo = await makeSharedRepo();
  const dir = await repo.clone('ada');
  const made = await wl(dir, ['init'], { env: { WL_NOW: '' } });
  if (made.status !== 0) throw new Error(made.stderr);
  const first = await repo.open(dir);
  const ids = await createItems(first, items);
  const other = await repo.clone('bob');
  // It joins the ledger first: in mode `local`, nobody is asked for one.
  await repo.open(other);
  const [ada, bob] = await Promise.all([
    repo.open(dir, { mode: 'local' }),
    repo.open(other, { mode: 'local' }),
  ]);
  return {
    repo,
    dir,
    ids,
    ada,
    bob,
    async merge() {
      await repo.git(dir, 'checkout', '--quiet', 'work-ledger');
      await repo.git(dir, 'fetch', '--quiet', join(repo.folder, 'bob'), 'work-ledger:theirs');
      return tryGit(dir, ['merge', '--no-edit', 'theirs']);
    },
  };
}

/** Runs plain git, which may fail. */
export async function tryGit(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ clean: boolean; said: string }> {
  const { spawnSync } = await import('node:child_process');
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd,
    env: { ...isolatedEnv(), ...env },
    encoding: 'utf8',
  });
  return { clean: status === 0, said: `${stdout}${stderr}` };
}

/** Claims for good in a clone that asks nobody. */
export async function claim(ledger: WorkLedger, id: string): Promise<void> {
  itemOf(await ledger.claimWork(id, { tentative: true }));
}
