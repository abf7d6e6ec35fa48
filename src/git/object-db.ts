import git from 'isomorphic-git';
import { atomicFs } from './atomic-fs.ts';
import { damagedObject } from './damaged-object.ts';
import type { FsLike } from './fs-like.ts';
import { inflateLoose, readLooseFile, unwrapLoose, writeLoose } from './loose-objects.ts';
import { type GitObject, isObjectType, type NamedObject, type ObjectSource } from './object-format.ts';
import { RecentObjects } from './recent-objects.ts';

/**
 * A repository's objects, on any file system.
 *
 * Whole packs are kept in memory once one object was read from them, until `forget`.
 */
export class ObjectDb implements ObjectSource {
  readonly fs: ReturnType<typeof atomicFs>;
  readonly gitdir: string;
  readonly #disk: FsLike;
  readonly #recent = new RecentObjects();
  #cache: object = {};

  constructor(fs: FsLike, gitdir: string) {
    this.fs = atomicFs(fs);
    this.#disk = fs;
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
    const object = await this.readAtMost(oid, Number.POSITIVE_INFINITY);
    if (object === undefined || 'size' in object) return undefined;
    this.#recent.add(oid, object);
    return object;
  }

  /** The object, or its size alone where that is over `maxBytes`. */
  async readAtMost(oid: string, maxBytes: number): Promise<GitObject | { size: number } | undefined> {
    const raw = await this.#readRaw(oid);
    if (raw === undefined) return undefined;
    if (!('type' in raw)) return inflateLoose(oid, raw.deflated, maxBytes);
    return raw.bytes.length > maxBytes ? { size: raw.bytes.length } : raw;
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#readRaw(oid)) !== undefined;
  }

  /** Makes the objects durable. They are independent files, and in no order. */
  async write(objects: readonly NamedObject[]): Promise<void> {
    await writeLoose(this.#disk, this.gitdir, objects);
    for (const object of objects) this.#recent.add(object.oid, object);
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
      throw damagedObject(oid, error);
    }
  }

  async #readOnce(oid: string): Promise<GitObject | { deflated: Uint8Array }> {
    const { fs, gitdir, cache } = this;
    // Most objects that are read one by one are files of their own; the library looks at more before it reads one.
    const loose = await readLooseFile(this.#disk, gitdir, oid);
    if (loose !== undefined) return { deflated: loose };
    const { format, type, object } = await git.readObject({ fs, gitdir, cache, oid, format: 'deflated' });
    if (!(object instanceof Uint8Array)) throw new TypeError(`${format} is not bytes`);
    if (format === 'content') return typed(type, object);
    // The library makes the empty tree up, and gives it unlike any other object.
    if (format === 'wrapped') return unwrapLoose(oid, () => object);
    return { deflated: object };
  }
}

const isMissing = (error: unknown): boolean => error instanceof git.Errors.NotFoundError;

function typed(type: string, bytes: Uint8Array): GitObject {
  if (!isObjectType(type)) throw new TypeError(`a ${type} is no git object`);
  return { type, bytes };
}
