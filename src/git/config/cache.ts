import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { nodeCrypto } from '../../node.ts';
import type { ConfigTrace } from '../../trace/channels.ts';
import type { ConfigEntry, RepositoryConfig } from './interpret.ts';

const LARGEST = 256 * 1024;
const OTHERS_MAY_WRITE = 0o022;

/** What git said of a repository's configuration, and everything that its answer depends on. */
export interface CachedConfig {
  version: 1;
  git_dir: string;
  environment: [name: string, value: string][];
  files: FileStamp[];
  config: RepositoryConfig;
}

const stateFolder = (gitDir: string): string => join(gitDir, 'work-ledger');
const cachePath = (gitDir: string): string => join(stateFolder(gitDir), 'config-cache.json');

/** Why git is asked again, and what changed. */
export type Stale = Pick<ConfigTrace, 'why' | 'files' | 'variables'>;

/** What git said when it was last asked, or why it must be asked again. */
export function readConfigCache(gitDir: string): { config: RepositoryConfig } | { stale: Stale } {
  const cached = readOwnFile(cachePath(gitDir));
  if (!isCachedConfig(cached) || cached.git_dir !== gitDir) return { stale: NOTHING_KEPT };
  const variables = differing(cached.environment, configEnvironment());
  if (variables.length > 0) return { stale: { why: 'other_environment', files: [], variables } };
  const files = cached.files.filter((stamp) => !isUnchanged(stamp)).map(([path]) => path);
  return files.length > 0
    ? { stale: { why: 'files_changed', files, variables: [] } }
    : { config: cached.config };
}

export const NOTHING_KEPT: Stale = { why: 'nothing_kept', files: [], variables: [] };

/** Names of variables that have another value in one than in the other. */
function differing(before: CachedConfig['environment'], now: CachedConfig['environment']): string[] {
  const [a, b] = [new Map(before), new Map(now)];
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}

/**
 * Keeps git's answer, where it depends on files alone and they are at rest. Where that cannot be, nothing is lost but time.
 *
 * @returns whether it is kept
 * @param asked when git was asked: what changed since, or just before, may not be in its answer
 * @param systemFile gives git's own path of the system's configuration, where git tells it
 */
export async function writeConfigCache(
  gitDir: string,
  entries: readonly ConfigEntry[],
  config: RepositoryConfig,
  { asked, systemFile }: { asked: number; systemFile(): Promise<string | undefined> },
): Promise<boolean> {
  const files = existsSync(stateFolder(gitDir)) ? configFiles(gitDir, entries) : undefined;
  if (files === undefined || stampSettled(files, asked) === undefined) return false;
  const system = await systemFile();
  const stamps = system && stampSettled([...new Set([system, ...files])], asked);
  if (!stamps) return false;
  const environment = configEnvironment();
  const cached: CachedConfig = { version: 1, git_dir: gitDir, environment, files: stamps, config };
  const temporary = `${cachePath(gitDir)}.${process.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(cached), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, cachePath(gitDir));
    return true;
  } catch {
    // A repository that is only read, or whose local state is closed: there nothing can be, and nothing is taken away.
    if (existsSync(temporary)) rmSync(temporary, { force: true });
    return false;
  }
}

/** What is in a file that nobody else can have written. */
function readOwnFile(path: string): unknown {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      const mine = stats.uid === process.geteuid?.() && (stats.mode & OTHERS_MAY_WRITE) === 0;
      return mine && stats.isFile() && stats.size <= LARGEST
        ? JSON.parse(readFileSync(fd, 'utf8'))
        : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not there, or no JSON: git is asked.
    return undefined;
  }
}

/** A file that git's answer depends on, as it was then; `null` where it was not there. */
export type FileStamp = [path: string, stamp: string | null];

/** A file can change twice in one tick of the clock that dates it, and look the same. */
const SETTLED_MS = 2_000;

/**
 * What of the environment decides which files git reads, and adds to them. Settings that stand in the environment itself, where
 * tokens are handed over, are told by their digest: what is kept of this goes into a file.
 */
function configEnvironment(): [name: string, value: string][] {
  return Object.entries(process.env)
    .flatMap(([name, value]): [string, string][] =>
      value !== undefined && matters(name) ? [[name, SETTING.test(name) ? digest(value) : value]] : [],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const SETTING = /^GIT_CONFIG_(?:KEY_|VALUE_|PARAMETERS$)/;
const digest = (text: string): string => nodeCrypto().createHash('sha256').update(text).digest('hex');

const matters = (name: string): boolean =>
  name === 'HOME' || name === 'XDG_CONFIG_HOME' || name.startsWith('GIT_CONFIG');

/**
 * Every file that a configuration depends on, but for the system's: those git read, and those it would have read had they
 * been there.
 *
 * @returns `undefined` where the answer depends on more than files
 */
function configFiles(gitDir: string, entries: readonly ConfigEntry[]): string[] | undefined {
  const { HOME, XDG_CONFIG_HOME, GIT_CONFIG_GLOBAL } = process.env;
  const xdg = XDG_CONFIG_HOME || (HOME && join(HOME, '.config'));
  const personal =
    GIT_CONFIG_GLOBAL === undefined
      ? [HOME && join(HOME, '.gitconfig'), xdg && join(xdg, 'git', 'config')]
      : [GIT_CONFIG_GLOBAL];
  const files = new Set([join(gitDir, 'config'), join(gitDir, 'config.worktree')]);
  for (const path of personal) if (path) files.add(path);
  for (const entry of entries) {
    const { origin, key } = entry;
    // An address that is in no file may hold a token, and is to be in none.
    if (origin.startsWith('command line:') && /^remote\..*\.url$/s.test(key)) return undefined;
    if (origin.startsWith('file:')) files.add(resolve(gitDir, origin.slice('file:'.length)));
    // Conditions on branches and on other settings change without a file that is listed here.
    if (/^includeif\.(?!gitdir(\/i)?:)/.test(key)) return undefined;
    if (!/^include(if\..*)?\.path$/s.test(key)) continue;
    const included = includedFile(entry);
    if (included === undefined) return undefined;
    files.add(included);
  }
  return [...files].every((path) => isAbsolute(path)) ? [...files] : undefined;
}

function includedFile({ origin, value = '' }: ConfigEntry): string | undefined {
  if (isAbsolute(value)) return value;
  const { HOME } = process.env;
  if (value.startsWith('~/')) return HOME && join(HOME, value.slice(2));
  if (value.startsWith('~') || value.startsWith('%') || !origin.startsWith('file:/')) return undefined;
  return resolve(dirname(origin.slice('file:'.length)), value);
}

/** The files as they are; `undefined` where one changed so short before `asked`, or since, that git may have read another. */
function stampSettled(files: readonly string[], asked: number): FileStamp[] | undefined {
  const stamps: FileStamp[] = [];
  for (const path of files) {
    const stats = look(path);
    if (stats === 'unknown') return undefined;
    if (stats !== null && !stats.isCharacterDevice()) {
      const changed = stats.mtimeMs > stats.ctimeMs ? stats.mtimeMs : stats.ctimeMs;
      if (asked - Number(changed) < SETTLED_MS) return undefined;
    }
    stamps.push([path, stampOf(stats)]);
  }
  return stamps;
}

function isUnchanged([path, stamp]: FileStamp): boolean {
  const stats = look(path);
  return stats !== 'unknown' && stampOf(stats) === stamp;
}

function look(path: string): BigIntStats | null | 'unknown' {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    // A folder that cannot be entered, or a file in the place of one.
    return 'unknown';
  }
}

function stampOf(stats: BigIntStats | null): string | null {
  if (stats === null) return null;
  // The dates of a device, such as /dev/null, say nothing about what is read from it.
  if (stats.isCharacterDevice()) return `device ${stats.rdev}`;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Whether a value is what this version writes. By hand: a library for it would cost what the cache saves. */
function isCachedConfig(value: unknown): value is CachedConfig {
  return (
    isRecord(value) &&
    value.version === 1 &&
    isText(value.git_dir) &&
    isListOf(value.environment, isPairOf(isText)) &&
    isListOf(
      value.files,
      isPairOf((stamp) => stamp === null || isText(stamp)),
    ) &&
    isRecord(value.config) &&
    isListOf(value.config.remotes, isPairOf(isText)) &&
    isListOf(value.config.pushes, isPairOf(isText)) &&
    isListOf(value.config.settings, isPairOf(isText)) &&
    isUser(value.config.user) &&
    isTraits(value.config.traits)
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf = (value: unknown, test: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(test);
const isPairOf =
  (second: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && isText(value[0]) && second(value[1]);
const isUser = (value: unknown): boolean =>
  isRecord(value) && [value.name, value.email].every((part) => part === undefined || isText(part));
const isTraits = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value.fileRefs === 'boolean' &&
  typeof value.groupShared === 'boolean' &&
  isText(value.reflogs) &&
  ['all', 'branches', 'existing'].includes(value.reflogs) &&
  Number.isSafeInteger(value.looseLimit) &&
  Number.isSafeInteger(value.packLimit);
