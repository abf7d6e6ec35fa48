import { gitFailure, runGit } from '../git/run.ts';

/**
 * Git's own check of every object that comes in. What else git can refuse by itself, rewriting and deleting (`receive.denyNonFastForwards`,
 * `receive.denyDeletes`), it refuses for every branch, and review branches are rewritten and deleted as a matter of course: so
 * that is the hook's, for the ledger's branch alone.
 */
const CHECK = 'receive.fsckObjects';
/** Remembers what was there before. */
const BEFORE = 'ledger.fsckBefore';
const NOTHING = 'unset';

export async function areSettingsApplied(dir: string): Promise<boolean> {
  return (await read(dir, ['--type=bool', CHECK])) === 'true';
}

export async function applySettings(dir: string): Promise<void> {
  if (await areSettingsApplied(dir)) return;
  await write(dir, [BEFORE, (await read(dir, ['--local', CHECK])) ?? NOTHING]);
  await write(dir, [CHECK, 'true']);
}

export async function removeSettings(dir: string): Promise<void> {
  const before = await read(dir, ['--local', BEFORE]);
  if (before === undefined) return;
  await write(dir, before === NOTHING ? ['--unset-all', CHECK] : [CHECK, before]);
  await write(dir, ['--unset-all', BEFORE]);
}

async function read(dir: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await runGit({ args: ['config', ...args], cwd: dir, plain: true });
  return code === 0 ? stdout.toString().trim() : undefined;
}

async function write(dir: string, args: readonly string[]): Promise<void> {
  const result = await runGit({ args: ['config', '--local', ...args], cwd: dir, plain: true });
  if (result.code !== 0) throw gitFailure('setting up the server', result);
}
