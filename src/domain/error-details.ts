import type { ErrorCode } from './errors.ts';
import type { ExecutionId, OpId, WorkId } from './ids.ts';
import type { WorkStatus } from './item.ts';
import type { Change } from './observation.ts';
import type { Obstacle, ReachedLimit } from './readiness.ts';

/** Who holds an item, or nobody: then all but `id` and `status` are `null`. */
export type HolderDetails = {
  id: WorkId;
  status: WorkStatus;
  owner: string | null;
  epoch: number | null;
  execution_id: ExecutionId | null;
  clone: string | null;
  since: string | null;
};

/** A transition that is committed in this clone, and that the remote is not known to have. */
export type SavedTransition = {
  op: OpId;
  verb: string;
  /** `undefined` where a new item's number is not settled. */
  id: WorkId | undefined;
  title: string | undefined;
};

/** What a call came to whose transitions could not all be brought to the remote. */
export type UnsettledDetails = {
  remote?: string;
  /** Wait in this clone for the next sync. */
  saved?: readonly SavedTransition[];
  /** Wait as well, and were taken where pushes go, which is not where the remote is read. */
  sent?: readonly SavedTransition[];
  /** Items of claims that were not made. */
  withdrawn?: readonly (WorkId | undefined)[];
  /** True where what is not known to be shared may be. */
  unknown?: boolean;
  /** Outcomes of all commands of the call, in order. */
  outcomes?: readonly unknown[];
};

/** A rule of the ledger's policy that decided, counted from 1, and the roles that it names. */
type RuleDetails = { rule: number; roles?: readonly string[] | undefined };

/** Where a lost or refused transition is kept: `wl rejected` lists it. */
export type Kept = { op: string; ref: string };

/**
 * The facts that come with each code: what programs read instead of texts. Plain JSON. A key that is not optional is there
 * whenever the code is.
 */
export type DetailsByCode = {
  /** A call that cannot be right: `problems` of its fields, or the option `key` of `call`, with the name that is `near` it. */
  INVALID_INPUT: Partial<{
    problems: readonly string[];
    call: string;
    key: string;
    near: string | undefined;
    id: WorkId;
    type: string;
    verb: string;
    option: string;
    options: readonly string[];
    execution_id: string;
    epoch: number;
    ttl_s: number;
    bytes: number;
    allowed: number;
    roles: readonly string[];
    idempotency_key: string | undefined;
    imported: Record<string, unknown>;
    ref: string;
    path: string;
    paths: readonly string[];
    template: string;
    templates: readonly string[];
    fields: readonly string[];
    settable: readonly string[];
    criteria: readonly string[];
  }>;
  AMBIGUOUS_ID: Partial<{
    id: string;
    op: string;
    revision: string;
    /** Newest first; `found` tells how many there are in all. */
    candidates: readonly string[];
    found: number;
    items: readonly Record<string, unknown>[];
  }>;
  NOT_FOUND: Partial<{
    id: string;
    near: readonly WorkId[];
    actor: string;
    op: string;
    candidates: readonly string[];
    revision: string;
    commit: string;
    from: string;
  }>;
  UNKNOWN_REFERENCE: { missing: readonly WorkId[] };
  NO_REPOSITORY: Record<never, never>;
  NO_LEDGER: Record<never, never>;
  NO_REMOTE: Record<never, never>;
  NO_GIT: Record<never, never>;
  UNSUPPORTED_REPOSITORY: Record<never, never>;
  UNSUPPORTED_LEDGER: { path: string };
  /** The ledger's rules version and the newest that this program knows; which commit it cannot judge, and the one before it; what waits in this clone. */
  UPGRADE_REQUIRED: UnsettledDetails & {
    rules_version: number;
    known: number;
    commit?: string;
    parent?: string | undefined;
    pending?: number;
  };
  /** `git` is what git said. */
  PERMISSION_DENIED: { git?: string };
  NOT_OWNER: Partial<HolderDetails> & { id: WorkId; created_by?: string; obstacles?: readonly Obstacle[] };
  POLICY_DENIED: Partial<RuleDetails> & {
    actor?: string;
    id?: WorkId | undefined;
    verb?: string;
    list?: string;
    /** Until when retention keeps the item, and for how many days after its end. */
    until?: string;
    retention_days?: number | undefined;
  };
  CRITERIA_OPEN: { id: WorkId; criteria: readonly string[] };
  REVIEW_REQUIRED: RuleDetails & { id: WorkId; approvals: number };
  REMOTE_REFUSED: { remote?: string; reason?: string; branch?: string };
  /** `reason` is what git or the remote said. */
  PUSH_DENIED: UnsettledDetails & { reason: string };
  ALREADY_CLAIMED: HolderDetails;
  STALE_EPOCH: HolderDetails;
  CLAIMED_ELSEWHERE: HolderDetails;
  /** The item that the key was used for; whether it was asked for with the same content, and whether it was deleted since. */
  KEY_USED: { id: WorkId; idempotency_key: string; same: boolean; deleted: boolean };
  ID_TAKEN: { id: WorkId };
  ILLEGAL_TRANSITION: Partial<HolderDetails> &
    Partial<{
      verb: string;
      /** `none` stands for an item that is not there yet. */
      allowed_from: readonly (WorkStatus | 'none')[];
      blocker_id: WorkId;
      parent_id: WorkId;
      parent_status: WorkStatus;
      actor: string;
      attempts: number;
      max_attempts: number;
    }>;
  /** Why it cannot be claimed. */
  NOT_READY: { id: WorkId; obstacles: readonly Obstacle[] };
  /** What the caller saw, and what is so now. An item has an `id` and a `rev`; settings and files have none. */
  CONFLICT: { id?: WorkId | undefined; rev?: number | undefined; verb: string; changed: readonly Change[] };
  LIMIT_REACHED: { id: WorkId; limits: ReachedLimit[] };
  DEPENDENCY_CYCLE: { cycle: readonly WorkId[] };
  STILL_REFERENCED: { id: WorkId; users: readonly WorkId[] };
  OUT_OF_REACH: { id: WorkId; status: string | null };
  /** Where the ledger's branch is checked out, and which files there are in the way. */
  CHECKED_OUT: Partial<UnsettledDetails> & { branch: string; work_tree: string; paths: readonly string[] };
  /** Items that did not come about within `timeout` milliseconds; of a call that was given up, what it left. */
  TIMED_OUT: UnsettledDetails & { ids?: readonly WorkId[]; timeout_s?: number };
  REMOTE_UNREACHABLE: UnsettledDetails & { id?: WorkId };
  REMOTE_STALE: UnsettledDetails &
    Partial<{ seen: string; found: string | null; read: string; written: string }>;
  /** Of a lock that did not come free, `since` when it is held, and by whom, where that is known. */
  CONTENDED: UnsettledDetails & {
    lost?: number;
    lock?: string | null;
    holder?: { pid: number; state: string } | null;
    since?: string | null;
  };
  DAMAGED_ITEM: Partial<{
    id: WorkId;
    path: string;
    commit: string;
    rule: string;
    message: string;
    line: number | undefined;
    column: number | undefined;
  }>;
  VERIFICATION_FAILED: Partial<{
    id: WorkId | null;
    commit: string;
    rule: string;
    state: string;
    findings: unknown;
    commits: number;
    mends: number;
    clone: number;
    undecided: readonly unknown[];
  }>;
  /** The commit that breaks a rule, by which nothing is decided here. `id`: the item that it is about. */
  IN_QUESTION: { commit: string; rule: string; id?: WorkId | undefined };
  HISTORY_REWRITTEN: { remote: string; seen: string; found: string | null };
  DIFFERENT_LEDGER: { local: string; remote: string | undefined };
  DIFFERENT_REMOTES: { remote: string; read: string; written: string };
  STORAGE_FAILED: { git?: string; oid?: string; ref?: string; op?: string };
  INTERNAL: { stack?: string };
};

/** What every error may carry as well. */
type Common = { kept?: Kept | undefined };

/** The details of a code; of any code, facts by name. */
export type ErrorDetails<C extends ErrorCode = ErrorCode> = ErrorCode extends C
  ? Record<string, unknown>
  : DetailsByCode[C] & Common;
