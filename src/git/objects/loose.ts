import { dirname, join } from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { LedgerError } from '../../domain/errors.ts';
import { nodeCrypto } from '../../node.ts';
import { storing, syncFolder, writeWhole } from '../files/durable.ts';
import { errorCode, type FsLike } from '../files/fs.ts';
import { type GitObject, type NamedObject, readHeader, wrapObject } from '../model/object.ts';

/** More bytes of a compressed object than its header can need. */
const HEADER_BYTES = 128;
const AT_ONCE = 16;
/** Git takes a folder away when it has packed all that was in it, also one that was made a moment ago. */
const FOLDER_TRIES = 50;
/** As git has it for loose objects: a pack compresses them again. */
const FAST = { level: constants.Z_BEST_SPEED };

export const loosePath = (gitdir: string, oid: string): string =>
  join(gitdir, 'objects', oid.slice(0, 2), oid.slice(2));

/**
 * Writes objects as files of their own, each whole and durable. They are in no order: nothing names them before all are there.
 *
 * One that is there already is put there again: whoever made it may not have waited for the disk, and a collector of garbage
 * that found it old must find it new.
 */
export async function writeLoose(fs: FsLike, gitdir: string, objects: readonly NamedObject[]): Promise<void> {
  for (let at = 0; at < objects.length; at += AT_ONCE) {
    const some = objects.slice(at, at + AT_ONCE);
    await storing('Writing git objects', () => allOf(some.map((object) => writeOne(fs, gitdir, object))));
  }
}

/** Ends when all have ended, so that nobody is told of a failure while files are still on their way. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(steps)) if (result.status === 'rejected') throw result.reason;
}

async function writeOne(fs: FsLike, gitdir: string, object: NamedObject): Promise<void> {
  const path = loosePath(gitdir, object.oid);
  const deflated = deflateSync(wrapObject(object), FAST);
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeWhole(fs, path, deflated, 0o444);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || tries >= FOLDER_TRIES) throw error;
      await makeFolder(fs, dirname(path));
    }
  }
}

async function makeFolder(fs: FsLike, path: string): Promise<void> {
  try {
    await fs.promises.mkdir(path);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  await syncFolder(fs, dirname(path));
}

/** The bytes of an object's file, where it has one. */
export async function readLooseFile(
  fs: FsLike,
  gitdir: string,
  oid: string,
): Promise<Uint8Array | undefined> {
  const bytes = await fs.promises.readFile(loosePath(gitdir, oid)).catch(() => undefined);
  return bytes instanceof Uint8Array ? bytes : undefined;
}

/** @throws LedgerError `STORAGE_FAILED` where the bytes are not those that `oid` names */
export function unwrapLoose(oid: string, inflate: () => Uint8Array): GitObject {
  let wrapped: Uint8Array;
  try {
    wrapped = inflate();
  } catch (error) {
    throw damagedObject(oid, error);
  }
  const header = readHeader(wrapped);
  const sound = header !== undefined && nodeCrypto().createHash('sha1').update(wrapped).digest('hex') === oid;
  if (!sound) throw damagedObject(oid, undefined);
  return { type: header.type, bytes: wrapped.subarray(header.length) };
}

/** The object, or its size alone where that is over `maxBytes`. */
export function inflateLoose(
  oid: string,
  deflated: Uint8Array,
  maxBytes: number,
): GitObject | { size: number } {
  const header = maxBytes === Number.POSITIVE_INFINITY ? undefined : readHeader(inflateStart(deflated));
  if (header !== undefined && header.size > maxBytes) return { size: header.size };
  return unwrapLoose(oid, () => inflateSync(deflated));
}

function inflateStart(deflated: Uint8Array): Uint8Array {
  try {
    return inflateSync(deflated.subarray(0, HEADER_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // Damaged: reading it whole says so.
    return new Uint8Array();
  }
}

export function damagedObject(oid: string, cause: unknown): LedgerError {
  return new LedgerError('STORAGE_FAILED', `The git object ${oid} is damaged.`, {
    hint: 'git fsck names everything that is damaged; another clone has the object whole.',
    details: { oid },
    cause,
  });
}
