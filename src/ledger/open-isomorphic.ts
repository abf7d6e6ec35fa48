import nodeFs from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import git from 'isomorphic-git';
import { LedgerError } from '../domain/errors.ts';
import { atomicFs } from '../git/files/durable.ts';
import { type FsLike, readText } from '../git/files/fs.ts';
import { IsomorphicRemote } from '../isomorphic/remote.ts';
import { IsomorphicStore } from '../isomorphic/store.ts';
import { indexDirectory } from '../projection/index-database.ts';
import { MemoryCloneLock, SqliteCloneLock } from '../store/clone-lock.ts';
import { FileState, MemoryState, placeOf } from '../store/local-state.ts';
import type { Backend } from './backend.ts';
import { chooseSign, type RepositoryConfig } from './settings.ts';

/**
 * A repository without the git program: on disk, or on another file system such as one in memory.
 *
 * @throws LedgerError `NO_REPOSITORY`, `UNSUPPORTED_REPOSITORY`
 */
export async function openIsomorphicBackend(dir: string, given: unknown): Promise<Backend> {
  const onDisk = given === undefined || given === nodeFs;
  const fs = (onDisk ? nodeFs : given) as FsLike;
  const gitdir = await findGitDir(fs, dir);
  const store = await IsomorphicStore.open({ fs, gitdir, shared: onDisk });
  const config = await readConfig(fs, gitdir);
  if (chooseSign(config)) {
    throw new LedgerError(
      'UNSUPPORTED_REPOSITORY',
      'ledger.sign is set, and commits are signed by git alone.',
      {
        hint: 'Use the native backend here.',
      },
    );
  }
  const local = join(gitdir, 'work-ledger');
  const state = onDisk ? new FileState(local) : new MemoryState();
  return {
    config,
    place: gitdir,
    refs: store,
    lock: onDisk ? new SqliteCloneLock(local) : new MemoryCloneLock(),
    state,
    ...(onDisk && { standsAt: () => placeOf(gitdir) }),
    local: onDisk ? local : undefined,
    indexDir: onDisk ? indexDirectory(local) : undefined,
    store: async () => store,
    connect: async (remote) => new IsomorphicRemote({ store, ...remote }),
    close: () => store.close(),
  };
}

/** The common git directory: linked worktrees name it in a file. */
async function findGitDir(fs: FsLike, dir: string): Promise<string> {
  const found = await findRoot(fs, dir);
  const dotGit = join(found, '.git');
  const kind = await fs.promises.stat(dotGit).catch(() => undefined);
  if (kind === undefined) return found;
  if (kind.isDirectory()) return dotGit;
  const pointer = (await readText(fs, dotGit)) ?? '';
  const own = resolve(found, pointer.replace(/^gitdir: /, '').trim());
  const common = await readText(fs, join(own, 'commondir'));
  return common === undefined ? own : resolve(own, common.trim());
}

async function findRoot(fs: FsLike, dir: string): Promise<string> {
  const isBare = await fs.promises.stat(join(dir, 'HEAD')).catch(() => undefined);
  if (isBare !== undefined) return dir;
  try {
    return await git.findRoot({ fs: atomicFs(fs), filepath: dir });
  } catch (cause) {
    throw new LedgerError('NO_REPOSITORY', `${dir} is not in a git repository.`, {
      hint: 'Make one with: git init',
      cause,
    });
  }
}

/** The keys that matter, of the repository's own configuration: without git, the user's is not read. */
async function readConfig(fs: FsLike, gitdir: string): Promise<RepositoryConfig> {
  const client = atomicFs(fs);
  const get = async (path: string): Promise<string | undefined> => {
    const value: unknown = await git.getConfig({ fs: client, gitdir, path });
    return value === undefined || value === null ? undefined : String(value);
  };
  const settings = new Map<string, string>();
  for (const key of ['branch', 'remote', 'actor', 'mode', 'presence', 'sign']) {
    const value = await get(`ledger.${key}`);
    if (value !== undefined) settings.set(key, value);
  }
  const remotes = new Map(
    (await git.listRemotes({ fs: client, gitdir })).map(({ remote, url }) => [remote, url]),
  );
  const name = process.env.GIT_COMMITTER_NAME ?? (await get('user.name')) ?? 'work-ledger';
  const email = process.env.GIT_COMMITTER_EMAIL ?? (await get('user.email')) ?? `work-ledger@${hostname()}`;
  // Without git, a remote is read and written at its one address.
  return { remotes, pushes: new Map(), settings, identity: { name, email } };
}
