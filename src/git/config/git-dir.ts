import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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
