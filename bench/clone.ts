import { join } from 'node:path';
import type { SeedPlan } from './seed/plan.ts';
import { BRANCH, seedRepository } from './seed.ts';
import { git } from './workspace.ts';

/** A clone of a seed that stands alone: no remote, its ledger branch there, nothing indexed. Objects are shared by hard links. */
export async function cloneAlone(folder: string, name: string, plan: SeedPlan): Promise<string> {
  const dir = await cloneOf(await seedRepository(plan), folder, name);
  await git(dir, 'remote', 'remove', 'origin');
  return dir;
}

/** A bare copy of a seed, to be shared by clones. */
export async function copyBare(folder: string, name: string, plan: SeedPlan): Promise<string> {
  const dir = join(folder, name);
  await git(folder, 'clone', '--quiet', '--bare', '--local', await seedRepository(plan), dir);
  return dir;
}

/** A clone that has joined the ledger of `origin`, and has not been used. */
export async function cloneOf(origin: string, folder: string, name: string): Promise<string> {
  const dir = join(folder, name);
  await git(folder, 'clone', '--quiet', '--no-checkout', '--local', origin, dir);
  await git(dir, 'config', 'user.name', 'bench');
  await git(dir, 'config', 'user.email', 'bench@example.invalid');
  await git(dir, 'symbolic-ref', 'HEAD', 'refs/heads/main');
  await moveLedger(dir, `refs/remotes/origin/${BRANCH}`);
  return dir;
}

/** Takes over a newer ledger as a fetch does that tells nobody: the refs move, and nothing else. */
export async function moveLedger(dir: string, to: string): Promise<void> {
  await git(dir, 'update-ref', `refs/heads/${BRANCH}`, to);
  await git(dir, 'update-ref', 'refs/work-ledger/seen/origin', to);
}
