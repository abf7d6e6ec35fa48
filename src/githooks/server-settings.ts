import { gitFailure, runGit } from '../git/process/run.ts';

/**
 * Git's own check of every object that comes in, modes included, which git tells of and lets in otherwise. What else git can refuse by
 * itself, rewriting and deleting (`receive.denyNonFastForwards`, `receive.denyDeletes`), it refuses for every branch, and review
 * branches are rewritten and deleted as a matter of course: so that is the hook's, for the ledger's branch alone.
 */
const SETTINGS = [
  { key: 'receive.fsckObjects', value: 'true', type: ['--type=bool'], before: 'ledger.fsckBefore' },
  { key: 'receive.fsck.badFilemode', value: 'error', type: [], before: 'ledger.badFilemodeBefore' },
] as const;
/** Stands for what was there before, where nothing was. */
const NOTHING = 'unset';

export async function areSettingsApplied(dir: string): Promise<boolean> {
  for (const setting of SETTINGS) if (!(await isApplied(dir, setting))) return false;
  return true;
}

const isApplied = async (dir: string, { key, value, type }: (typeof SETTINGS)[number]): Promise<boolean> =>
  (await read(dir, [...type, key]))?.toLowerCase() === value;

export async function applySettings(dir: string): Promise<void> {
  for (const setting of SETTINGS) {
    const { key, value, before } = setting;
    if (await isApplied(dir, setting)) continue;
    await write(dir, [before, (await read(dir, ['--local', key])) ?? NOTHING]);
    await write(dir, [key, value]);
  }
}

export async function removeSettings(dir: string): Promise<void> {
  for (const { key, before } of SETTINGS) {
    const found = await read(dir, ['--local', before]);
    if (found === undefined) continue;
    await write(dir, found === NOTHING ? ['--unset-all', key] : [key, found]);
    await write(dir, ['--unset-all', before]);
  }
}

async function read(dir: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await runGit({ args: ['config', ...args], cwd: dir, plain: true });
  return code === 0 ? stdout.toString().trim() : undefined;
}

async function write(dir: string, args: readonly string[]): Promise<void> {
  const result = await runGit({ args: ['config', '--local', ...args], cwd: dir, plain: true });
  if (result.code !== 0) throw gitFailure('setting up the server', result);
}
