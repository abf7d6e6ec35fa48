import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import git from 'isomorphic-git';
import { LedgerError } from '../domain/errors.ts';
import { syncFolder, writeWhole } from '../git/files/durable.ts';
import { type FsLike, listFolder, readText } from '../git/files/fs.ts';
import type { Repository } from '../git/repository.ts';

/** What of its configuration matters here. */
export type IsomorphicConfig = Pick<Repository, 'remotes' | 'pushes' | 'settings' | 'identity'> &
  Pick<Repository['traits'], 'groupShared'>;

/** The common git directory: linked worktrees name it in a file. */
export async function findGitDir(fs: FsLike, dir: string): Promise<string> {
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

/**
 * Where a work tree is; `undefined` where there is none, as in a bare repository or where its folder was removed.
 *
 * @param dir its git directory: `gitdir`, or a folder below `worktrees`
 */
export async function topOf(
  { fs, gitdir }: { fs: FsLike; gitdir: string },
  dir: string,
): Promise<string | undefined> {
  if (dir !== gitdir) {
    const top = dirname(((await readText(fs, join(dir, 'gitdir'))) ?? '').trimEnd());
    const there = await Promise.all([top, join(dir, 'locked')].map((path) => isThere(fs, path)));
    return there.includes(true) ? top : undefined;
  }
  const get = (path: string): Promise<unknown> => git.getConfig({ fs: atomicFs(fs), gitdir, path });
  if (String((await get('core.bare')) ?? 'false') === 'true') return undefined;
  return resolve(gitdir, String((await get('core.worktree')) ?? '..'));
}

const isThere = (fs: FsLike, path: string): Promise<boolean> =>
  fs.promises.stat(path).then(
    () => true,
    () => false,
  );

/** The keys that matter, of the repository's own configuration: without git, the user's is not read. */
export async function readConfig(fs: FsLike, gitdir: string): Promise<IsomorphicConfig> {
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
  const shared = (await get('core.sharedrepository'))?.toLowerCase() ?? 'umask';
  const groupShared = !['umask', 'false', '0', 'no', 'off', ''].includes(shared);
  return { remotes, pushes: new Map(), settings, identity: { name, email }, groupShared };
}

/**
 * Passes where `gitdir` is a repository that isomorphic-git understands whole.
 *
 * What it does not understand it would read wrongly, without a word: so each such thing is refused by name.
 *
 * @throws LedgerError `NO_REPOSITORY`, `UNSUPPORTED_REPOSITORY`
 */
export async function assertSupported(fs: FsLike, gitdir: string): Promise<void> {
  const names = await listFolder(fs, gitdir);
  if (!names.includes('objects') || !names.includes('HEAD')) {
    throw new LedgerError('NO_REPOSITORY', `${gitdir} is not a git directory.`);
  }
  const config = (path: string): Promise<unknown> => git.getConfig({ fs: atomicFs(fs), gitdir, path });
  const format = (await config('extensions.objectformat')) ?? 'sha1';
  if (format !== 'sha1') throw unsupported(`uses ${format} object names`);
  const refs = (await config('extensions.refstorage')) ?? 'files';
  if (refs !== 'files') throw unsupported(`keeps its refs as ${refs}`);
  if ((await config('extensions.partialclone')) !== undefined || (await hasPromisedObjects(fs, gitdir))) {
    throw unsupported('is a partial clone');
  }
  if (await readText(fs, join(gitdir, 'objects', 'info', 'alternates'))) {
    throw unsupported('borrows objects from another (objects/info/alternates)');
  }
  if (await readText(fs, join(gitdir, 'shallow'))) throw unsupported('is a shallow clone');
}

/** Newer git marks the packs of a partial clone, and leaves the extension out. */
async function hasPromisedObjects(fs: FsLike, gitdir: string): Promise<boolean> {
  return (await listFolder(fs, join(gitdir, 'objects', 'pack'))).some((name) => name.endsWith('.promisor'));
}

function unsupported(what: string): LedgerError {
  return new LedgerError('UNSUPPORTED_REPOSITORY', `This repository ${what}, which needs the git program.`, {
    hint: 'Install git, and let the ledger use it; or use a full, plain clone.',
  });
}

/**
 * A file system for isomorphic-git on which a file is whole or absent, for every reader and after every crash.
 *
 * Each write goes to a temporary file beside the target, is synced, and is renamed into place. The library writes nothing
 * but objects and packs through it, so files are read-only, as git makes them. Refs go through `swap-ref.ts`.
 */
export function atomicFs(fs: FsLike) {
  const { promises } = fs;
  return {
    promises: {
      // The library calls this without a path, often, to see whether it returns a promise; an error would cost time.
      readFile: async (path?: string, options?: unknown) =>
        path === undefined ? '' : promises.readFile(path, options),
      writeFile: async (path: string, data: Uint8Array | string) =>
        writeWhole(fs, path, Buffer.from(data), 0o444),
      mkdir: async (path: string) => {
        await promises.mkdir(path);
        await syncFolder(fs, dirname(path));
      },
      rmdir: async (path: string) => promises.rmdir(path),
      unlink: async (path: string) => promises.unlink(path),
      stat: async (path: string) => promises.stat(path),
      lstat: async (path: string) => promises.lstat(path),
      readdir: async (path: string) => promises.readdir(path),
      readlink: async (path: string, options?: unknown) => promises.readlink(path, options),
      symlink: async (target: string, path: string) => promises.symlink(target, path),
    },
  };
}
