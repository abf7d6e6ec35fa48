// Long, since it is a table: what each call of the façade takes, one after the other.

import {
  anything,
  callback,
  count,
  flag,
  type Inputs,
  type Kind,
  listOf,
  map,
  needed,
  oneOf,
  orNull,
  seconds,
  signal,
  text,
  time,
  whole,
} from '../domain/check-input.ts';
import type { AuxiliaryFile } from '../domain/configure.ts';
import { GIVEN } from '../domain/fields.ts';
import type { ExecutionId, WorkId } from '../domain/ids.ts';
import { type Json, type JsonMap, WORK_PRIORITIES, WORK_TYPES, type WorkLink } from '../domain/item.ts';
import type { NewWork } from '../domain/item-schema.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import { FILTER } from '../query/filter.ts';
import type { Oid } from '../store/port.ts';
import type { Liveness } from './orphans.ts';

// What each call of the ledger takes, once: the same table checks a call and gives its type. One word for one thing: `actor` is who
// acts or asks, `swarm_name` a swarm, durations are seconds and end in `_s`, points in time are ISO texts.

/** An item: its whole id. */
const id: Kind<WorkId, false> = text;
/** One run of a holder. */
const execution: Kind<ExecutionId, false> = text;

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

export const REASONED = {
  ...ACTING,
  /** Why, in a line. */
  reason: text,
};
export type Reasoned = Inputs<typeof REASONED>;

export const EXPLAINED = { ...REASONED, reason: needed(text) };
/** For what nobody is to do without saying why. */
export type Explained = Inputs<typeof EXPLAINED>;

/** What a holder proves its claim with; the claim that this clone made where neither is given. */
export const HOLDING = {
  ...ACTING,
  /** The epoch in which it claimed. */
  epoch: whole,
  /** The execution that claimed. */
  execution_id: execution,
};
/** A holder's call: `actor` must be who holds the item. */
export type Holding = Inputs<typeof HOLDING>;

export const HOLDING_REASONED = { ...HOLDING, reason: text };
export type HoldingReasoned = Inputs<typeof HOLDING_REASONED>;

export const CLAIM = {
  ...ACTING,
  /** Made up where none is given. It, not the actor's name, is the holder. */
  execution_id: execution,
  /** Lease in seconds. Default: the ledger's setting. */
  ttl_s: seconds,
  /** Claim in this clone alone, to be settled by the next sync: someone else may win it. */
  tentative: flag,
};
export type ClaimOptions = Inputs<typeof CLAIM>;

export const BLOCK = {
  ...HOLDING,
  reason: needed(text),
  /** An item on whose completion this one is unblocked. */
  blocker_id: id,
  /** Blocks also what someone else holds. */
  force: flag,
};
export type BlockOptions = Inputs<typeof BLOCK>;

export const SUBMIT = {
  ...HOLDING,
  /** What came of the work. */
  result: map<JsonMap>(),
};
export type SubmitOptions = Inputs<typeof SUBMIT>;

export const COMPLETE = {
  ...SUBMIT,
  /** Claims a ready item that nobody holds first. */
  claim: flag,
  /** Lets a ledger whose `on_complete` is `delete` remove the file, where policy lets it go at once: history stays. */
  confirm_delete: flag,
};
export type CompleteOptions = Inputs<typeof COMPLETE>;

export const FAIL = {
  ...HOLDING,
  /** What went wrong. */
  error: needed(text),
  /** Puts it back to pending in the same push where attempts are left, to be taken after a while that grows with them. */
  retry: flag,
};
export type FailOptions = Inputs<typeof FAIL>;

export const RETRY = {
  ...REASONED,
  /** When it may be taken again; `null` is at once. Default: after a while that grows with the attempts. */
  not_before: orNull(time),
  /** Counts attempts anew. */
  reset: flag,
};
export type RetryOptions = Inputs<typeof RETRY>;

export const RECOVER = {
  ...ACTING,
  /** Tells what is known of executions beside the ledger; without it, only history shows who is at work. */
  liveness: callback<Liveness>(),
};
export type RecoverOptions = Inputs<typeof RECOVER>;

/** Fields that an item may have from the beginning, those of which a caller is told the kind at once. */
const NAMED = {
  title: needed(text),
  description: text,
  type: oneOf(WORK_TYPES),
  priority: oneOf(WORK_PRIORITIES),
  labels: listOf(text),
  acceptance: listOf(map<{ text: string; done?: boolean | undefined }>()),
  context: map<JsonMap>(),
  parent_id: id,
  dependencies: listOf(id),
  links: listOf(map<WorkLink>()),
  /** Who alone may claim it. */
  owner: text,
  swarm_name: text,
  job_id: text,
  /** Not to be taken before. */
  not_before: time,
  max_attempts: whole,
  /** An open item that has it already is returned instead of a new one. */
  idempotency_key: text,
};

/** Each other field that the table of fields lets one give: what it holds is checked where the item is made. */
type Others = { [K in Exclude<keyof NewWork, keyof typeof NAMED>]: Kind<NewWork[K], false> };
const OTHERS = Object.fromEntries(
  GIVEN.filter((key) => !Object.hasOwn(NAMED, key)).map((key) => [key, anything()]),
) as Others;

export const CREATE = { ...NAMED, ...OTHERS, ...ACTING, /** As `actor`. */ created_by: text };
export type CreateInput = Inputs<typeof CREATE>;

export const PATCH = {
  /** Fields to set; `null` takes one away. */
  set: map<NonNullable<WorkPatch['set']>>(),
  /** Members of the context; `null` takes one away. */
  context: map<NonNullable<WorkPatch['context']>>(),
  labels: map<NonNullable<WorkPatch['labels']>>(),
  dependencies: map<NonNullable<WorkPatch['dependencies']>>(),
  links: map<NonNullable<WorkPatch['links']>>(),
};
/** What each list is changed by. */
export const MEMBERS = {
  labels: { add: listOf(text), remove: listOf(text) },
  dependencies: { add: listOf(id), remove: listOf(id) },
  links: { add: listOf(map<WorkLink>()), remove: listOf(map<WorkLink>()) },
};

/** Where the next holder resumes. */
export const CHECKPOINT = {
  step: text,
  summary: text,
  next_action: text,
  work_ref: text,
  artifacts: listOf(text),
  /** What was done outside, and is not to be done again. */
  effects: listOf(text),
  data: anything<Json>(),
};
export type CheckpointInput = Inputs<typeof CHECKPOINT>;

export const BATCH = {
  ...WAITING,
  /** All of them or none. */
  atomic: flag,
  /** A numbered id of a new item that is taken is given up for the next, in all commands. */
  provisional: flag,
};
export type BatchOptions = Inputs<typeof BATCH>;

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
export const ORPHANED = { liveness: callback<Liveness>() };
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
}
