import { hostname, userInfo } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { LedgerError } from '../domain/errors.ts';
import { gitFailure, runGit } from './run.ts';

/** A repository on disk as its configuration describes it. */
export interface Repository {
  /** The common git directory, shared by linked worktrees. */
  gitDir: string;
  /** Remote names in the order of the configuration, with their addresses. */
  remotes: Map<string, string>;
  /** Last value of each `ledger.*` key, keys in lower case. */
  settings: Map<string, string>;
  /** Who commits on this machine. */
  identity: { name: string; email: string };
}

/**
 * Finds the repository that `dir` is in, also from a linked worktree or a bare repository.
 *
 * @throws LedgerError `NO_REPOSITORY`, `NO_GIT`, `UNSUPPORTED_REPOSITORY` where git is too old
 */
export async function openRepository(dir: string): Promise<Repository> {
  const cwd = resolve(dir);
  const found = await runGit({ args: ['rev-parse', '--path-format=absolute', '--git-common-dir'], cwd });
  if (found.code !== 0) {
    if (!/not a git repository/.test(found.stderr)) throw gitFailure('opening the repository', found);
    throw new LedgerError('NO_REPOSITORY', `${cwd} is not in a git repository.`, {
      hint: 'Run it in a clone, name one with -C DIR, or make one with: git init',
    });
  }
  const gitDir = found.stdout.toString().trim();
  if (!isAbsolute(gitDir)) {
    throw new LedgerError('UNSUPPORTED_REPOSITORY', 'This git is too old.', {
      hint: 'Install git 2.34 or newer.',
    });
  }
  return { gitDir, ...(await readConfig(gitDir)) };
}

const WANTED = '^(ledger\\..*|user\\.(name|email)|remote\\..*\\.url|extensions\\.objectformat)$';

async function readConfig(gitDir: string): Promise<Omit<Repository, 'gitDir'>> {
  const args = ['--git-dir', gitDir, 'config', '-z', '--get-regexp', WANTED];
  const { stdout } = await runGit({ args, cwd: gitDir });
  const remotes = new Map<string, string>();
  const settings = new Map<string, string>();
  const user = new Map<string, string>();
  for (const record of stdout.toString().split('\0')) {
    const at = record.indexOf('\n');
    if (at < 0) continue;
    const key = record.slice(0, at);
    const value = record.slice(at + 1);
    if (key === 'extensions.objectformat' && value !== 'sha1') throw otherObjects(value);
    if (key.startsWith('ledger.')) settings.set(key.slice('ledger.'.length).toLowerCase(), value);
    else if (key.startsWith('user.')) user.set(key.slice('user.'.length), value);
    else if (!remotes.has(key.slice(7, -4))) remotes.set(key.slice(7, -4), value);
  }
  return { remotes, settings, identity: identityFrom(user) };
}

function otherObjects(format: string): LedgerError {
  return new LedgerError(
    'UNSUPPORTED_REPOSITORY',
    `The repository names its objects by ${format}; a ledger needs sha1.`,
    {
      hint: 'Keep the ledger in a repository of its own, made with: git init --bare',
    },
  );
}

/** Who commits: git's environment, then its configuration, then the machine's own names. */
function identityFrom(user: ReadonlyMap<string, string>): Repository['identity'] {
  const { GIT_COMMITTER_NAME, GIT_COMMITTER_EMAIL } = process.env;
  const login = safely(() => userInfo().username) ?? 'unknown';
  return {
    name: cleanIdentity(GIT_COMMITTER_NAME || user.get('name') || login),
    email: cleanIdentity(GIT_COMMITTER_EMAIL || user.get('email') || `${login}@${hostname()}`),
  };
}

/** What a git identity cannot hold goes. */
const cleanIdentity = (text: string): string => text.replaceAll(/[<>\p{Cc}]/gu, '').trim() || 'unknown';

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // A process whose user has no entry in the system's list has no name there; that is no failure.
    return undefined;
  }
}
