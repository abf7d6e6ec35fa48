import { join } from 'node:path';
import git from 'isomorphic-git';
import { LedgerError } from '../domain/errors.ts';
import { atomicFs } from '../git/files/durable.ts';
import { type FsLike, listFolder, readText } from '../git/files/fs.ts';

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
