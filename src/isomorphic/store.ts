import { LedgerError } from '../domain/errors.ts';
import type { FsLike } from '../git/files/fs.ts';
import { type CommitLinks, readCommit, readCommitLinks } from '../git/model/commit.ts';
import { compareHistories, newestFirst, oldestFirst } from '../git/model/history.ts';
import { differsAt, diffTrees, listFiles } from '../git/model/tree-walk.ts';
import { listRefs, type RefPlace, readRef } from '../git/refs/ref-files.ts';
import { swapRef } from '../git/refs/swap-ref.ts';
import { buildCommits, faultsOf, toRecord } from '../store/build-commits.ts';
import type {
  BlobContent,
  CommitQuery,
  CommitRecord,
  CommitRequest,
  CommitResult,
  LedgerStore,
  Oid,
  TreeChange,
  TreeEntry,
  TreeFault,
} from '../store/port.ts';
import { ObjectDb } from './objects.ts';
import { assertSupported } from './repository.ts';

export interface IsomorphicStoreOptions {
  /** `node:fs`, or one like it. */
  fs: FsLike;
  /** The common git directory: linked worktrees share one ledger. */
  gitdir: string;
  /** False for a file system that this process has to itself, such as one in memory. */
  shared?: boolean | undefined;
  /** How long to wait for a ref that another process has locked, in milliseconds. */
  lockWaitMs?: number | undefined;
}

const READ_AT_ONCE = 32;

/** The store of a clone on any file system, without the git program. */
export class IsomorphicStore implements LedgerStore {
  readonly shared: boolean;
  /** Objects as they are, for remotes that carry them from one repository to another. */
  readonly objects: ObjectDb;
  readonly #refs: RefPlace;

  private constructor({ fs, gitdir, shared = true, lockWaitMs }: IsomorphicStoreOptions) {
    this.shared = shared;
    this.objects = new ObjectDb(fs, gitdir);
    this.#refs = { fs, gitdir, lockWaitMs };
  }

  /** @throws LedgerError `NO_REPOSITORY`; `UNSUPPORTED_REPOSITORY` where only the git program can read it rightly */
  static async open(options: IsomorphicStoreOptions): Promise<IsomorphicStore> {
    await assertSupported(options.fs, options.gitdir);
    return new IsomorphicStore(options);
  }

  readRef(ref: string): Promise<Oid | undefined> {
    return readRef(this.#refs, ref);
  }

  listRefs(prefix: string): Promise<{ ref: string; oid: Oid }[]> {
    return listRefs(this.#refs, prefix);
  }

  /**
   * 1. Looks at the ref, so that a lost race costs nothing. 2. Builds the objects in memory. 3. Makes them durable.
   * 4. Moves the ref, under git's own lock.
   */
  async commit({ ref, expected, base, drafts }: CommitRequest): Promise<CommitResult> {
    const found = await this.readRef(ref);
    if (found !== expected) return { kind: 'moved', tip: found };
    const { oids, objects } = await buildCommits(this.objects, base, drafts);
    const tip = oids.at(-1) ?? base;
    if (tip === undefined) throw new LedgerError('INTERNAL', 'A commit needs a draft or a base.');
    await this.objects.write(objects);
    const result = await swapRef(this.#refs, ref, expected, tip);
    return result.moved ? { kind: 'committed', tip, oids } : { kind: 'moved', tip: result.current };
  }

  async moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean> {
    if (next !== undefined && !(await this.objects.has(next))) {
      throw new LedgerError(
        'STORAGE_FAILED',
        `${ref} cannot move to ${next}, which the repository does not have.`,
      );
    }
    return (await swapRef(this.#refs, ref, expected, next)).moved;
  }

  async readTree(commit: Oid): Promise<TreeEntry[]> {
    return listFiles(this.objects, await this.#treeOf(commit));
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

  async readBlobs(oids: Iterable<Oid>, maxBytes: number): Promise<Map<Oid, BlobContent>> {
    const found = new Map<Oid, BlobContent>();
    const wanted = [...new Set(oids)];
    for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
      const read = wanted.slice(at, at + READ_AT_ONCE).map(async (oid) => {
        const object = await this.objects.readAtMost(oid, maxBytes);
        if (object === undefined) return;
        if ('size' in object) found.set(oid, { kind: 'too_large', size: object.size });
        else found.set(oid, { kind: 'bytes', bytes: object.bytes });
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
  }: CommitQuery): AsyncIterable<CommitRecord> {
    const range = { to, from, since };
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

  async close(): Promise<void> {
    this.objects.forget();
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
