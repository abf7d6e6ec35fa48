import { GitClient } from '../git/client.ts';

/**
 * Git's own check of every object that comes in, modes included, which git tells of and lets in otherwise. What else git can refuse by
 * itself, rewriting and deleting (`receive.denyNonFastForwards`, `receive.denyDeletes`), it refuses for every branch, and review
 * branches are rewritten and deleted as a matter of course: so that is the hook's, for the ledger's branch alone.
 */
const SETTINGS = [
  { key: 'receive.fsckObjects', value: 'true', kind: 'bool', before: 'ledger.fsckBefore' },
  { key: 'receive.fsck.badFilemode', value: 'error', kind: 'text', before: 'ledger.badFilemodeBefore' },
] as const;
/** Stands for what was there before, where nothing was. */
const NOTHING = 'unset';

const WHAT = 'setting up the server';

export async function areSettingsApplied(dir: string): Promise<boolean> {
  const git = GitClient.in(dir);
  for (const setting of SETTINGS) if (!(await isApplied(git, setting))) return false;
  return true;
}

const isApplied = async (git: GitClient, { key, value, kind }: (typeof SETTINGS)[number]): Promise<boolean> =>
  (await git.readSetting(key, kind))?.toLowerCase() === value;

export async function applySettings(dir: string): Promise<void> {
  const git = GitClient.in(dir);
  for (const setting of SETTINGS) {
    const { key, value, before } = setting;
    if (await isApplied(git, setting)) continue;
    await git.writeSetting(WHAT, before, (await git.readSetting(key, 'text', 'local')) ?? NOTHING);
    await git.writeSetting(WHAT, key, value);
  }
}

export async function removeSettings(dir: string): Promise<void> {
  const git = GitClient.in(dir);
  for (const { key, before } of SETTINGS) {
    const found = await git.readSetting(before, 'text', 'local');
    if (found === undefined) continue;
    await git.writeSetting(WHAT, key, found === NOTHING ? undefined : found);
    await git.writeSetting(WHAT, before, undefined);
  }
}
