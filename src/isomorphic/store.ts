import { LedgerError } from '../domain/errors.ts';
import type { FsLike } from '../git/files/fs.ts';
import { listRefs, type RefPlace, readRef } from '../git/refs/ref-files.ts';
import { swapRef } from '../git/refs/swap-ref.ts';
import { buildCommits } from '../store/build-commits.ts';
import { ObjectHistory } from '../store/object-history.ts';
import type { CommitRequest, CommitResult, LedgerStore, Oid } from '../store/port.ts';
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

  async close(): Promise<void> {
    this.objects.forget();
  }
}
