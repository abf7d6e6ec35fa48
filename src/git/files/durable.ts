import { dirname, join } from 'node:path';
import { LedgerError, messageOf } from '../../domain/errors.ts';
import { nodeCrypto } from '../../node.ts';
import { errorCode, type FsLike } from './fs.ts';

/**
 * Puts a file at `path`, whole and durable. The folder must exist.
 *
 * @param allowed the permissions that are kept of those that the process gives new files
 */
export async function writeWhole(
  fs: FsLike,
  path: string,
  bytes: Uint8Array,
  allowed: number,
): Promise<void> {
  await placeStaged(fs, await stage(fs, dirname(path), bytes, allowed), path);
  await syncFolder(fs, dirname(path));
}

/** Writes a file that is durable and not yet in its place. @returns where it is */
export async function stage(fs: FsLike, folder: string, bytes: Uint8Array, allowed: number): Promise<string> {
  // `git gc` clears away files of this name that a crash left behind.
  const temporary = join(folder, `tmp_obj_${nodeCrypto().randomUUID()}`);
  const file = await fs.promises.open(temporary, 'wx');
  try {
    try {
      await file.writeFile(bytes);
      await file.chmod(Number((await file.stat()).mode) & allowed);
      await file.sync?.();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard(fs, temporary);
    throw error;
  }
  return temporary;
}

/** Puts a staged file in its place, or takes it away where that cannot be. */
export async function placeStaged(fs: FsLike, temporary: string, path: string): Promise<void> {
  try {
    await fs.promises.rename(temporary, path);
  } catch (error) {
    await discard(fs, temporary);
    throw error;
  }
}

const discard = (fs: FsLike, temporary: string): Promise<unknown> =>
  fs.promises.unlink(temporary).catch(() => undefined);

/**
 * Not every platform and file system lets a folder be opened and synced; those that do not need not be asked to. Where the
 * folder is gone, another process has moved on what was in it.
 */
const CANNOT_SYNC = new Set(['ENOENT', 'EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS', 'EBADF']);

/** Makes what was created, renamed or removed in a folder survive a crash of the machine, where the platform can. */
export async function syncFolder(fs: FsLike, path: string): Promise<void> {
  try {
    const folder = await fs.promises.open(path, 'r');
    try {
      await folder.sync?.();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errorCode(error) ?? '')) throw error;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Runs a step that writes; what the system reports becomes a refusal that says what was being done. */
export async function storing<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof LedgerError ? error : storageFailure(what, error);
  }
}

function storageFailure(what: string, cause: unknown): LedgerError {
  const code = errorCode(cause) ?? '';
  if (FULL.has(code)) {
    return new LedgerError('STORAGE_FAILED', `The disk is full; ${lower(what)} was not done.`, {
      hint: 'Free some space and try again.',
      cause,
    });
  }
  if (NOT_ALLOWED.has(code)) {
    return new LedgerError(
      'PERMISSION_DENIED',
      `The repository cannot be written; ${lower(what)} was not done.`,
      {
        hint: 'Check who owns the repository, and whether its disk is read-only.',
        cause,
      },
    );
  }
  const reason = messageOf(cause);
  return new LedgerError('STORAGE_FAILED', `${what} failed: ${reason}`, { cause });
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
