import {
  anything,
  callback,
  flag,
  type Inputs,
  type Kind,
  listOf,
  map,
  needed,
  oneOf,
  orNull,
  seconds,
  type Table,
  text,
  time,
  whole,
} from '../domain/check-input.ts';
import { LedgerError } from '../domain/errors.ts';
import { GIVEN } from '../domain/fields.ts';
import type { ExecutionId } from '../domain/ids.ts';
import { type Json, type JsonMap, WORK_PRIORITIES, WORK_TYPES, type WorkLink } from '../domain/item.ts';
import type { NewWork } from '../domain/item-schema.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import { type Connection, checkCall } from './connection.ts';
import { ACTING, type Acting, id, WAITING } from './inputs.ts';
import type { Liveness } from './orphans.ts';

// What each transition takes, as `inputs.ts` has it for all other calls. Apart, since no question needs it.

/** One run of a holder. */
const execution: Kind<ExecutionId, false> = text;

/** For a transition of an item that is there. */
export const CHANGING = {
  ...ACTING,
  /** The revision that the item must have: with any other it is `CONFLICT`. Default: nothing that it rests on may have changed. */
  if_rev: whole,
};
export type Changing = Inputs<typeof CHANGING>;

export const REASONED = {
  ...CHANGING,
  /** Why, in a line. */
  reason: text,
};
export type Reasoned = Inputs<typeof REASONED>;

export const EXPLAINED = { ...REASONED, reason: needed(text) };
/** For what nobody is to do without saying why. */
export type Explained = Inputs<typeof EXPLAINED>;

/** What a holder proves its claim with; the claim that this clone made where neither is given. */
export const HOLDING = {
  ...CHANGING,
  /** The epoch in which it claimed. */
  epoch: whole,
  /** The execution that claimed. */
  execution_id: execution,
};
/** A holder's call: `actor` must be who holds the item. */
export type Holding = Inputs<typeof HOLDING>;

export const HOLDING_REASONED = { ...HOLDING, reason: text };
export type HoldingReasoned = Inputs<typeof HOLDING_REASONED>;

export const CANCEL = {
  ...HOLDING_REASONED,
  /** Cancels its open parts, and theirs, as well: all or none. */
  cascade: flag,
};
export type CancelOptions = Inputs<typeof CANCEL>;

export const CLAIM = {
  ...CHANGING,
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
  /** To be done by then. Nothing is refused when it is past. */
  due_at: time,
  /** Files, directories, or all below one (`dir/**`), that it is about. */
  scope: listOf(text),
  max_attempts: whole,
  /** Asked for again under it, the item is returned, whatever became of it; `KEY_USED` where something else is asked for. */
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

export const ACCEPT = {
  /** Criteria that are met. */
  met: listOf(text),
  /** Criteria that are not met after all. */
  open: listOf(text),
};
export type AcceptInput = Inputs<typeof ACCEPT>;

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

/** Who acts, in the word of the design that this ledger began with: `owner` is `actor`. */
export type Owned<T> = T & { owner?: string | undefined };

/** What the ways in take beside that. */
const WAYS_IN = {
  claimWork: CLAIM,
  startWork: CLAIM,
  releaseWork: HOLDING_REASONED,
  completeWork: COMPLETE,
  failWork: FAIL,
  linkExecution: HOLDING,
} satisfies Record<string, Table>;
export type WayIn = keyof typeof WAYS_IN;

/** The options of a way in, by `actor` alone. @throws LedgerError `INVALID_INPUT` where `owner` and `actor` are two */
export function byActor<T extends Acting>(connection: Connection, call: WayIn, options: Owned<T>): T {
  checkCall(connection, call, {}, { ...WAYS_IN[call], owner: text }, options);
  const { owner, ...rest } = options;
  if (owner === undefined) return rest as unknown as T;
  if (options.actor === undefined || options.actor === owner)
    return { ...rest, actor: owner } as unknown as T;
  throw new LedgerError('INVALID_INPUT', `${call}: owner and actor are one; they are two here.`, {
    details: { call, key: 'owner' },
  });
}
