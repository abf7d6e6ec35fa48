import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { importCommits } from '../git/fast-import.ts';
import { diffCommits, listChanges, readCommits, readTrees } from '../git/log.ts';
import {
  type CommitLinks,
  MAX_COMMIT_BYTES,
  parseCommit,
  readCommit,
  readCommitLinks,
} from '../git/model/commit.ts';
import { compareHistories, oldestFirst } from '../git/model/history.ts';
import { type GitObject, ObjectCache, type ObjectSource } from '../git/model/object.ts';
import { findFaults } from '../git/model/tree.ts';
import { diffNearTrees, diffTrees, filesAt, listFiles } from '../git/model/tree-walk.ts';
import { DiskObjects } from '../git/objects.ts';
import { openRefs, type Refs } from '../git/refs.ts';
import type { Repository } from '../git/repository.ts';
import { buildCommits, faultsOf, makeSigned, toRecord } from './build-commits.ts';
import { type FindFiles, filesByGit, filesLeft, followCommits } from './likely-changes.ts';
import type {
  BlobContent,
  CommitDraft,
  CommitQuery,
  CommitRecord,
  CommitRequest,
  CommitResult,
  Identity,
  LedgerStore,
  Oid,
  TreeChange,
  TreeEntry,
  TreeFault,
} from './port.ts';

/** Trees that are read here to be compared; where it takes more, git does it in less time, its start included. */
const NEAR = 12;
/** Beyond this, one git process that makes one pack costs less than a file for each object. */
const LONG_RUN = 8;
/** So many commits git compares in less time than it takes to walk their trees here. */
const MANY = 100;
/** Up to here, their trees are walked in less time than it takes to start git. */
const FEW = 10;
/** Of files that were read along with commits, until they are asked for. */
const FILES_BYTES = 16 * 1024 * 1024;
const NOBODY = { name: 'work-ledger', email: 'work-ledger@localhost' };

export interface NativeStoreOptions {
  /** What of its configuration decides how it is written; a plain bare repository's by default. */
  traits?: Repository['traits'];
  /** Who is named where moves of refs are logged. */
  identity?: Identity;
  /** Whether git signs each commit, as the user has set it up. */
  sign?: boolean;
}

/**
 * The store of a clone on disk, beside git: objects and refs are read and written in this process, by git's own rules, so
 * that a transition needs no other. Git itself does what is long or out of the ordinary.
 */
export class NativeStore implements LedgerStore, ObjectSource {
  readonly shared = true;
  readonly #gitDir: string;
  readonly #groupShared: boolean;
  readonly #objects: DiskObjects;
  readonly #refs: Refs;
  readonly #signs: boolean;
  readonly #files = new ObjectCache(FILES_BYTES);

  /** @param gitDir the common git directory */
  constructor(gitDir: string, { traits, identity = NOBODY, sign = false }: NativeStoreOptions = {}) {
    this.#gitDir = gitDir;
    this.#groupShared = traits?.groupShared ?? false;
    this.#signs = sign;
    this.#objects = new DiskObjects(gitDir, traits);
    this.#refs = openRefs(gitDir, traits, { identity, message: 'work-ledger' });
  }

  readRef(ref: string): Promise<Oid | undefined> {
    return this.#refs.readRef(ref);
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: Oid }[]> {
    return this.#refs.listRefs(prefix);
  }

  /** An object of any kind: whole, or `atMost` bytes of it. */
  read(oid: Oid, atMost?: number): Promise<GitObject | undefined> {
    return this.#objects.read(oid, atMost);
  }

  /**
   * 1. Looks at the ref, so that a lost race costs nothing. 2. Makes the objects, durably. 3. Moves the ref, under git's own
   * lock.
   */
  async commit({ ref, expected, base, drafts }: CommitRequest): Promise<CommitResult> {
    const found = await this.readRef(ref);
    if (found !== expected) return { kind: 'moved', tip: found };
    if (drafts.length === 0 && base !== undefined) await this.#assertNameable(ref, base);
    const { oids, made } = await this.#make(base, drafts);
    const tip = oids.at(-1) ?? base;
    if (tip === undefined) throw new LedgerError('INTERNAL', 'A commit needs a draft or a base.');
    const result = await this.#refs.swap(ref, expected, tip);
    if (oids.length > 0) await this.#objects.tidy(made);
    return result.moved ? { kind: 'committed', tip, oids } : { kind: 'moved', tip: result.current };
  }

  /** @returns the commits' names, and those of objects that were made, as far as they are known */
  async #make(
    base: Oid | undefined,
    drafts: readonly CommitDraft[],
  ): Promise<{ oids: readonly Oid[]; made: readonly Oid[] }> {
    if (drafts.length === 0) return { oids: [], made: [] };
    if (this.#signs) {
      const oids = await makeSigned(this.#gitDir, this.#objects, base, drafts);
      return { oids, made: oids };
    }
    const isPlain = drafts.every(({ tidied = [] }) => tidied.length === 0);
    if (isPlain && (drafts.length > LONG_RUN || this.#groupShared)) {
      const oids = await importCommits(this.#gitDir, base, drafts);
      return { oids, made: oids };
    }
    const { oids, objects } = await buildCommits(this.#objects, base, drafts);
    await this.#objects.write(objects);
    return { oids, made: objects.map(({ oid }) => oid) };
  }

  async moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean> {
    if (next !== undefined) await this.#assertNameable(ref, next);
    return (await this.#refs.swap(ref, expected, next)).moved;
  }

  /** As git has it: a ref names an object that is there, and a branch names a commit. */
  async #assertNameable(ref: string, oid: Oid): Promise<void> {
    const object = await this.read(oid);
    if (object?.type === 'commit' || (object !== undefined && !ref.startsWith('refs/heads/'))) return;
    const what = object === undefined ? 'which the repository does not have' : `which is a ${object.type}`;
    throw new LedgerError('STORAGE_FAILED', `${ref} cannot move to ${oid}, ${what}.`, {
      details: { ref, oid },
    });
  }

  async readTree(commit: Oid, paths?: readonly string[]): Promise<TreeEntry[]> {
    const { tree } = await readCommitLinks(this, commit);
    return paths === undefined ? listFiles(this.#objects, tree) : filesAt(this, tree, paths);
  }

  async diffTrees(before: Oid, after: Oid): Promise<TreeChange[]> {
    const [old, now] = [await readCommitLinks(this, before), await readCommitLinks(this, after)];
    const near = await diffNearTrees(this.#objects, old.tree, now.tree, NEAR);
    if (near !== undefined) return near;
    return unlessMissing(
      () => diffCommits({ gitDir: this.#gitDir }, before, after),
      () => diffTrees(this.#objects, old.tree, now.tree),
    );
  }

  treeFaults(commit: Oid, others: readonly Oid[]): Promise<TreeFault[]> {
    return faultsOf(this, commit, others);
  }

  async mayHaveTreeFaults(range: Pick<CommitQuery, 'from' | 'to'>): Promise<boolean> {
    try {
      return await isAnyTreeFaulty(this.#gitDir, range);
    } catch (error) {
      // What git cannot list is read commit by commit, which tells where it ends.
      if (isLedgerError(error, 'STORAGE_FAILED') || isLedgerError(error, 'NO_GIT')) return true;
      throw error;
    }
  }

  async readBlobs(
    oids: Iterable<Oid>,
    maxBytes: number,
    type: 'blob' | 'commit' = 'blob',
  ): Promise<Map<Oid, BlobContent>> {
    const [found, unread] = [new Map<Oid, BlobContent>(), [] as Oid[]];
    for (const oid of oids) {
      const file = type === 'blob' ? this.#files.get(oid) : undefined;
      if (file === undefined || file.bytes.length > maxBytes) unread.push(oid);
      else found.set(oid, { kind: 'bytes', bytes: file.bytes });
    }
    if (unread.length === 0) return found;
    for (const [oid, object] of await this.#objects.readMany(unread, maxBytes)) {
      if ('size' in object) found.set(oid, { kind: 'too_large', size: object.size });
      else if (object.type === type) found.set(oid, { kind: 'bytes', bytes: object.bytes });
    }
    return found;
  }

  /** What lies between two tips is short and is walked here; whole histories, and those of single paths, are listed by git. */
  async *commits(query: CommitQuery): AsyncIterable<CommitRecord> {
    const { to, from, since, paths, newest, changes } = query;
    if (
      newest === 1 &&
      changes === false &&
      from === undefined &&
      paths === undefined &&
      since === undefined
    ) {
      yield toRecord(to, await readCommit(this, to), []);
      return;
    }
    if (from === undefined || paths !== undefined || newest !== undefined) {
      yield* listCommits(this.#gitDir, this.#objects, query);
      return;
    }
    const links = await oldestFirst(this, { to, from, since });
    if (changes !== false && query.likely !== undefined) {
      const files: FindFiles = (all) =>
        all.length > FEW ? filesByGit(this.#objects, this.#files, all) : filesLeft(this, all);
      yield* followCommits(this, links, {
        likely: query.likely,
        files,
        walk: (one) => this.#record(one, true),
      });
      return;
    }
    if (links.length > MANY && changes !== false) {
      yield* listWithChanges(this.#gitDir, this.#objects, query);
      return;
    }
    for (const one of links) yield await this.#record(one, changes !== false);
  }

  async #record({ oid, tree, parents }: CommitLinks, withChanges: boolean): Promise<CommitRecord> {
    const commit = await readCommit(this, oid);
    if (!withChanges || parents.length > 1) return toRecord(oid, commit, []);
    const [parent] = parents;
    const before = parent === undefined ? undefined : (await readCommitLinks(this, parent)).tree;
    return toRecord(oid, commit, await diffTrees(this, before, tree));
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    // The second is most often the newer one, of which the commits are asked for next.
    return a === b ? a : (await compareHistories(this, b, a)).bases[0];
  }

  async close(): Promise<void> {
    this.#objects.close();
    this.#refs.close();
  }
}

/** What git does in less time is done here, too, where there is no git. */
async function unlessMissing<T>(byGit: () => Promise<T>, here: () => Promise<T>): Promise<T> {
  try {
    return await byGit();
  } catch (error) {
    if (isLedgerError(error, 'NO_GIT')) return here();
    throw error;
  }
}

const AT_ONCE = 4_000;

/** Commits as git lists them. They are read as objects, so that nothing in a message can be mistaken for something else. */
function listCommits(gitDir: string, objects: DiskObjects, query: CommitQuery): AsyncIterable<CommitRecord> {
  return query.changes === false
    ? listPlain(gitDir, objects, query)
    : listWithChanges(gitDir, objects, query);
}

async function* listPlain(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  for await (const commits of readCommits(gitDir, query)) {
    for (const { oid, bytes } of commits)
      yield toRecord(oid, bytes === undefined ? await readCommit(objects, oid) : parseCommit(bytes), []);
  }
}

async function* listWithChanges(
  gitDir: string,
  objects: DiskObjects,
  query: CommitQuery,
): AsyncIterable<CommitRecord> {
  const found = await listChanges({ gitDir }, query, true);
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    const commits = await objects.readMany(
      some.map(({ oid }) => oid),
      MAX_COMMIT_BYTES,
    );
    for (const { oid, changes } of some) {
      const object = commits.get(oid);
      const isWhole = object !== undefined && 'bytes' in object;
      yield toRecord(oid, isWhole ? parseCommit(object.bytes) : await readCommit(objects, oid), changes);
    }
  }
}

/** Whether any tree of these commits has a fault: each tree is read once, in one stream. */
async function isAnyTreeFaulty(gitDir: string, range: Pick<CommitQuery, 'from' | 'to'>): Promise<boolean> {
  for await (const objects of readTrees(gitDir, range))
    for (const { type, bytes } of objects)
      if (type === 'tree' && (bytes === undefined || findFaults(bytes).length > 0)) return true;
  return false;
}
