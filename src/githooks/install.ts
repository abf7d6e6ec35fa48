import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { type HooksReach, hooksFolder, hooksReach } from '../git/repository.ts';
import { openNativeBackend } from '../ledger/backend.ts';
import { chooseBranch } from '../ledger/options.ts';
import { Projection } from '../projection/projection.ts';
import type { HookName } from './run-hook.ts';
import { applySettings, areSettingsApplied, removeSettings } from './server-settings.ts';

export type Side = 'client' | 'server';

export interface InstallOptions {
  side: Side;
  /** In or at the repository. */
  dir: string;
  program: Program;
  /** Also where the hooks are not this repository's alone, or are files of the project. */
  shared?: boolean | undefined;
}

/** One hook as it was found. */
export interface HookState {
  hook: HookName;
  path: string;
  /** `current`: in place; `outdated`: in place, from another version or place; `other`: another hook alone; `missing`: none. */
  state: 'current' | 'outdated' | 'other' | 'missing';
  /** The hook that was there before and runs after ours; `undefined` where there is none. */
  before: string | undefined;
}

export interface HooksReport {
  side: Side;
  /** Where git looks for hooks: `core.hooksPath` where that is set. */
  folder: string;
  /** Whose hooks these are: where they are not the repository's own, others have them too, or may get them. */
  reach: HooksReach;
  hooks: HookState[];
  /** True where every hook is current and, on a server, git's own checks are on. */
  current: boolean;
}

const OF_SIDE: Readonly<Record<Side, readonly HookName[]>> = {
  server: ['pre-receive'],
  client: ['commit-msg', 'pre-push', 'post-merge'],
};

/**
 * Puts the hooks of a side in place. A hook that is there stays, under another name, and runs after ours. Doing it twice changes
 * nothing.
 *
 * @throws LedgerError `NO_REPOSITORY`; `INVALID_INPUT` where two other hooks stand in the way, or where the hooks are not this
 *   repository's alone and that was not asked for; `PERMISSION_DENIED`
 */
export async function installHooks(options: InstallOptions): Promise<HooksReport> {
  const folder = await ownFolder(options);
  const states = inspect(folder, options);
  for (const { hook, path, state, before } of states) {
    if (state !== 'other' || before === undefined) continue;
    throw new LedgerError('INVALID_INPUT', `Both ${path} and ${before} are other hooks.`, {
      hint: `Decide which of the two is ${hook}, and move the other away.`,
    });
  }
  writing(folder, () => {
    mkdirSync(folder, { recursive: true });
    for (const { hook, path, state } of states) {
      if (state === 'current') continue;
      // The shim stands beside it first, so that at no time there is none.
      const made = `${path}.${process.pid}.new`;
      writeFileSync(made, shimOf(hook, options.program), { mode: 0o755 });
      if (state === 'other') renameSync(path, keptName(path));
      renameSync(made, path);
    }
  });
  if (options.side === 'server') await applySettings(options.dir);
  return checkHooks(options);
}

/** Takes ours away, and puts those back that were there before. Other hooks are left alone. @throws LedgerError as `installHooks` */
export async function removeHooks(options: InstallOptions): Promise<HooksReport> {
  const folder = await ownFolder(options);
  writing(folder, () => {
    for (const { path, state, before } of inspect(folder, options)) {
      if (state !== 'current' && state !== 'outdated') continue;
      if (before === undefined) rmSync(path);
      else renameSync(before, path);
    }
  });
  if (options.side === 'server') await removeSettings(options.dir);
  return checkHooks(options);
}

/** Tells which hooks are there. */
export async function checkHooks(options: InstallOptions): Promise<HooksReport> {
  const folder = await hooksFolder(options.dir);
  const hooks = inspect(folder, options);
  const set = options.side === 'client' || (await areSettingsApplied(options.dir));
  return {
    side: options.side,
    folder,
    reach: await hooksReach(options.dir, folder),
    hooks,
    current: set && hooks.every(({ state }) => state === 'current'),
  };
}

/** The folder of the hooks, where changing it is what was asked for: `core.hooksPath` can make it another's. */
async function ownFolder({ dir, shared = false }: InstallOptions): Promise<string> {
  const folder = await hooksFolder(dir);
  const reach = shared ? 'repository' : await hooksReach(dir, folder);
  if (reach === 'repository') return folder;
  throw new LedgerError('INVALID_INPUT', `Nothing was changed: ${folder} ${WHOSE[reach]} (core.hooksPath).`, {
    hint: 'To change it all the same: --shared. For hooks of this repository alone: git config core.hooksPath "$(git rev-parse --path-format=absolute --git-common-dir)/hooks"',
    details: { problems: [`reach: ${reach}`] },
  });
}

const WHOSE: Readonly<Record<Exclude<HooksReach, 'repository'>, string>> = {
  work_tree: 'is part of the work tree, and what is committed of it would name paths of this machine',
  others: 'has the hooks of every repository that names it, and not of this one alone',
};

const keptName = (path: string): string => `${path}.before-wl`;

function inspect(folder: string, { side, program }: InstallOptions): HookState[] {
  return OF_SIDE[side].map((hook) => {
    const path = join(folder, hook);
    const before = existsSync(keptName(path)) ? keptName(path) : undefined;
    return { hook, path, before, state: stateOf(path, shimOf(hook, program)) };
  });
}

function stateOf(path: string, shim: string): HookState['state'] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'missing';
  // A link is never ours, and what it points to is not ours to read or to change.
  if (!found.isFile()) return 'other';
  const text = readFileSync(path, 'latin1');
  if (!isShim(text)) return 'other';
  const isWhole = text === Buffer.from(shim).toString('latin1') && (found.mode & 0o111) !== 0;
  return isWhole ? 'current' : 'outdated';
}

function writing(folder: string, task: () => void): void {
  try {
    task();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    throw new LedgerError('PERMISSION_DENIED', `The hooks in ${folder} cannot be changed.`, { cause: error });
  }
}

/** The program that a shim calls where it is still there. */
export interface Program {
  node: string;
  main: string;
}

const MARK = '# work-ledger hook: ';
const FOLDER = join(import.meta.dirname, '../../hooks');

/** The shim of a hook, with the program's place written into it. */
function shimOf(name: HookName, { node, main }: Program): string {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  // As functions, so that nothing in a path is read as a pattern.
  return text
    .replace(/^node=''$/m, () => `node=${quote(node)}`)
    .replace(/^main=''$/m, () => `main=${quote(main)}`);
}

/** For a shell, whatever is in it. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const isShim = (text: string): boolean => text.split('\n', 3).some((line) => line.startsWith(MARK));

/**
 * Makes the index that pushes are judged by, which the first push would wait for.
 *
 * @returns false where there is no ledger yet, or where the repository is another user's: whoever takes pushes could not write
 *   to an index of ours
 */
export async function warmIndex(dir: string): Promise<boolean> {
  const backend = await openNativeBackend(dir);
  try {
    const { config, place, refs, store, indexDir, lock } = backend;
    const tip = await refs.readRef(`refs/heads/${chooseBranch({}, config)}`);
    if (tip === undefined || statSync(place).uid !== process.getuid?.()) return false;
    const projection = new Projection({ store, dir: indexDir, lock, elapsed: () => performance.now() });
    try {
      await projection.knowDeletions(tip);
      await projection.read(tip, () => undefined);
      return true;
    } finally {
      projection.close();
    }
  } finally {
    await backend.close();
  }
}
