import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import git from 'isomorphic-git';
import { storing } from '../git/files/durable.ts';
import type { FsLike } from '../git/files/fs.ts';
import {
  type GitObject,
  isObjectType,
  type NamedObject,
  ObjectCache,
  type ObjectSource,
  RECENT_BYTES,
  unpooled,
} from '../git/model/object.ts';
import { damagedObject, inflateLoose, readLooseFile, unwrapLoose, writeLoose } from '../git/objects/loose.ts';
import { atomicFs } from './repository.ts';

const PACK_FILE = /\.(?:pack|idx)$/;
/** Of packs that the library keeps in memory, beside the largest: it must have the one that it reads from. */
const PACK_BYTES = 64 * 1024 * 1024;

/**
 * A repository's objects, on any file system.
 *
 * The library keeps whole packs in memory once one object was read from them. What it read for that is counted here, and all of
 * it let go where it is much.
 */
export class ObjectDb implements ObjectSource {
  readonly fs: ReturnType<typeof atomicFs>;
  readonly gitdir: string;
  readonly #disk: FsLike;
  readonly #recent = new ObjectCache(RECENT_BYTES);
  #cache: object = {};
  readonly #mostPackBytes: number;
  #packBytes = 0;
  #largestPack = 0;

  /** @param most bytes of packs, beside the largest */
  constructor(fs: FsLike, gitdir: string, most: number = PACK_BYTES) {
    this.#mostPackBytes = most;
    const files = atomicFs(fs);
    const readFile = async (path?: string, options?: unknown): Promise<Uint8Array | string> => {
      const bytes = await files.promises.readFile(path, options);
      if (path !== undefined && PACK_FILE.test(path)) this.#count(bytes.length);
      return bytes;
    };
    this.fs = { promises: { ...files.promises, readFile } };
    this.#disk = fs;
    this.gitdir = gitdir;
  }

  /** For calls of the library that read packs. */
  get cache(): object {
    return this.#cache;
  }

  /** Lets go of what is kept in memory. */
  forget(): void {
    this.#forgetPacks();
    this.#recent.clear();
  }

  /** Bytes of packs that are kept in memory. */
  get packBytes(): number {
    return this.#packBytes;
  }

  #forgetPacks(): void {
    this.#cache = {};
    this.#packBytes = 0;
    this.#largestPack = 0;
  }

  #count(bytes: number): void {
    this.#packBytes += bytes;
    this.#largestPack = Math.max(this.#largestPack, bytes);
  }

  /** @throws LedgerError `STORAGE_FAILED` where the object is there and damaged */
  async read(oid: string, atMost = Number.POSITIVE_INFINITY): Promise<GitObject | undefined> {
    const recent = this.#recent.get(oid);
    if (recent !== undefined) return recent;
    const object = await this.readAtMost(oid, Number.POSITIVE_INFINITY);
    if (object === undefined || 'size' in object) return undefined;
    const { type, bytes } = object;
    if (bytes.length > atMost)
      return { type, bytes: unpooled(bytes.subarray(0, atMost)), whole_size: bytes.length };
    this.#keep(oid, object);
    return object;
  }

  /** Files are not met again. */
  #keep(oid: string, object: GitObject): void {
    if (object.type !== 'blob') this.#recent.add(oid, object);
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
    for (const object of objects) this.#keep(object.oid, object);
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
    if (this.#packBytes - this.#largestPack > this.#mostPackBytes) this.#forgetPacks();
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

/** As git does: a pack of fewer objects is taken apart, so that small fetches do not pile up packs. */
const UNPACK_LIMIT = 100;
const HEADER_BYTES = 12;
const TRAILER_BYTES = 20;

const SCRATCH = '/scratch';
const RECEIVED = 'objects/pack/received';

/**
 * Adds a pack that came over the wire to a repository, durably.
 *
 * Nothing is written before every object in it was read: a pack that leans on objects it does not hold is refused, as is one
 * that was damaged on its way.
 */
export async function installPack(db: ObjectDb, pack: Buffer): Promise<void> {
  const count = countObjects(pack);
  if (count === 0) return;
  const scratch = scratchFs();
  await scratch.promises.writeFile(join(SCRATCH, `${RECEIVED}.pack`), pack);
  const { oids } = await git.indexPack({ fs: scratch, dir: SCRATCH, filepath: `${RECEIVED}.pack` });
  if (new Set(oids).size !== count) {
    throw new Error(`the pack holds ${count} objects, and ${oids.length} of them can be read`);
  }
  if (count < UNPACK_LIMIT) await unpack(db, new ObjectDb(scratch, SCRATCH), oids);
  else await keep(db, pack, await scratch.promises.readFile(join(SCRATCH, `${RECEIVED}.idx`)));
}

/** @throws Error where it is no pack, or its bytes are not those that were sent */
function countObjects(pack: Buffer): number {
  if (pack.length < HEADER_BYTES + TRAILER_BYTES || pack.toString('latin1', 0, 4) !== 'PACK') {
    throw new Error('the answer holds no pack');
  }
  const sum = createHash('sha1').update(pack.subarray(0, -TRAILER_BYTES)).digest();
  if (!sum.equals(pack.subarray(-TRAILER_BYTES))) throw new Error('the pack was damaged on its way');
  return pack.readUInt32BE(8);
}

async function unpack(db: ObjectDb, scratch: ObjectDb, oids: readonly string[]): Promise<void> {
  const objects: NamedObject[] = [];
  for (const oid of oids) {
    const object = await scratch.read(oid);
    if (object !== undefined) objects.push({ ...object, oid });
  }
  await db.write(objects);
}

async function keep({ fs, gitdir }: ObjectDb, pack: Uint8Array, index: Uint8Array): Promise<void> {
  const folder = join(gitdir, 'objects', 'pack');
  const name = join(folder, `pack-${Buffer.from(pack.subarray(-TRAILER_BYTES)).toString('hex')}`);
  await storing('Keeping what was fetched', async () => {
    if ((await fs.promises.stat(folder).catch(() => undefined)) === undefined)
      await fs.promises.mkdir(folder);
    await fs.promises.writeFile(`${name}.pack`, pack);
    // Readers look for indexes, so the pack is there for them from here on.
    await fs.promises.writeFile(`${name}.idx`, index);
  });
}

/** As much of a file system, in memory, as the library needs to index a pack and to read from it. */
function scratchFs() {
  const files = new Map<string, Uint8Array>();
  const absent = async (): Promise<never> => {
    throw Object.assign(new Error('there is no such file'), { code: 'ENOENT' });
  };
  const promises = {
    readFile: async (path: string) => files.get(path) ?? absent(),
    writeFile: async (path: string, data: Uint8Array) => void files.set(path, Buffer.from(data)),
    readdir: async (folder: string) =>
      [...files.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => basename(path)),
    ...{ open: absent, mkdir: absent, rename: absent, unlink: absent, rmdir: absent },
    ...{ stat: absent, lstat: absent, readlink: absent, symlink: absent },
  };
  return { promises } satisfies FsLike;
}
