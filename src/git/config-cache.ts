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

/** What git said when it was last asked; `undefined` where it must be asked again. */
export function readConfigCache(gitDir: string): RepositoryConfig | undefined {
  const cached = readOwnFile(cachePath(gitDir));
  if (!isCachedConfig(cached) || cached.git_dir !== gitDir) return undefined;
  if (JSON.stringify(cached.environment) !== JSON.stringify(configEnvironment())) return undefined;
  return cached.files.every(isUnchanged) ? cached.config : undefined;
}

/**
 * Keeps git's answer, where it depends on files alone and they are at rest. Where that cannot be, nothing is lost but time.
 *
 * @param asked when git was asked: what changed since, or just before, may not be in its answer
 * @param systemFile gives git's own path of the system's configuration, where git tells it
 */
export async function writeConfigCache(
  gitDir: string,
  entries: readonly ConfigEntry[],
  config: RepositoryConfig,
  { asked, systemFile }: { asked: number; systemFile(): Promise<string | undefined> },
): Promise<void> {
  const files = existsSync(stateFolder(gitDir)) ? configFiles(gitDir, entries) : undefined;
  if (files === undefined || stampSettled(files, asked) === undefined) return;
  const system = await systemFile();
  const stamps = system && stampSettled([...new Set([system, ...files])], asked);
  if (!stamps) return;
  const environment = configEnvironment();
  const cached: CachedConfig = { version: 1, git_dir: gitDir, environment, files: stamps, config };
  const temporary = `${cachePath(gitDir)}.${process.pid}`;
  try {
    writeFileSync(temporary, JSON.stringify(cached), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, cachePath(gitDir));
  } catch {
    // A repository that is only read.
    rmSync(temporary, { force: true });
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
