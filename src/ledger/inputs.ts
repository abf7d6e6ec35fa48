import {
  callback,
  count,
  flag,
  type Inputs,
  type Kind,
  listOf,
  map,
  needed,
  oneOf,
  seconds,
  signal,
  text,
  time,
} from '../domain/check-input.ts';
import type { AuxiliaryFile } from '../domain/configure.ts';
import type { WorkId } from '../domain/ids.ts';
import { WORK_TYPES } from '../domain/item.ts';
import { FILTER } from '../query/filter.ts';
import type { Oid } from '../store/port.ts';
import type { Ahead } from '../sync/committed-time.ts';
import type { Liveness } from './orphans.ts';

// What each call of the ledger takes, once: the same table checks a call and gives its type. One word for one thing: `actor` is who
// acts or asks, `swarm_name` a swarm, durations are seconds and end in `_s`, points in time are ISO texts.

/** An item: its whole id. */
export const id: Kind<WorkId, false> = text;

/** For whatever may wait for the remote. */
export const WAITING = {
  /**
   * Ends the call as soon as it is aborted, with the signal's reason, where nothing was committed. What is committed stays in this
   * clone for the next sync: `TIMED_OUT` says so, by `details.saved`, and has the reason as its cause.
   */
  signal,
};
export type Waiting = Inputs<typeof WAITING>;

export const ACTING = {
  /** Who acts. Default: the ledger's own actor. */
  actor: text,
  ...WAITING,
};
export type Acting = Inputs<typeof ACTING>;

/** Of a read: who asks. */
export const ASKING = { /** Who asks. */ actor: text };
export type Asked = Inputs<typeof ASKING>;

export const READY = { ...FILTER, /** Who is to claim them. Default: anyone. */ actor: text };
export type ReadyFilter = Inputs<typeof READY>;

export const PENDING = {
  owner: FILTER.owner,
  swarm_name: text,
  type: oneOf(WORK_TYPES),
  limit: count,
};
export type PendingFilter = Inputs<typeof PENDING>;

export const IN_PROGRESS = { owner: text };
export const LIMIT = { limit: count };
export const PROGRESS = { /** Direct children alone. */ direct: flag };
export const STALE = {
  /** For how long nobody touched it, in seconds. Default: an hour. */ threshold_s: seconds,
};
export const ORPHANED = {
  /** Tells what is known of executions beside the ledger; without it, only history shows who is at work. */
  liveness: callback<Liveness>(),
};
export type OrphanedOptions = Inputs<typeof ORPHANED>;
export const PERMISSION = { /** The item that it is about. */ id, actor: text };
export const DAMAGED = { /** Looks at finished work, too. */ all: flag };
export const PERIOD = { since: time, until: time };

export const LOG = {
  items: listOf(id),
  actor: text,
  /** Verbs, and `init`, `configure`, `merge`, `unknown`. */
  verbs: listOf(text),
  ...PERIOD,
  /** Items that are in it now. */
  swarm_name: text,
  /** How many of the newest. Default 20; `Infinity` for all. */
  limit: count,
};
export type LogOptions = Inputs<typeof LOG>;

export const VERIFY = {
  ...WAITING,
  /**
   * `A..B`: what comes after A, up to B, on the ledger as A left it. Without A from the root, without B to the tip. Each is a
   * commit, in full or as the branch's log knows it, or the name of a ref. Where history that began before A was merged in after
   * it, it begins there.
   */
  range: text,
  /** Begins where this clone last found nothing wrong, as far as history still builds on that. */
  since_last: flag,
  /** Checks signatures, too: of the range, and without one of the whole branch, whatever was verified before. */
  signatures: map<{ required?: boolean | undefined; allowed_signers?: string | undefined }>(),
  /** Called now and then with what was done so far. */
  onProgress: callback<(progress: { commits: number; findings: number }) => void>(),
};
export type VerifyCall = Inputs<typeof VERIFY>;

export const ACKNOWLEDGE = {
  /** Why it may stand: one line. */
  reason: needed(text),
  /** Which rules' findings; left out, all that were found at the commit. */
  rules: listOf(text),
  ...ACTING,
};
export type AcknowledgeOptions = Inputs<typeof ACKNOWLEDGE>;

export const SIGNATURES = { required: flag, allowed_signers: text };

export const CONFIGURE = {
  ...ACTING,
  /** Files to stand beside the items on the branch; without a text, one is taken away. */
  files: listOf(map<AuxiliaryFile>()),
};
export type ConfigureOptions = Inputs<typeof CONFIGURE>;

export const IMPORT = {
  ...ACTING,
  /** Tells what it would do, and does nothing. */
  dry_run: flag,
  /** Told how many items are to be made. */
  onPlan: callback<(planned: number) => void>(),
};
export type ImportCall = Inputs<typeof IMPORT>;

export const PLACE = {
  /** Of the program that the host's jobs install. */ version: needed(text),
  update: flag,
};

export interface SyncReport {
  accepted: number;
  lost: { op: string; id: WorkId | undefined; message: string }[];
  /** New items of this clone that another item took the number of, and what they are called now. */
  renumbered: { op: string; from: WorkId; to: WorkId }[];
  tip: Oid;
}

export interface LedgerStatus {
  place: string;
  branch: string;
  mode: 'push' | 'local' | 'none';
  remote: { name: string; url: string } | null;
  actor: string;
  /** This clone's name among those of the ledger. */
  clone: string;
  tip: Oid;
  /** The shared tip as last seen; `null` where it was never seen. */
  seen: Oid | null;
  fetched_at: string | null;
  /** Transitions that the remote does not have yet. */
  pending: { op: string | null; verb: string; id: WorkId | null }[];
  rejected: number;
  counts: Record<string, number>;
  damaged: number;
  /** How many items are in question on this clone. */
  in_question: number;
  /** Whose clock is ahead of this clone's, by what the tip records; `null` where none is by more than `clock_skew_s`. */
  ahead: Ahead | null;
}
