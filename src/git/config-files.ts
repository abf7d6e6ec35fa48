import { type BigIntStats, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { ConfigEntry } from './git-config.ts';
import { nodeCrypto } from './node-crypto.ts';

/** A file that git's answer depends on, as it was then; `null` where it was not there. */
export type FileStamp = [path: string, stamp: string | null];

/** A file can change twice in one tick of the clock that dates it, and look the same. */
const SETTLED_MS = 2_000;

/**
 * What of the environment decides which files git reads, and adds to them. Settings that stand in the environment itself, where
 * tokens are handed over, are told by their digest: what is kept of this goes into a file.
 */
export function configEnvironment(): [name: string, value: string][] {
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
export function configFiles(gitDir: string, entries: readonly ConfigEntry[]): string[] | undefined {
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
export function stampSettled(files: readonly string[], asked: number): FileStamp[] | undefined {
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

export function isUnchanged([path, stamp]: FileStamp): boolean {
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
