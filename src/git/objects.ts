// The objects of a clone: where each is read from, where new ones go, and when git is to pack them.
import { existsSync, readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { CatFile } from './cat-file.ts';
import { PLAIN_TRAITS, type RepositoryTraits } from './config/interpret.ts';
import { diskFs, errorCode } from './files/fs.ts';
import {
  type GitObject,
  isObjectType,
  type NamedObject,
  ObjectCache,
  type ObjectSource,
  RECENT_BYTES,
} from './model/object.ts';
import { inflateLoose, loosePath, readLooseFile } from './objects/loose.ts';
import { OwnPacks } from './objects/own-packs.ts';
import { Pack } from './objects/pack.ts';
import { readStart, readMany as readStream, type StreamedObject } from './process/bulk-read.ts';
import { startGit } from './process/run.ts';

const OID = /^[0-9a-f]{40}$/;

/** Beyond this, a git process of their own reads objects faster than this one. */
const FEW = 200;

type Found = GitObject | { size: number };

/** Without a type, nothing has that name; without bytes, it is larger than was asked for. */
export type NamedFound = Pick<StreamedObject, 'oid' | 'type' | 'bytes'>;

/**
 * The objects of a clone on disk, read and written in this process. What is not found among its files and packs is asked of
 * git: it may be borrowed from another repository, promised by a remote, or packed in a way that only git reads.
 */
export class DiskObjects implements ObjectSource {
  readonly #gitDir: string;
  readonly #traits: RepositoryTraits;
  readonly #contents: CatFile;
  readonly #names: CatFile;
  readonly #packs: Packs;
  readonly #own: OwnPacks;
  readonly #recent = new ObjectCache(RECENT_BYTES);

  constructor(gitDir: string, traits: RepositoryTraits = PLAIN_TRAITS) {
    this.#gitDir = gitDir;
    this.#traits = traits;
    this.#contents = new CatFile(gitDir, 'contents');
    this.#names = new CatFile(gitDir, 'names');
    this.#packs = new Packs(gitDir);
    this.#own = new OwnPacks(gitDir);
  }

  /** True for an object that was read or written a short time ago, and is in memory. */
  isAtHand(oid: string): boolean {
    return this.#recent.get(oid) !== undefined;
  }

  /** @throws LedgerError `STORAGE_FAILED` where the object is there and damaged */
  async read(oid: string, atMost = Number.POSITIVE_INFINITY): Promise<GitObject | undefined> {
    const recent = this.#recent.get(oid);
    if (recent !== undefined) return recent;
    const object = await this.readAtMost(oid, atMost);
    if (object === undefined) return undefined;
    if ('size' in object) return this.#readStart(oid, atMost);
    return this.#keep(oid, object);
  }

  /** The object, or its size alone where that is over `maxBytes`. */
  async readAtMost(oid: string, maxBytes: number): Promise<Found | undefined> {
    return (await this.#readHere(oid, maxBytes)) ?? this.#askGit(oid, maxBytes);
  }

  /** What is there of many objects, by name; of those over `maxBytes` the size alone. */
  async readMany(oids: Iterable<string>, maxBytes: number): Promise<Map<string, Found>> {
    const wanted = [...new Set(oids)];
    if (wanted.length > FEW) return this.#stream(wanted, maxBytes);
    const found = new Map<string, Found>();
    for (const oid of wanted) {
      const object = await this.readAtMost(oid, maxBytes);
      if (object !== undefined) found.set(oid, object);
    }
    return found;
  }

  /** What names stand for, such as `COMMIT:PATH`, in their order, as it comes from a git process of its own. */
  async *readNamed(names: readonly string[], maxBytes: number): AsyncGenerator<NamedFound, undefined> {
    for await (const objects of readStream(this.#gitDir, names, maxBytes)) yield* objects;
    return undefined;
  }

  /** Keeps an object that was read by its name, for those that read it by its own. */
  remember(oid: string, object: GitObject): void {
    this.#keep(oid, object);
  }

  async #stream(oids: readonly string[], maxBytes: number): Promise<Map<string, Found>> {
    const found = new Map<string, Found>();
    const names = oids.filter((oid) => OID.test(oid));
    for await (const objects of readStream(this.#gitDir, names, maxBytes)) {
      for (const { oid, type, size, bytes } of objects) {
        if (type === undefined || !isObjectType(type)) continue;
        found.set(oid, bytes === undefined ? { size } : { type, bytes });
      }
    }
    return found;
  }

  /** Makes the objects durable. */
  async write(objects: readonly NamedObject[]): Promise<void> {
    await this.#own.write(objects);
    for (const object of objects) this.#keep(object.oid, object);
  }

  /** Files are not met again. */
  #keep(oid: string, object: GitObject): GitObject {
    return object.type === 'blob' ? object : this.#recent.add(oid, object);
  }

  /**
   * Keeps what was made from piling up. What was written stands whatever becomes of this, and the next one does it again.
   *
   * @param made names of the objects, as far as they are known
   */
  async tidy(made: readonly string[]): Promise<void> {
    await this.#own.fold().catch(() => undefined);
    this.#packs.letGo();
    packInTime(this.#gitDir, this.#traits, made);
  }

  /** Ends helpers that are still running, and lets go of open packs. */
  close(): void {
    this.#contents.close();
    this.#names.close();
    this.#packs.close();
  }

  /** Looks twice: another process can pack loose objects, or pack packs anew, between the looks at the two. */
  async #readHere(oid: string, maxBytes: number): Promise<Found | undefined> {
    if (!OID.test(oid)) return undefined;
    for (let look = 0; look < 2; look += 1) {
      // Most of many objects are packed, and asking first is cheaper than an error.
      const isFile = existsSync(loosePath(this.#gitDir, oid));
      const loose = isFile ? await readLooseFile(diskFs, this.#gitDir, oid) : undefined;
      if (loose !== undefined) return inflateLoose(oid, loose, maxBytes);
      if (look > 0) this.#packs.look();
      const packed = this.#packs.read(oid, maxBytes);
      if (packed !== undefined) return packed;
    }
    return undefined;
  }

  async #readStart(oid: string, length: number): Promise<GitObject | undefined> {
    const known = await this.#names.ask(oid);
    if (known === undefined || !isObjectType(known.type)) return undefined;
    const bytes = await readStart(this.#gitDir, known.type, oid, length);
    return { type: known.type, bytes, whole_size: known.size };
  }

  async #askGit(oid: string, maxBytes: number): Promise<Found | undefined> {
    const known = await this.#names.ask(oid);
    if (known === undefined) return undefined;
    if (known.size > maxBytes) return { size: known.size };
    const answer = await this.#contents.ask(oid);
    if (answer === undefined || !isObjectType(answer.type)) return undefined;
    return { type: answer.type, bytes: answer.bytes };
  }
}

/** Of bases of deltas, in all packs together. */
const BASES_BYTES = 16 * 1024 * 1024;
/** Each is two open files. Git packs anew at 50; where it may not, the others are read by git. */
const MOST_OPEN = 200;

/**
 * The packs of a repository, read in this process. What they do not give, git may: packs of another kind are passed over,
 * and so is one that another process took away.
 */
export class Packs {
  readonly #folder: string;
  readonly #bases = new ObjectCache(BASES_BYTES);
  #packs: Pack[] | undefined;

  constructor(gitDir: string) {
    this.#folder = join(gitDir, 'objects', 'pack');
  }

  /** The object, or its size alone where that is over `maxBytes`; `undefined` where no pack that was looked at has it. */
  read(oid: string, maxBytes: number): GitObject | { size: number } | undefined {
    const packs = this.#packs ?? this.look();
    for (const [at, pack] of packs.entries()) {
      try {
        const offset = pack.offsetOf(oid);
        if (offset === undefined) continue;
        const found = pack.read(offset, maxBytes);
        if (at > 0) packs.unshift(...packs.splice(at, 1));
        return found;
      } catch {
        // Damaged, or unlike what is read here. Another pack may have it, and git says what is wrong with this one.
      }
    }
    return undefined;
  }

  /** Looks for packs that came or went. */
  look(): Pack[] {
    const known = new Map((this.#packs ?? []).map((pack) => [pack.name, pack]));
    const now: Pack[] = [];
    for (const name of listIndexes(this.#folder)) {
      if (now.length >= MOST_OPEN) break;
      const pack = known.get(name) ?? this.#open(name);
      known.delete(name);
      if (pack !== undefined) now.push(pack);
    }
    // Another may come under the name of one that went.
    if (known.size > 0) this.#bases.clear();
    for (const gone of known.values()) gone.close();
    this.#packs = now;
    return now;
  }

  /** Closes packs that are gone: what a process has open takes room on the disk. Those that came are opened once they are needed. */
  letGo(): void {
    const gone = (this.#packs ?? []).filter(({ name }) => !existsSync(join(this.#folder, `${name}.idx`)));
    if (gone.length === 0) return;
    this.#bases.clear();
    for (const pack of gone) pack.close();
    this.#packs = this.#packs?.filter((pack) => !gone.includes(pack));
  }

  close(): void {
    for (const pack of this.#packs ?? []) pack.close();
    this.#packs = undefined;
    this.#bases.clear();
  }

  #open(name: string): Pack | undefined {
    try {
      return new Pack(join(this.#folder, name), name, this.#bases);
    } catch {
      // Taken away between the two looks, or of another version: git reads it.
      return undefined;
    }
  }
}

function listIndexes(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.idx'))
      .map((name) => name.slice(0, -4));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Names of objects are spread evenly, so git counts one folder of 256 and takes the others for alike. */
const SAMPLE = '17';
const FOLDERS = 256;
const LOW_PRIORITY = 10;

/**
 * Has git pack what gathered, in the background, where its own rules say that it is time. Called after a write; to look at
 * every write would cost more than it finds.
 *
 * @param written names of objects that were made; chance decides by them whether this is a time to look
 */
function packInTime(
  gitDir: string,
  { looseLimit, packLimit }: RepositoryTraits,
  written: readonly string[],
): void {
  if (looseLimit === 0 || !written.some((oid) => oid.startsWith(SAMPLE))) return;
  const objects = join(gitDir, 'objects');
  const loose = count(join(objects, SAMPLE), /^[0-9a-f]{38}$/) > Math.ceil(looseLimit / FOLDERS);
  const packs = packLimit > 0 && count(join(objects, 'pack'), /\.pack$/) > packLimit;
  if (loose || packs) startMaintenance(gitDir);
}

function count(folder: string, names: RegExp): number {
  try {
    return readdirSync(folder).filter((name) => names.test(name)).length;
  } catch {
    // What cannot be counted is left alone; the write that it follows is done.
    return 0;
  }
}

/**
 * What git's own commands start after a commit or a fetch. It goes by the user's settings, looks again whether there is
 * something to do, and is one at a time in a repository. It outlives this process, and how it ends is nobody's concern here.
 */
function startMaintenance(gitDir: string): void {
  const args = [
    '--git-dir',
    gitDir,
    '-c',
    'core.hooksPath=/dev/null',
    'maintenance',
    'run',
    '--auto',
    '--quiet',
  ];
  const child = startGit({ args, cwd: gitDir, plain: true }, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
  try {
    if (child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY);
  } catch {
    // It is done already, or the system keeps priorities to itself.
  }
}
