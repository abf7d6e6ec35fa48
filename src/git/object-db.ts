import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import git from 'isomorphic-git';
import { LedgerError } from '../domain/errors.ts';
import { atomicFs } from './atomic-fs.ts';
import type { FsLike } from './fs-like.ts';
import {
  type GitObject,
  isObjectType,
  type NamedObject,
  type ObjectSource,
  readHeader,
  wrapObject,
} from './object-format.ts';
import { RecentObjects } from './recent-objects.ts';
import { storing } from './storage-failed.ts';

/** More bytes of a compressed object than its header can need. */
const HEADER_BYTES = 128;
const AT_ONCE = 16;

/**
 * A repository's objects, on any file system.
 *
 * Whole packs are kept in memory once one object was read from them, until `forget`.
 */
export class ObjectDb implements ObjectSource {
  readonly fs: ReturnType<typeof atomicFs>;
  readonly gitdir: string;
  readonly #recent = new RecentObjects();
  #cache: object = {};

  constructor(fs: FsLike, gitdir: string) {
    this.fs = atomicFs(fs);
    this.gitdir = gitdir;
  }

  /** For calls of the library that read packs. */
  get cache(): object {
    return this.#cache;
  }

  /** Lets go of what is kept in memory. */
  forget(): void {
    this.#cache = {};
    this.#recent.clear();
  }

  /** @throws LedgerError `STORAGE_FAILED` where the object is there and damaged */
  async read(oid: string): Promise<GitObject | undefined> {
    const recent = this.#recent.get(oid);
    if (recent !== undefined) return recent;
    const raw = await this.#readRaw(oid);
    if (raw === undefined) return undefined;
    const object = 'type' in raw ? raw : unwrap(oid, () => inflateSync(raw.deflated));
    this.#recent.add(oid, object);
    return object;
  }

  /** The object, or its size alone where that is over `maxBytes`. */
  async readAtMost(oid: string, maxBytes: number): Promise<GitObject | { size: number } | undefined> {
    const raw = await this.#readRaw(oid);
    if (raw === undefined) return undefined;
    if ('type' in raw) return raw.bytes.length > maxBytes ? { size: raw.bytes.length } : raw;
    const header = readHeader(inflateStart(raw.deflated));
    if (header !== undefined && header.size > maxBytes) return { size: header.size };
    return unwrap(oid, () => inflateSync(raw.deflated));
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#readRaw(oid)) !== undefined;
  }

  /** Makes the objects durable. They are independent files, and in no order. */
  async write(objects: readonly NamedObject[]): Promise<void> {
    for (let at = 0; at < objects.length; at += AT_ONCE) {
      const some = objects.slice(at, at + AT_ONCE);
      await storing('Writing git objects', () => Promise.all(some.map((object) => this.#writeOne(object))));
    }
  }

  async #writeOne(object: NamedObject): Promise<void> {
    const { fs, gitdir } = this;
    const deflated = deflateSync(wrapObject(object));
    await git.writeObject({ fs, gitdir, format: 'deflated', object: deflated, oid: object.oid });
    this.#recent.add(object.oid, object);
  }

  /**
   * Reads twice before an object counts as missing: another process can repack between the look at the loose objects and
   * the look at the packs, and can take a pack away that the cache still names.
   */
  async #readRaw(oid: string): Promise<GitObject | { deflated: Uint8Array } | undefined> {
    try {
      return await this.#readOnce(oid);
    } catch (error) {
      if (!isMissing(error)) this.forget();
    }
    try {
      return await this.#readOnce(oid);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw damaged(oid, error);
    }
  }

  async #readOnce(oid: string): Promise<GitObject | { deflated: Uint8Array }> {
    const { fs, gitdir, cache } = this;
    // Most objects that are read one by one are files of their own; the library looks at more before it reads one.
    const loose = await fs.promises
      .readFile(join(gitdir, 'objects', oid.slice(0, 2), oid.slice(2)))
      .catch(() => undefined);
    if (loose instanceof Uint8Array) return { deflated: loose };
    const { format, type, object } = await git.readObject({ fs, gitdir, cache, oid, format: 'deflated' });
    if (!(object instanceof Uint8Array)) throw new TypeError(`${format} is not bytes`);
    if (format === 'content') return typed(type, object);
    // The library makes the empty tree up, and gives it unlike any other object.
    if (format === 'wrapped') return unwrap(oid, () => object);
    return { deflated: object };
  }
}

const isMissing = (error: unknown): boolean => error instanceof git.Errors.NotFoundError;

function typed(type: string, bytes: Uint8Array): GitObject {
  if (!isObjectType(type)) throw new TypeError(`a ${type} is no git object`);
  return { type, bytes };
}

function unwrap(oid: string, inflate: () => Uint8Array): GitObject {
  let wrapped: Uint8Array;
  try {
    wrapped = inflate();
  } catch (error) {
    throw damaged(oid, error);
  }
  const header = readHeader(wrapped);
  const sound = header !== undefined && createHash('sha1').update(wrapped).digest('hex') === oid;
  if (!sound) throw damaged(oid, undefined);
  return { type: header.type, bytes: wrapped.subarray(header.length) };
}

function inflateStart(deflated: Uint8Array): Uint8Array {
  try {
    return inflateSync(deflated.subarray(0, HEADER_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // Damaged: reading it whole says so.
    return new Uint8Array();
  }
}

function damaged(oid: string, cause: unknown): LedgerError {
  return new LedgerError('STORAGE_FAILED', `The git object ${oid} is damaged.`, {
    hint: 'git fsck names everything that is damaged; another clone has the object whole.',
    details: { oid },
    cause,
  });
}
