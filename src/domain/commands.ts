import type { ChangedByMembers, Settable } from './fields.ts';
import type { WorkId } from './ids.ts';
import type { Checkpoint, Json, WorkItem, WorkStatus } from './item.ts';
import type { NewWork } from './item-schema.ts';
import { policySchemas } from './policy-schema.ts';
import { lazySchema } from './schema.ts';
import { limitSchemas, settingsSchema } from './settings.ts';
import type { Verb } from './transitions.ts';

/** Who asks, when, and under which name the transition is known forever. */
export interface Request {
  /** UUID of version 7, unique to this transition: what makes retries safe. */
  op: string;
  actor: string;
  /** ISO 8601 UTC with milliseconds. */
  at: string;
}

/** What a holder proves: the epoch it claimed in and the execution that claimed. Absent parts are not checked. */
export interface Fence {
  epoch?: number | undefined;
  execution_id?: string | undefined;
  /** True where the caller has no claim to show: then the command acts on no claim. */
  unproven?: boolean | undefined;
}

/** What an item shows of its holder: it changes with a claim, with the execution and with each checkpoint. */
export interface HolderObservation {
  epoch: number | undefined;
  execution_id: string | undefined;
  checkpoint_at: string | undefined;
}

export interface SetChange<T> {
  add?: readonly T[];
  remove?: readonly T[];
}

/** A change by field. `null` removes a field; lists and maps change by members, so that two clones' edits add up. */
export type WorkPatch = {
  set?: { [K in Settable]?: WorkItem[K] | null };
} & {
  [K in ChangedByMembers]?: WorkItem[K] extends readonly (infer T)[] ? SetChange<T> : Record<string, Json>;
};

export type CheckpointInput = Omit<Checkpoint, 'at' | 'attempt'>;

/** The keys a type names, without its index signature. */
type NamedKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] };
/** An item as another tracker or a backup had it. */
export type ImportedWork = Pick<WorkItem, Exclude<NamedKeys<WorkItem>, 'schema' | 'rev' | 'last_op'>>;

export const settingsPatchSchema = lazySchema((z) => {
  const { name, max } = limitSchemas();
  const byName = z.record(name, max.nullable()).optional();
  const { id_prefix, lease_ttl_s, clock_skew_s, max_attempts, on_complete, ...optional } =
    settingsSchema().shape;
  const { allow, review, signatures, retention_days } = optional;
  const { roleName, role } = policySchemas();
  return z.object({
    ...z.object({ id_prefix, lease_ttl_s, clock_skew_s, max_attempts, on_complete }).partial().shape,
    limits: z.strictObject({ owner: byName, swarm: byName, label: byName }).optional(),
    /** By name, so that two clones' changes add up. */
    roles: z.record(roleName, role.nullable()).optional(),
    // `null` takes one of these away.
    allow: allow.nullable(),
    review: review.nullable(),
    signatures: signatures.nullable(),
    retention_days: retention_days.nullable(),
  });
});

interface Taking {
  id: WorkId;
  execution_id: string;
  ttl_s?: number | undefined;
  /** The name of the clone that asks: for people, and no proof. */
  clone?: string | undefined;
}

/** What each verb needs beside the request itself. */
export interface VerbInput {
  /** Without `id` the next number of the day is taken, again at each replay. */
  create: { id?: WorkId | undefined; fields: NewWork };
  import: { id: WorkId; item: ImportedWork };
  assign: { id: WorkId; owner: string | undefined; reason?: string | undefined };
  claim: Taking;
  start: Taking & Pick<Fence, 'unproven'>;
  release: { id: WorkId; reason?: string | undefined } & Fence;
  checkpoint: { id: WorkId; checkpoint: CheckpointInput } & Fence;
  link_execution: { id: WorkId; link: string; clone?: string | undefined } & Fence;
  block: {
    id: WorkId;
    reason: string;
    blocker_id?: WorkId | undefined;
    force?: boolean | undefined;
  } & Fence;
  unblock: { id: WorkId; reason?: string | undefined };
  submit: { id: WorkId; result: WorkItem['result'] } & Fence;
  approve: { id: WorkId; reason?: string | undefined };
  reject: { id: WorkId; reason: string };
  withdraw: { id: WorkId; reason?: string | undefined } & Fence;
  complete: { id: WorkId; result: WorkItem['result'] } & Fence;
  fail: { id: WorkId; error: string } & Fence;
  retry: {
    id: WorkId;
    not_before?: string | undefined;
    reset?: boolean | undefined;
    reason?: string | undefined;
  };
  cancel: { id: WorkId; reason?: string | undefined } & Fence;
  reopen: { id: WorkId; reason: string };
  /** Refused where the item shows another sign of its holder than the one that was observed. */
  recover: { id: WorkId; reason: string; observed: HolderObservation };
  update: { id: WorkId; patch: WorkPatch };
  comment: { id: WorkId; body: string };
  delete: { id: WorkId; reason?: string | undefined };
}

export type CommandOf<V extends Verb> = V extends Verb ? Request & { verb: V } & VerbInput[V] : never;
/** One request for one transition of one item. */
export type Command = CommandOf<Verb>;

/** What the commit of a transition records in words; the blobs are the truth, this is a copy that is checked. */
export interface TransitionEvent {
  verb: Verb;
  id: WorkId;
  title: string;
  /** `undefined` where the item did not exist. */
  from: WorkStatus | undefined;
  /** `undefined` where the item is gone. */
  to: WorkStatus | undefined;
  rev: number;
  actor: string;
  op: string;
  at: string;
  epoch: number | undefined;
  execution_id: string | undefined;
  /** One line. */
  reason: string | undefined;
}
