import { LedgerError } from '../domain/errors.ts';
import { CatFile } from '../git/cat-file.ts';
import {
  diffCommits,
  entriesAt,
  type HistoryPlace,
  listChanges,
  listReached,
  mergeBaseOf,
  type ReachedCommit,
} from '../git/log.ts';
import { MAX_COMMIT_BYTES, parseCommit, readCommitLinks } from '../git/model/commit.ts';
import { type GitObject, isObjectType, type ObjectSource } from '../git/model/object.ts';
import { MAX_TREE_BYTES } from '../git/model/tree.ts';
import { diffNearTrees } from '../git/model/tree-walk.ts';
import { faultsOf, toRecord } from './build-commits.ts';
import type {
  BlobContent,
  CommitQuery,
  CommitRecord,
  LedgerStore,
  Oid,
  TreeChange,
  TreeEntry,
  TreeFault,
} from './port.ts';

/** Trees that are compared here; where it takes more, git does it in less time. */
const NEAR = 24;

/** An object that is larger than any of its kind needs to be. */
export class Oversize extends Error {
  readonly oid: Oid;

  constructor(oid: Oid, message: string) {
    super(message);
    this.oid = oid;
  }
}

/**
 * The objects of a repository and of the push that it is asked to take. Git keeps those apart until they are accepted, in a place
 * that it tells its own commands by their environment: so all is read by git. Nothing is read whose size was not asked first.
 */
export class IncomingStore
  implements
    ObjectSource,
    Pick<LedgerStore, 'commits' | 'diffTrees' | 'treeFaults' | 'mergeBase' | 'readBlobs'>
{
  readonly #place: HistoryPlace;
  readonly #contents: CatFile;
  readonly #names: CatFile;

  constructor(gitDir: string) {
    this.#place = { gitDir, incoming: true };
    this.#contents = new CatFile(gitDir, 'contents', true);
    this.#names = new CatFile(gitDir, 'names', true);
  }

  /** What a name stands for: an object's, or a path of a commit's tree as `COMMIT:PATH`. */
  async look(name: string): Promise<{ oid: Oid; type: string; size: number } | undefined> {
    return this.#names.ask(name);
  }

  async find(commit: Oid, path: string): Promise<Oid | undefined> {
    return (await this.#names.ask(`${commit}:${path}`))?.oid;
  }

  /** The entries at these paths of a commit's tree that are there. */
  entriesAt(commit: Oid, paths: readonly string[]): Promise<TreeEntry[]> {
    return entriesAt(this.#place, commit, paths);
  }

  /** @throws Oversize */
  async readCommit(oid: Oid, changes: readonly TreeChange[] = []): Promise<CommitRecord> {
    const commit = await this.read(oid);
    if (commit?.type === 'commit') return toRecord(oid, parseCommit(commit.bytes), changes);
    throw new LedgerError('STORAGE_FAILED', `There is no commit ${oid}.`);
  }

  /** @throws Oversize */
  async *commits(query: CommitQuery): AsyncIterable<CommitRecord> {
    for (const { oid, changes } of await listChanges(this.#place, query)) {
      yield this.readCommit(oid, changes);
    }
  }

  /** What these commits reach and `from` does not, newest first; more than `most` are not listed. */
  reached(tips: readonly Oid[], limits: { from: Oid | undefined; most: number }): Promise<ReachedCommit[]> {
    return listReached(this.#place, tips, limits);
  }

  async diffTrees(before: Oid, after: Oid): Promise<TreeChange[]> {
    const [old, now] = [await readCommitLinks(this, before), await readCommitLinks(this, after)];
    const near = await diffNearTrees(this, old.tree, now.tree, NEAR);
    return near ?? diffCommits(this.#place, before, after);
  }

  /** @throws Oversize */
  treeFaults(commit: Oid, others: readonly Oid[]): Promise<TreeFault[]> {
    return faultsOf(this, commit, others);
  }

  /** An object of any kind but a file. @throws Oversize */
  async read(oid: Oid): Promise<GitObject | undefined> {
    const found = await this.#names.ask(oid);
    if (found === undefined || !isObjectType(found.type) || found.type === 'blob') return undefined;
    const most = found.type === 'tree' ? MAX_TREE_BYTES : MAX_COMMIT_BYTES;
    if (found.size > most)
      throw new Oversize(oid, `the ${found.type} has ${found.size} bytes; ${most} are allowed`);
    const { bytes } = (await this.#contents.ask(oid)) ?? {};
    return bytes && { type: found.type, bytes };
  }

  async readBlobs(oids: Iterable<Oid>, maxBytes: number): Promise<Map<Oid, BlobContent>> {
    const found = new Map<Oid, BlobContent>();
    const read = async (oid: Oid): Promise<void> => {
      const known = await this.#names.ask(oid);
      if (known?.type !== 'blob') return;
      if (known.size > maxBytes) return void found.set(oid, { kind: 'too_large', size: known.size });
      const bytes = (await this.#contents.ask(oid))?.bytes;
      if (bytes !== undefined) found.set(oid, { kind: 'bytes', bytes });
    };
    await Promise.all([...new Set(oids)].map(read));
    return found;
  }

  mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    return mergeBaseOf(this.#place, a, b);
  }

  close(): void {
    this.#contents.close();
    this.#names.close();
  }
}
