import type { TracingChannel } from 'node:diagnostics_channel';
import { maskUrls } from './mask.ts';

/**
 * Names of the tracing channels, as `node:diagnostics_channel` knows them. Each step publishes one record on all events of its
 * channel: `start` when it begins, `asyncEnd` (`end`, where it is synchronous) when it is over and its `outcome` is known,
 * `error` where it threw.
 *
 * @see docs/debugging.md, "For other programs"
 */
export const TRACE_CHANNELS = {
  git: 'work-ledger:git',
  fetch: 'work-ledger:fetch',
  push: 'work-ledger:push',
  wait: 'work-ledger:wait',
  lock: 'work-ledger:lock',
  replay: 'work-ledger:replay',
  index: 'work-ledger:index',
  decide: 'work-ledger:decide',
  config: 'work-ledger:config',
} as const;

/** What every step tells once it is over. Texts may come from a ledger or a remote: none is safe for a terminal. */
interface Ended<Outcome extends string> {
  /** Absent while the step goes on; `failed` where it threw, which `reason` and `code` tell. */
  outcome?: Outcome | 'failed';
  duration_ms?: number;
  /** The code of a `LedgerError`. */
  code?: string;
  reason?: string;
}

/** A process of git. */
export interface GitTrace extends Ended<'exited' | 'killed'> {
  kind: 'git';
  /** Without user names, passwords and values of settings that may hold a secret. */
  args: readonly string[];
  cwd: string;
  pid?: number | undefined;
  /** Answers until it is closed, which takes as long as the program goes on. */
  helper?: boolean;
  exit_status?: number;
  signal?: string;
}

/** Which refs of a remote a look or a push is about. */
export type RemotePart = 'branch' | 'branch and inboxes' | 'written branch' | 'inbox' | 'presence' | 'review';

/** A look at the remote, and its answer; of a `written branch`, how it is against what was seen where it is read. */
export interface FetchTrace
  extends Ended<'ok' | 'rewritten' | 'unreachable' | 'holds' | 'lacks' | 'parted' | 'unknown'> {
  kind: 'fetch';
  remote: string;
  /** Without user name and password. */
  url: string;
  part: RemotePart;
  /** The branch's tip; `null` where the remote has no such branch. */
  tip?: string | null;
}

/** A push to the remote, and its answer. */
export interface PushTrace
  extends Ended<'accepted' | 'unconfirmed' | 'behind' | 'refused' | 'denied' | 'unreachable' | 'unknown'> {
  kind: 'push';
  remote: string;
  url: string;
  part: RemotePart;
  /** The commit that is offered; `null` where a ref is taken away. */
  tip: string | null;
  /** What goes into this clone's inbox by the same push. */
  offer?: string;
}

/** A wait for the remote to be in another state, with the looks that it takes; each of them is a step of its own within it. */
export interface WaitTrace extends Ended<'over'> {
  kind: 'wait';
  remote: string;
  url: string;
  /** A turn to push among others; a reading with what was pushed; a reading that is no older than what was seen. */
  until: 'turn' | 'confirmation' | 'newer reading';
}

/** Who has a lock, as far as this machine tells. */
export interface LockHolder {
  pid: number;
  state: 'running' | 'stopped' | 'ended' | 'unknown';
  /** The machine, where the holder left word of it; so with what follows. */
  host?: string;
  /** ISO time. */
  since?: string;
  /** The program and its first argument: `wl sync`. */
  command?: string;
}

/** A wait for a lock that someone else has. Whoever gets a lock at once publishes nothing. */
export interface LockTrace extends Ended<'taken' | 'passed'> {
  kind: 'lock';
  /** `commit`, `push`, `index` or `serve`; of git's own locks, the path. */
  lock: string;
  /** The lock's file, which is in the clone whose process has it. */
  path: string;
  /** The last one that was seen; `null` where that cannot be known. */
  holder: LockHolder | null;
}

/** Pending transitions that are decided again on another tip; each decision is a step of `work-ledger:decide` within it. */
export interface ReplayTrace extends Ended<'replayed'> {
  kind: 'replay';
  pending: number;
  /** Those that stand on the other tip. */
  stand?: number;
  /** Those that have nothing left to do there. */
  unchanged?: number;
  /** Those that are no longer legal there. */
  lost?: number;
}

/** The index being caught up. */
export interface IndexTrace extends Ended<'done'> {
  kind: 'index';
  /** What is read: what changed between two tips, all items, files of finished work, words for the search, history. */
  work: 'changes' | 'items' | 'finished' | 'words' | 'history';
  /** Where the index stood; `null` where it was empty. */
  from: string | null;
  to: string;
}

/** One command that is decided on one state of the ledger. */
export interface DecideTrace extends Ended<'decided' | 'unchanged' | 'refused'> {
  kind: 'decide';
  verb: string;
  op: string;
  actor: string;
  /** `null` where the ledger's settings are what it is about, and for a new item until its id is given. */
  id: string | null;
}

/** Git's configuration read anew, since what was kept of it does not hold. */
export interface ConfigTrace extends Ended<'kept' | 'not_kept'> {
  kind: 'config';
  git_dir: string;
  /** Why: nothing was kept that can be used, the environment is another one, or files changed. */
  why: 'nothing_kept' | 'other_environment' | 'files_changed';
  /** Those that changed. */
  files: readonly string[];
  /** Names of variables that differ. */
  variables: readonly string[];
}

interface Traces {
  git: GitTrace;
  fetch: FetchTrace;
  push: PushTrace;
  wait: WaitTrace;
  lock: LockTrace;
  replay: ReplayTrace;
  index: IndexTrace;
  decide: DecideTrace;
  config: ConfigTrace;
}

export type TraceKind = keyof Traces;
export type TraceRecord = Traces[TraceKind];

type Channels = { [Kind in TraceKind]?: TracingChannel<unknown, Traces[Kind]> };

const made: Channels = {};

/** Made by the first step of its kind: a call that only looks at files of the clone makes none. */
function channelOf<Kind extends TraceKind>(kind: Kind): TracingChannel<unknown, Traces[Kind]> {
  made[kind] ??= openChannel(kind) as Channels[Kind];
  return made[kind] as TracingChannel<unknown, Traces[Kind]>;
}

function openChannel(kind: TraceKind): TracingChannel {
  return process.getBuiltinModule('node:diagnostics_channel').tracingChannel(TRACE_CHANNELS[kind]);
}

/** Whether somebody listens to steps of a kind. */
export const isHeard = (kind: TraceKind): boolean => channelOf(kind).hasSubscribers;

type Begin<Kind extends TraceKind> = () => Omit<Traces[Kind], 'kind'>;
type End<Kind extends TraceKind, T> = (value: T) => Partial<Traces[Kind]>;

/**
 * Does `work` and publishes it as a step; where nobody listens, it is only done.
 *
 * @param begin what is known before; asked only where somebody listens
 * @param end what came of it
 * @returns what `work` gave
 */
export async function traced<Kind extends TraceKind, T>(
  kind: Kind,
  begin: Begin<Kind>,
  work: (record?: Traces[Kind]) => Promise<T>,
  end: End<Kind, T>,
): Promise<T> {
  const channel = channelOf(kind);
  if (!channel.hasSubscribers) return work();
  const record = { kind, ...begin() } as Traces[Kind];
  const done: T[] = [];
  const start = performance.now();
  // The channel puts what it is given into the record, which is to hold plain values only: so it is given nothing.
  await channel.tracePromise(async () => {
    try {
      const value = await work(record);
      done.push(value);
      finish(record, start, end(value));
    } catch (error) {
      finish(record, start, failed(error) as Partial<Traces[Kind]>);
      throw error;
    }
  }, record);
  return done[0] as T;
}

/** As `traced`, for what is done at once. */
export function tracedSync<Kind extends TraceKind, T>(
  kind: Kind,
  begin: Begin<Kind>,
  work: () => T,
  end: End<Kind, T>,
  fail = failed as (error: unknown) => Partial<Traces[Kind]>,
): T {
  const channel = channelOf(kind);
  if (!channel.hasSubscribers) return work();
  const record = { kind, ...begin() } as Traces[Kind];
  const done: T[] = [];
  const start = performance.now();
  channel.traceSync(() => {
    try {
      const value = work();
      done.push(value);
      finish(record, start, end(value));
    } catch (error) {
      finish(record, start, fail(error));
      throw error;
    }
  }, record);
  return done[0] as T;
}

function finish<Record extends TraceRecord>(record: Record, start: number, end: Partial<Record>): void {
  Object.assign(record, end, { duration_ms: performance.now() - start });
}

/** What a step that threw tells. */
export function failed(error: unknown): { outcome: 'failed'; reason: string; code?: string } {
  const reason = maskUrls(error instanceof Error ? error.message : String(error));
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return { outcome: 'failed', reason, ...(typeof code === 'string' ? { code } : {}) };
}
