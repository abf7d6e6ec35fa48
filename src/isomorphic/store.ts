import { LedgerError } from '../domain/errors.ts';
import type { FsLike } from '../git/files/fs.ts';
import { BRANCH, listRefs, type RefPlace, readRef, treesWith } from '../git/refs/ref-files.ts';
import { type SwapResult, swapRef } from '../git/refs/swap-ref.ts';
import { buildCommits } from '../store/build-commits.ts';
import { ObjectHistory } from '../store/object-history.ts';
import type { CommitRequest, CommitResult, LedgerStore, Oid } from '../store/port.ts';
import { ObjectDb } from './objects.ts';
import { assertSupported, topOf } from './repository.ts';

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

/** The store of a clone on any file system, without the git program. */
export class IsomorphicStore extends ObjectHistory<ObjectDb> implements LedgerStore {
  readonly shared: boolean;
  readonly #refs: RefPlace;

  private constructor({ fs, gitdir, shared = true, lockWaitMs }: IsomorphicStoreOptions) {
    super(new ObjectDb(fs, gitdir));
    this.shared = shared;
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
    const result = await this.#swap(ref, expected, tip);
    return result.moved ? { kind: 'committed', tip, oids } : { kind: 'moved', tip: result.current };
  }

  async moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean> {
    if (next !== undefined && !(await this.objects.has(next))) {
      throw new LedgerError(
        'STORAGE_FAILED',
        `${ref} cannot move to ${next}, which the repository does not have.`,
      );
    }
    return (await this.#swap(ref, expected, next)).moved;
  }

  async #swap(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<SwapResult> {
    if (next !== undefined && next !== expected && BRANCH.test(ref)) await this.#requireNoTree(ref);
    return swapRef(this.#refs, ref, expected, next);
  }

  /** Without git no files can follow, and a work tree that stayed behind would take back what the move brought with its next commit. */
  async #requireNoTree(ref: string): Promise<void> {
    for (const dir of await treesWith(this.#refs, ref)) {
      const top = await topOf(this.#refs, dir);
      if (top !== undefined) throw checkedOut(ref, top);
    }
  }

  async close(): Promise<void> {
    this.objects.forget();
  }
}

function checkedOut(ref: string, top: string): LedgerError {
  const branch = ref.replace(BRANCH, '');
  return new LedgerError(
    'CHECKED_OUT',
    `${branch} is checked out in ${top}, and files follow by the git program alone; it was not moved.`,
    {
      hint: `Use the backend \`native\`, or leave the branch: git -C '${top}' switch --detach`,
      details: { branch, work_tree: top, paths: [] },
    },
  );
}
