// Which repository a directory is in, found as git finds it, and what its configuration says of it.
import { existsSync, lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { CONTROL } from '../domain/text.ts';
import { traced } from '../trace/channels.ts';
import { NOTHING_KEPT, readConfigCache, type Stale, writeConfigCache } from './config/cache.ts';
import {
  interpretConfig,
  parseConfigList,
  type RepositoryConfig,
  type RepositoryTraits,
} from './config/interpret.ts';
import { diskFs } from './files/fs.ts';
import { gitFailure, runGit } from './process/run.ts';
import { listRefs, readRef } from './refs/ref-files.ts';

/** A repository on disk as its configuration describes it. */
export interface Repository {
  /** The common git directory, shared by linked worktrees. */
  gitDir: string;
  /** Remote names in the order of the configuration, with their addresses. */
  remotes: Map<string, string>;
  /** Of remotes that are pushed to at another address: that one. */
  pushes: Map<string, string>;
  /** Last value of each `ledger.*` key, keys in lower case. */
  settings: Map<string, string>;
  /** Who commits on this machine. */
  identity: { name: string; email: string };
  traits: RepositoryTraits;
}

/**
 * Finds the repository that `dir` is in, also from a linked worktree or a bare repository. Git is asked once, and again when
 * something changed that its answer depends on.
 *
 * @param now what tells whether a file has been at rest, in milliseconds since 1970
 *
 * @throws LedgerError `NO_REPOSITORY`, also where it came with a checkout; `NO_GIT`; `UNSUPPORTED_REPOSITORY` where git is too old
 */
export async function openRepository(dir: string, now: () => number = Date.now): Promise<Repository> {
  const cwd = resolve(dir);
  const found = findGitDir(cwd);
  if (found !== undefined) await requireOwn(found);
  const known = found === undefined ? { stale: NOTHING_KEPT } : readConfigCache(found);
  if (found !== undefined && 'config' in known) return describe(found, known.config);
  const stale = 'stale' in known ? known.stale : NOTHING_KEPT;
  const gitDir = await askForGitDir(cwd);
  if (gitDir !== found) await requireOwn(gitDir);
  const keep = found === gitDir ? now : undefined;
  return describe(gitDir, await readAnew(gitDir, stale, () => askForConfig(gitDir, keep)));
}

/** With one of these set, where a repository is and whose it may be is for git to say. */
const GIT_DECIDES = [
  'GIT_COMMON_DIR',
  'GIT_CEILING_DIRECTORIES',
  'GIT_DISCOVERY_ACROSS_FILESYSTEM',
  'GIT_TEST_ASSUME_DIFFERENT_OWNER',
];

/**
 * The common git directory of the repository that `dir` is in, found as git finds it; `undefined` where it takes git to
 * tell. One that belongs to someone else is such a case: git refuses it, or has leave to use it.
 */
export function findGitDir(dir: string): string | undefined {
  const owner = process.geteuid?.();
  if (owner === undefined || GIT_DECIDES.some((name) => process.env[name] !== undefined)) return undefined;
  try {
    return search(realpathSync(dir), owner);
  } catch {
    // Whatever cannot be looked at: git has the words for it.
    return undefined;
  }
}

function search(start: string, owner: number): string | undefined {
  const { dev } = statSync(start);
  for (let folder = start; ; folder = dirname(folder)) {
    const here = statSync(folder);
    if (here.dev !== dev) return undefined;
    const dotGit = join(folder, '.git');
    const found = lstatSync(dotGit, { throwIfNoEntry: false });
    if (found !== undefined) {
      return here.uid === owner && found.uid === owner ? commonDir(dotGit, found, owner) : undefined;
    }
    if (isGitDir(folder)) return here.uid === owner ? realpathSync(folder) : undefined;
    if (folder === dirname(folder)) return undefined;
  }
}

/** @param dotGit the `.git` of a work tree: a folder, or a file that names one */
function commonDir(dotGit: string, found: Stats, owner: number): string | undefined {
  if (found.isDirectory()) return isGitDir(dotGit) ? realpathSync(dotGit) : undefined;
  if (!found.isFile()) return undefined;
  const [, named] = /^gitdir: ([^\n]+)\n*$/.exec(readFileSync(dotGit, 'utf8')) ?? [];
  if (named === undefined) return undefined;
  const gitDir = resolve(dirname(dotGit), named);
  if (statSync(gitDir).uid !== owner) return undefined;
  if (isGitDir(gitDir)) return realpathSync(gitDir);
  // A linked worktree: its objects and refs are those of the repository that it names.
  if (!exists(join(gitDir, 'HEAD'))) return undefined;
  const common = resolve(gitDir, readFileSync(join(gitDir, 'commondir'), 'utf8').trimEnd());
  return isGitDir(common) ? realpathSync(common) : undefined;
}

const isGitDir = (path: string): boolean =>
  exists(join(path, 'HEAD')) &&
  isFolder(join(path, 'objects')) &&
  isFolder(join(path, 'refs')) &&
  !exists(join(path, 'commondir'));
const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Of what git checks out, only `.git` is sure to be none of it. @throws LedgerError `NO_REPOSITORY` */
async function requireOwn(gitDir: string): Promise<void> {
  if (/[\\/]\.git(?:[\\/]|$)/.test(gitDir)) return;
  const { refuseCheckedOut } = await import('./checked-out.ts');
  await refuseCheckedOut(gitDir);
}

async function readAnew(
  gitDir: string,
  stale: Stale,
  read: () => Promise<Answer>,
): Promise<RepositoryConfig> {
  const began = () => ({ git_dir: gitDir, ...stale });
  const end = ({ kept }: Answer) => ({ outcome: kept ? ('kept' as const) : ('not_kept' as const) });
  return (await traced('config', began, read, end)).config;
}

async function askForGitDir(cwd: string): Promise<string> {
  // A hook's git has named it, as one has to where the user forbids to come upon a bare repository (`safe.bareRepository`).
  const { GIT_DIR } = process.env;
  const named = GIT_DIR !== undefined && resolve(cwd, GIT_DIR) === cwd ? ['--git-dir', cwd] : [];
  const args = [...named, 'rev-parse', '--path-format=absolute', '--git-common-dir'];
  const found = await runGit({ args, cwd });
  if (found.code !== 0) {
    if (!/not a git repository/.test(found.stderr)) throw gitFailure('opening the repository', found);
    throw new LedgerError('NO_REPOSITORY', `${cwd} is not in a git repository.`, {
      hint: 'Run it in a clone, name one with -C DIR, or make one with: git init',
    });
  }
  const gitDir = found.stdout.toString().trim();
  if (isAbsolute(gitDir)) return gitDir;
  throw new LedgerError('UNSUPPORTED_REPOSITORY', 'This git is too old.', {
    hint: 'Install git 2.34 or newer.',
  });
}

interface Answer {
  config: RepositoryConfig;
  /** Whether the next process need not ask. */
  kept: boolean;
}

async function askForConfig(gitDir: string, now: (() => number) | undefined): Promise<Answer> {
  const args = ['--git-dir', gitDir, 'config', '--list', '--show-origin', '-z'];
  const asked = now?.();
  const listed = await runGit({ args, cwd: gitDir, plain: true });
  if (listed.code !== 0) throw gitFailure('reading the configuration', listed);
  const entries = parseConfigList(listed.stdout.toString());
  const config = interpretConfig(entries);
  const kept =
    asked !== undefined &&
    (await writeConfigCache(gitDir, entries, config, { asked, systemFile: () => systemFile(gitDir) }));
  return { config, kept };
}

/** Where git has the system's configuration, which is fixed when it is built; `undefined` where it does not say. */
async function systemFile(cwd: string): Promise<string | undefined> {
  const args = ['config', '--system', '--list', '--show-origin', '-z'];
  const { stdout, stderr } = await runGit({ args, cwd, plain: true });
  const [, read] = /^file:([^\0]+)/.exec(stdout.toString()) ?? [];
  return read ?? /unable to read config file '([^']+)': No such file/.exec(stderr)?.[1];
}

function describe(gitDir: string, { remotes, pushes, settings, user, traits }: RepositoryConfig): Repository {
  return {
    gitDir,
    remotes: new Map(remotes),
    pushes: new Map(pushes),
    settings: new Map(settings),
    identity: identityFrom(user),
    traits,
  };
}

/** Who commits: git's environment, then its configuration, then the machine's own names. */
function identityFrom(user: RepositoryConfig['user']): Repository['identity'] {
  const { GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL } = process.env;
  const login = (): string => safely(() => userInfo().username) ?? 'unknown';
  return {
    name: cleanIdentity(GIT_COMMITTER_NAME || user.name || login()),
    email: cleanIdentity(GIT_COMMITTER_EMAIL || user.email || `${login()}@${hostname()}`),
  };
}

const UNFIT = new RegExp(`[<>${CONTROL}]`, 'g');
/** What a git identity cannot hold goes. */
const cleanIdentity = (text: string): string => text.replaceAll(UNFIT, '').trim() || 'unknown';

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // A process whose user has no entry in the system's list has no name there; that is no failure.
    return undefined;
  }
}

/** Reads the refs of a clone. */
export interface RefReader {
  /** The commit a ref names, through symbolic refs; `undefined` where there is no such ref. */
  readRef(ref: string): Promise<string | undefined>;
  /** Refs whose names begin with `prefix`, sorted by name. */
  listRefs(prefix: string): Promise<{ ref: string; oid: string }[]>;
  /** Ends a helper that is still running. */
  close(): void;
}

/** Whether the clone lacks a part of its history, because it was made so. */
export const isShallow = (gitDir: string): boolean => existsSync(join(gitDir, 'shallow'));

/** Where git looks for the hooks of the repository that `dir` is in or at. @throws LedgerError `NO_REPOSITORY` */
export async function hooksFolder(dir: string): Promise<string> {
  const cwd = resolve(dir);
  const args = ['rev-parse', '--path-format=absolute', '--git-path', 'hooks'];
  const found = await runGit({ args, cwd, plain: true });
  if (found.code === 0) return found.stdout.toString().trimEnd();
  if (!/not a git repository/.test(found.stderr)) throw gitFailure('looking for hooks', found);
  throw new LedgerError('NO_REPOSITORY', `${cwd} is not a git repository.`);
}

/** Whose hooks a folder has: the repository's own, those of its work tree, which may be committed, or those of others as well. */
export type HooksReach = 'repository' | 'work_tree' | 'others';

/** @param folder as `hooksFolder` gives it for `dir` */
export async function hooksReach(dir: string, folder: string): Promise<HooksReach> {
  const isWithin = (top: string | undefined): boolean =>
    top !== undefined && !relative(real(top), real(folder)).startsWith('..');
  const ask = async (what: string): Promise<string | undefined> => {
    const args = ['rev-parse', '--path-format=absolute', what];
    const { code, stdout } = await runGit({ args, cwd: resolve(dir), plain: true });
    return code === 0 ? stdout.toString().trimEnd() : undefined;
  };
  if (isWithin(await ask('--git-common-dir'))) return 'repository';
  return isWithin(await ask('--show-toplevel')) ? 'work_tree' : 'others';
}

/** The path without symbolic links, as far as it is there. */
const real = (path: string): string => safely(() => realpathSync(path)) ?? path;

/**
 * A reader that costs a process next to nothing where refs are files: no git, and none of the modules that run it.
 *
 * @param gitDir the common git directory
 */
export async function openRefReader(
  gitDir: string,
  { fileRefs }: Pick<RepositoryTraits, 'fileRefs'>,
): Promise<RefReader> {
  if (!fileRefs) return new (await import('./refs.ts')).GitRefs(gitDir);
  const place = { fs: diskFs, gitdir: gitDir };
  return {
    readRef: (ref) => readRef(place, ref),
    listRefs: (prefix) => listRefs(place, prefix),
    close: () => undefined,
  };
}
