import { join } from 'node:path';
import { type Verification, verifyLedger } from '../../src/audit/verify.ts';
import { initLedger, type OpenOptions, type Outcome, type WorkLedger } from '../../src/index.ts';
import { NativeStore } from '../../src/store/native.ts';
import type { Oid } from '../../src/store/port.ts';
import type { Planned } from '../../src/sync/local.ts';
import { makeWorkRepo, runGit } from '../helpers/temp-repo.ts';

export const BRANCH = 'refs/heads/work-ledger';

export interface Place {
  dir: string;
  gitDir: string;
  ledger: WorkLedger;
}

/** A ledger in a repository of its own, or in a clone of `remote`. */
export async function makeLedger(
  folder: string,
  {
    name = 'work',
    remote,
    ...options
  }: { name?: string; remote?: string } & Omit<OpenOptions, 'dir' | 'remote'> = {},
): Promise<Place> {
  const dir = await makeWorkRepo(folder, name);
  if (remote !== undefined) await runGit(dir, ['remote', 'add', 'origin', remote]);
  const { ledger } = await initLedger({ dir, actor: 'ada', ...options });
  return { dir, gitDir: join(dir, '.git'), ledger };
}

/** Runs commands that must all be taken, as one push. @returns their outcomes */
export async function run(ledger: WorkLedger, commands: readonly Planned[]): Promise<Outcome[]> {
  const outcomes = await ledger.work.batch(commands);
  for (const outcome of outcomes) if (outcome.kind === 'refused') throw outcome.error;
  return outcomes;
}

/** The audit of a branch, or of the commit `tip`; `now` is in seconds. */
export async function audit(gitDir: string, tip?: Oid, now?: number): Promise<Verification> {
  const store = new NativeStore(gitDir);
  try {
    const commit = tip ?? (await store.readRef(BRANCH));
    if (commit === undefined) throw new Error('there is no ledger');
    return await verifyLedger(store, commit, { now });
  } finally {
    await store.close();
  }
}
