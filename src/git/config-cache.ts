import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ConfigTrace } from '../trace/channels.ts';
import { isCachedConfig } from './cached-config.ts';
import { configEnvironment, configFiles, type FileStamp, isUnchanged, stampSettled } from './config-files.ts';
import type { ConfigEntry, RepositoryConfig } from './git-config.ts';

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
    // A repository that is only read.
    rmSync(temporary, { force: true });
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
