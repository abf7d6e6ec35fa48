/** A git object's name. */
export type Oid = string;

export interface Identity {
  name: string;
  email: string;
}

export interface FileChange {
  path: string;
  /** `undefined` removes the file. */
  bytes: Uint8Array | undefined;
}

/** One commit to be made: its parent is the one before it in the list. */
export interface CommitDraft {
  message: string;
  author: Identity;
  /** Seconds since 1970, UTC. */
  authored_at: number;
  committer: Identity;
  committed_at: number;
  changes: readonly FileChange[];
  /** Folders whose trees are first written as git would write them, empty for the root: nothing that a path can name is changed. */
  tidied?: readonly string[] | undefined;
}

export interface TreeEntry {
  path: string;
  /** As git writes it: `100644` for a plain file. */
  mode: string;
  oid: Oid;
}

/** A file that differs between two trees; the side where it is missing is `undefined`. */
export interface TreeChange {
  path: string;
  before: { mode: string; oid: Oid } | undefined;
  after: { mode: string; oid: Oid } | undefined;
}

/** What is wrong with a tree by git's own rules: what git reads, and would not have written. */
export interface TreeFault {
  /** Of the folder whose tree it is; empty for the root. */
  folder: string;
  /** Of the entry. */
  path: string;
  /** As git's own check calls it: `badFilemode`, `treeNotSorted`, … */
  fault: string;
  /** The mode of the entry as it is written. */
  mode: string;
}

export interface CommitRecord {
  oid: Oid;
  parents: readonly Oid[];
  author: Identity & { at: number };
  committer: Identity & { at: number };
  message: string;
  /** How it differs from what git and its hosts write; `undefined` where it does not. It is taken as it stands. */
  fault?: string | undefined;
  /** Against the first parent; of a root commit, every file. Empty for a merge, and where they were not asked for. */
  changes: readonly TreeChange[];
  /**
   * True where it did what it says, and nothing else: `changes` are all files that stood where it is likely to have changed any, and its
   * trees have no fault, but for such as were there before in what it did not touch.
   */
  sound?: boolean | undefined;
}

/** What a commit seems to have changed, by what it says. */
export interface LikelyChange {
  /** Where the one file stands that it left; `undefined` where it left none. */
  left: string | undefined;
  /** Where files stood that it took away, as far as there were any. */
  gone: readonly string[];
}

export interface CommitQuery {
  /** The tip whose history is read. */
  to: Oid;
  /** Leaves out what this commit can reach. */
  from?: Oid | undefined;
  /** Only commits that touch one of these paths. */
  paths?: readonly string[] | undefined;
  /** Newest first, and at most this many; otherwise all, oldest first. */
  newest?: number | undefined;
  /** Only commits at or after this time, in seconds; reading stops at the first older one. */
  since?: number | undefined;
  /** False leaves each record's `changes` empty, which makes whole histories quick to read. */
  changes?: boolean | undefined;
  /**
   * Tells what a commit is likely to have changed, which makes its changes quicker to find. What they are is found in any case; whoever
   * asks for the files that are left gets them without their being read once more.
   */
  likely?: ((message: string) => LikelyChange | undefined) | undefined;
}

export type BlobContent = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'too_large'; size: number };

export type CommitResult =
  | { kind: 'committed'; tip: Oid; oids: readonly Oid[] }
  /** The ref is not where the caller thought; nothing moved. */
  | { kind: 'moved'; tip: Oid | undefined };

export interface CommitRequest {
  ref: string;
  /** What the ref must point to now; `undefined` where it must not exist. */
  expected: Oid | undefined;
  /** The first draft's parent; `undefined` makes a root commit. */
  base: Oid | undefined;
  /** With none, the ref moves to `base`. */
  drafts: readonly CommitDraft[];
}

/**
 * A clone's git objects and refs.
 *
 * Law: a ref moves once or not at all, and only from the value the caller expects; objects may be left behind unreferenced.
 * What `commit` and `moveRef` acknowledge survives a crash of the process and of the machine. Every adapter passes
 * `test/conformance/store.ts`.
 */
export interface LedgerStore {
  /** `true` where another process on this machine may use the same refs at the same time. */
  readonly shared: boolean;
  readRef(ref: string): Promise<Oid | undefined>;
  /** Refs whose names begin with `prefix`, sorted by name. */
  listRefs(prefix: string): Promise<{ ref: string; oid: Oid }[]>;
  /** Makes the drafts one after another on `base`, then moves `ref` from `expected` to the last. */
  commit(request: CommitRequest): Promise<CommitResult>;
  /** Compare and swap: `undefined` stands for a ref that does not exist. False where the ref was elsewhere. */
  moveRef(ref: string, expected: Oid | undefined, next: Oid | undefined): Promise<boolean>;
  /** Every file of the commit's tree, or those of them that stand at these paths. */
  readTree(commit: Oid, paths?: readonly string[]): Promise<TreeEntry[]>;
  diffTrees(before: Oid, after: Oid): Promise<TreeChange[]>;
  /** Faults in the tree of a commit that the trees of none of `others` have; with none, all of them. */
  treeFaults(commit: Oid, others: readonly Oid[]): Promise<TreeFault[]>;
  /** False where no tree of these commits has a fault, as far as that is quicker to tell than commit by commit. */
  mayHaveTreeFaults(range: Pick<CommitQuery, 'from' | 'to'>): Promise<boolean>;
  /**
   * Contents by name; what is over `maxBytes` is not read. A name that is missing, or of something else than a file, is not in the map:
   * than a commit, where those are asked for, as they are.
   */
  readBlobs(oids: Iterable<Oid>, maxBytes: number, type?: 'blob' | 'commit'): Promise<Map<Oid, BlobContent>>;
  commits(query: CommitQuery): AsyncIterable<CommitRecord>;
  /** The best common ancestor; `undefined` where the histories are foreign to each other. */
  mergeBase(a: Oid, b: Oid): Promise<Oid | undefined>;
  /** Ends helpers that are still running. */
  close(): Promise<void>;
}
