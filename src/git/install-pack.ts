import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import git from 'isomorphic-git';
import type { FsLike } from './fs-like.ts';
import { ObjectDb } from './object-db.ts';
import type { NamedObject } from './object-format.ts';
import { storing } from './storage-failed.ts';

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
