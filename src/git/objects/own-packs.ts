import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeStaged, stage, storing, syncFolder } from '../files/durable.ts';
import { diskFs, errorCode } from '../files/fs.ts';
import type { NamedObject } from '../model/object.ts';
import { encodeEntry, encodePack, type PackEntry, readEntries, sizeOfIndex } from './pack-encode.ts';

/** So many packs of one size become one. */
const FAN = 16;
/** Packs of fewer objects are of one size: those of single transitions, and what such packs became. Larger ones are git's. */
const SIZES = [100, 2_000];

/**
 * Writes each transition's objects as one pack: two files to make durable instead of eight. Small packs are folded into
 * larger ones as they gather, each object twice in its life, so that no reader meets many.
 */
export class OwnPacks {
  readonly #gitDir: string;
  readonly #folder: string;
  /** How many objects a pack has, by its name, as far as it was looked at. */
  readonly #sizes = new Map<string, number>();

  constructor(gitDir: string) {
    this.#gitDir = gitDir;
    this.#folder = join(gitDir, 'objects', 'pack');
  }

  /** Makes the objects durable, all of them or none. */
  async write(objects: readonly NamedObject[]): Promise<void> {
    await storing('Writing git objects', () => this.#install(objects.map(encodeEntry)));
  }

  /**
   * Folds small packs where enough of them gathered. Whatever else works in the repository finds each object, before and
   * after: it stands in its new place before it leaves the old one, as when git repacks.
   */
  async fold(): Promise<void> {
    const packs = await this.#foldable();
    if (packs.length < FAN) return;
    for (const [at, size] of SIZES.entries()) {
      const least = SIZES[at - 1] ?? 0;
      const alike = packs.filter((name) => this.#isBetween(name, least, size));
      if (alike.length >= FAN) await this.#foldAll(alike);
    }
  }

  /** Packs that are nothing but a pack and its index, and that no index of many packs names. */
  async #foldable(): Promise<string[]> {
    const files = await diskFs.promises.readdir(this.#folder);
    const names = files.filter((file) => file.endsWith('.idx')).map((file) => file.slice(0, -4));
    // While git collects garbage, and where it indexes many packs at once, packs are not taken away under its hands.
    for (const name of this.#sizes.keys()) if (!files.includes(`${name}.idx`)) this.#sizes.delete(name);
    if (names.length < FAN || files.includes('multi-pack-index') || existsSync(join(this.#gitDir, 'gc.pid')))
      return [];
    const parts = new Map<string, number>();
    for (const file of files) {
      const name = file.slice(0, file.lastIndexOf('.'));
      parts.set(name, (parts.get(name) ?? 0) + 1);
    }
    return names.filter((name) => files.includes(`${name}.pack`) && parts.get(name) === 2);
  }

  #isBetween(name: string, least: number, below: number): boolean {
    let size = this.#sizes.get(name);
    if (size === undefined) {
      size = sizeOfIndex(join(this.#folder, `${name}.idx`));
      this.#sizes.set(name, size);
    }
    return size >= least && size < below;
  }

  async #foldAll(names: readonly string[]): Promise<void> {
    const folded: string[] = [];
    const entries: PackEntry[] = [];
    for (const name of names) {
      const read = readEntries(join(this.#folder, name));
      if (read === undefined) continue;
      folded.push(name);
      entries.push(...read);
    }
    if (folded.length < 2) return;
    const made = await this.#install(entries);
    for (const name of folded) {
      if (name === made) continue;
      this.#sizes.delete(name);
      for (const ending of ['idx', 'pack']) await remove(join(this.#folder, `${name}.${ending}`));
    }
  }

  /** Readers look for indexes, so the pack is there for them when its index is. */
  async #install(entries: Iterable<PackEntry>): Promise<string> {
    const { name, pack, index } = encodePack(entries);
    const [packFile, indexFile] = await this.#stageBoth(pack, index);
    await placeStaged(diskFs, packFile, join(this.#folder, `${name}.pack`));
    await placeStaged(diskFs, indexFile, join(this.#folder, `${name}.idx`));
    await syncFolder(diskFs, this.#folder);
    return name;
  }

  async #stageBoth(pack: Uint8Array, index: Uint8Array): Promise<[string, string]> {
    const staged = await Promise.allSettled([pack, index].map((bytes) => this.#stage(bytes)));
    const [first, second] = staged.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
    if (first !== undefined && second !== undefined) return [first, second];
    for (const path of [first, second]) if (path !== undefined) await remove(path);
    throw staged.find((one) => one.status === 'rejected')?.reason;
  }

  async #stage(bytes: Uint8Array): Promise<string> {
    try {
      return await stage(diskFs, this.#folder, bytes, 0o444);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await diskFs.promises.mkdir(this.#folder, { recursive: true });
      return stage(diskFs, this.#folder, bytes, 0o444);
    }
  }
}

async function remove(path: string): Promise<void> {
  try {
    await diskFs.promises.unlink(path);
  } catch (error) {
    // Another process folded the same packs.
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
