import type { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerView, Overlay } from '../domain/view.ts';
import type { LedgerRemote, Patience } from '../remote/port.ts';
import type { Identity, LedgerStore, Oid } from '../store/port.ts';
import type { LockHolder } from '../trace/channels.ts';
import type { CloneName } from './clone-name.ts';
import type { Ahead } from './committed-time.ts';
import type { Restored } from './restore.ts';

/**
 * Where the synchroniser asks the ledger at a tip, and tells what it committed.
 *
 * `use` sees one state of the ledger, and may be called more than once: it must be pure, and keep no view.
 */
export interface ViewSource {
  /** Asks the ledger at the tip of this clone's branch, or at one that it is about to stand on. */
  read<T>(tip: Oid, use: (view: LedgerView) => T): Promise<T>;
  /** Asks the ledger at a tip that is only looked at in passing. */
  peek<T>(tip: Oid, use: (view: LedgerView) => T): Promise<T>;
  /** Items that are blocked on an item that is completed: nobody's program unblocked them. */
  overdue(tip: Oid): Promise<Overdue[]>;
  /** Takes over what was committed on `from`. */
  advance(from: Oid, to: Oid, changes: Overlay): Promise<void>;
  /** Makes sure that ids whose items were deleted are known as used. */
  knowDeletions(tip: Oid): Promise<void>;
  /** Which of these transitions happened up to `tip`, by `op`, each with its commit. */
  commitsOf(tip: Oid, ops: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
}

/** An item that is blocked on one that is completed, which stands at `rev`. */
export interface Overdue {
  id: WorkId;
  blocker_id: WorkId;
  rev: number;
}

/** Time and chance as this machine has them; neither is ever asked for safety. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only go forward, whatever becomes of the date; those of `now` where it is not there. */
  elapsed?(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
  /**
   * For how many milliseconds this machine has been awake since it started, where that can be told: the same for all its processes. No
   * clock that is set moves it, and while the machine sleeps it stands still.
   */
  awake?: (() => number) | undefined;
}

/** Time that passes, for whoever works for long. No clock that is set moves it back, and what the machine sleeps through counts. */
export interface Timer {
  /** Milliseconds since some moment. */
  elapsed(): number;
  /** Runs `task` once, after `ms` or somewhat sooner; that alone keeps no process alive. @returns what cancels it */
  after(ms: number, task: () => void): () => void;
  /** The same, and no sooner; the process lives until then. */
  holdFor(ms: number, task: () => void): () => void;
}

/**
 * What a process has of its machine: time, chance, and the turns of its event loop. Safety rests on `draw` alone, for names that
 * nobody else draws.
 */
export interface Machine {
  clock: Clock;
  /** Where none is given, that of Node. */
  timer?: Timer | undefined;
  /** Which process this is; where it is not given, by the system. */
  process?: { host: string; pid: number } | undefined;
  /** As many bytes, of chance. */
  draw(count: number): Uint8Array;
  /** Ends once all that is asked for in this turn was asked for. */
  turn(): Promise<void>;
}

/** What a clone remembers outside git, all of it rebuildable. */
export interface LocalState {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  /** Sets what is not there yet. @returns false where it is: of several processes, one is first */
  add(key: string, value: string): boolean;
  delete(key: string): void;
  /** Names of what is kept in a folder, sorted: of `executions/A`, `A`. */
  keys(folder: string): string[];
}

/**
 * What the processes of one clone take turns at: moving its branch, making the index, and doing what needs the remote, for
 * those who wait as well.
 */
export type LockName = 'commit' | 'index' | 'serve';

/**
 * Orders the processes of one clone, so that they do not waste each other's work. Correctness does not rest on it: refs are
 * compared and swapped. A process that dies lets go.
 */
export interface CloneLock {
  /**
   * Runs `task` while no other holder of `name` does.
   *
   * @param giveUp asked while waiting; once it says `true` the wait ends and `undefined` is returned
   * @param pause waits between two looks, for about as long as it is told
   */
  run<T>(
    name: LockName,
    task: () => Promise<T>,
    giveUp?: () => Promise<boolean>,
    pause?: (ms: number) => Promise<void>,
  ): Promise<T | undefined>;
  /** Who has `name`, for who waits to say; `undefined` where nobody does, or nobody can tell. */
  holder?(name: LockName): Promise<LockHolder | undefined>;
}

/** A commit that is not as the commits of a ledger are. */
export interface Finding {
  commit: Oid;
  /** Of the audit, such as `content`. */
  rule: string;
  message: string;
  id?: WorkId | undefined;
}

/** Says why nothing may be decided about the item of a command, whatever `decide` says of it; `view` shows the ledger. */
export type Bar = (
  command: { verb: string; id?: WorkId | undefined },
  view: LedgerView,
) => LedgerError | undefined;

/**
 * Holds commits that this program need not have made against every rule of the ledger.
 *
 * Law: what is right is not found wrong for what it builds on, where that keeps its files whole.
 */
export interface Judge {
  /**
   * Checks what is pending here.
   *
   * @param from what is not checked, nor anything before it; `undefined` where `to` begins a ledger
   */
  check(from: Oid | undefined, to: Oid): Promise<readonly Finding[]>;
  /**
   * Checks what arrived of the shared branch up to `seen`, each commit once. To be called before anything is decided on it.
   *
   * @throws LedgerError `IN_QUESTION` where settings, policy, keys or history are not as they must be: nothing is to be decided on it
   */
  arrived(seen: Oid): Promise<void>;
  /**
   * Checks what the local branch has between `from` and `to` that this program need not have made, where nothing is to be asked of a remote.
   *
   * @returns what is in question for it; `undefined` where all of it is right
   */
  gained(from: Oid, to: Oid): Promise<Bar | undefined>;
  /** What leads from `from` to `to` is shared now, and was decided here: it needs no check. */
  shared(from: Oid | undefined, to: Oid): void;
  /** What is in question now; `undefined` where nothing is. */
  bar(): Bar | undefined;
}

/** A request that a process left for the leader of its clone. */
export interface QueuedRequest {
  name: string;
  text: string;
}

/**
 * Where the processes of one clone leave requests for their leader.
 *
 * Law: a request is taken once or withdrawn, never both. What a process left that has ended is thrown away unread.
 */
export interface RequestQueue {
  /** @returns the request's name; `undefined` where none can be left */
  post(text: string): string | undefined;
  /** True where nobody took it, and nobody will. To be asked only where whoever could have taken it is gone. */
  withdraw(name: string): boolean;
  /** What was answered, once; `undefined` while nothing was. */
  collect(name: string): string | undefined;
  /** Ends when the request is answered, or after so many milliseconds. */
  wait(name: string, ms: number): Promise<void>;
  /** Every request that waits, oldest first. */
  receive(): QueuedRequest[];
  /** Whether whoever left one that was received still waits for it. */
  isAwaited(name: string): boolean;
  answer(name: string, text: string): void;
  /** Ends when it is time to look again. */
  pause(): Promise<void>;
}

/** All that the synchroniser of one clone works with. */
export interface SyncContext {
  store: LedgerStore;
  remote: LedgerRemote | undefined;
  views: ViewSource;
  judge: Judge;
  /** Told of each pending commit that was kept back, since it is none of this ledger's. */
  onKeptBack?: ((error: LedgerError) => void) | undefined;
  /** Told where the local branch was moved away from what is pending, which was put back. */
  onRestored?: ((restored: Restored) => void) | undefined;
  /** Told, before this clone commits, whose clock is ahead of its own. */
  onAhead?: ((ahead: Ahead) => void) | undefined;
  lock: CloneLock;
  /** Requests of this clone's other processes; `undefined` where there are none. */
  requestQueue?: RequestQueue | undefined;
  clock: Clock;
  state: LocalState;
  /** Which clone this is. */
  clone: CloneName;
  /** Whether the store signs every commit. */
  signs: boolean;
  /** Who commits: git's identity of this machine. */
  committer: Identity;
  /** `refs/heads/<branch>`. */
  localRef: string;
  /** The random part of an id that is made without asking the remote. */
  randomSuffix(): string;
  /** @see Machine */
  turn(): Promise<void>;
  /** How long a call waits for a remote that says nothing, and tries a push against others, in milliseconds. */
  patience: number;
}

/** The same, for a clone that has a remote. */
export type RemoteContext = SyncContext & { remote: LedgerRemote };

/** The same, for one call: the messages that it takes share one time. */
export type CallContext = RemoteContext & { time: Patience };
