import { type CommitLinks, readCommit, readCommitLinks } from '../git/model/commit.ts';
import { compareHistories, newestFirst, oldestFirst } from '../git/model/history.ts';
import type { GitObject, ObjectSource } from '../git/model/object.ts';
import { differsAt, diffTrees, filesAt, listFiles } from '../git/model/tree-walk.ts';
import { faultsOf, toRecord } from './build-commits.ts';
import { type FindFiles, filesLeft, followCommits } from './likely-changes.ts';
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

/** Objects, of which the size can be known before they are read. */
export interface SizedObjects extends ObjectSource {
  /** The object, or its size alone where that is over `maxBytes`. */
  readAtMost(oid: Oid, maxBytes: number): Promise<GitObject | { size: number } | undefined>;
}

type Readings =
  | 'readTree'
  | 'diffTrees'
  | 'treeFaults'
  | 'mayHaveTreeFaults'
  | 'readBlobs'
  | 'commits'
  | 'mergeBase';

const READ_AT_ONCE = 32;

/** What of a store follows from its objects alone: history, trees and files, read without the git program. */
export class ObjectHistory<Objects extends SizedObjects> implements Pick<LedgerStore, Readings> {
  /** Objects as they are, for remotes that carry them from one repository to another. */
  readonly objects: Objects;

  constructor(objects: Objects) {
    this.objects = objects;
  }

  async readTree(commit: Oid, paths?: readonly string[]): Promise<TreeEntry[]> {
    const tree = await this.#treeOf(commit);
    return paths === undefined ? listFiles(this.objects, tree) : filesAt(this.objects, tree, paths);
  }

  async diffTrees(before: Oid, after: Oid): Promise<TreeChange[]> {
    return diffTrees(this.objects, await this.#treeOf(before), await this.#treeOf(after));
  }

  treeFaults(commit: Oid, others: readonly Oid[]): Promise<TreeFault[]> {
    return faultsOf(this.objects, commit, others);
  }

  /** Trees are read one by one in any case. */
  async mayHaveTreeFaults(): Promise<boolean> {
    return true;
  }

  async readBlobs(
    oids: Iterable<Oid>,
    maxBytes: number,
    type: 'blob' | 'commit' = 'blob',
  ): Promise<Map<Oid, BlobContent>> {
    const found = new Map<Oid, BlobContent>();
    const wanted = [...new Set(oids)];
    for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
      const read = wanted.slice(at, at + READ_AT_ONCE).map(async (oid) => {
        const object = await this.objects.readAtMost(oid, maxBytes);
        if (object === undefined) return;
        if ('size' in object) found.set(oid, { kind: 'too_large', size: object.size });
        else if (object.type === type) found.set(oid, { kind: 'bytes', bytes: object.bytes });
      });
      await Promise.all(read);
    }
    return found;
  }

  async *commits({
    to,
    from,
    since,
    newest,
    paths,
    changes = true,
    likely,
  }: CommitQuery): AsyncIterable<CommitRecord> {
    const range = { to, from, since };
    if (likely !== undefined && changes && newest === undefined && paths === undefined) {
      const files: FindFiles = (all) => filesLeft(this.objects, all);
      const links = await oldestFirst(this.objects, range);
      yield* followCommits(this.objects, links, { likely, files, walk: (one) => this.#record(one, true) });
      return;
    }
    // Which commit is the oldest shows only when the walk arrives there; records are read as they are handed out.
    const ordered =
      newest === undefined ? await oldestFirst(this.objects, range) : newestFirst(this.objects, range);
    let left = newest ?? Number.POSITIVE_INFINITY;
    for await (const links of ordered) {
      if (left <= 0) return;
      if (!(await this.#touches(links, paths))) continue;
      left -= 1;
      yield await this.#record(links, changes);
    }
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | undefined> {
    return (await compareHistories(this.objects, a, b)).bases[0];
  }

  async #touches(commit: CommitLinks, paths: readonly string[] | undefined): Promise<boolean> {
    if (paths === undefined) return true;
    if (commit.parents.length > 1) return false;
    const before = await this.#parentTree(commit);
    for (const path of paths) if (await differsAt(this.objects, before, commit.tree, path)) return true;
    return false;
  }

  async #record(commit: CommitLinks, withChanges: boolean): Promise<CommitRecord> {
    const { oid, tree, parents } = commit;
    const changes =
      parents.length > 1 || !withChanges
        ? []
        : await diffTrees(this.objects, await this.#parentTree(commit), tree);
    return toRecord(oid, await readCommit(this.objects, oid), changes);
  }

  async #parentTree({ parents: [parent] }: CommitLinks): Promise<Oid | undefined> {
    return parent === undefined ? undefined : this.#treeOf(parent);
  }

  async #treeOf(commit: Oid): Promise<Oid> {
    return (await readCommitLinks(this.objects, commit)).tree;
  }
}
