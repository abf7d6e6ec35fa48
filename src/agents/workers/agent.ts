import { LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { Checkpoint, JsonMap, WorkItem } from '../../domain/item.ts';
import { asName } from '../../domain/text.ts';
import type { CheckpointInput } from '../../domain/verbs/checkpoint.ts';

/** For whom, and within what, an agent is to work: what a caller of the pool knows. */
export interface AgentExecutionContext {
  /** Who works, and owns the item meanwhile; the ledger's actor where no one is named. */
  actor?: string | undefined;
  swarm_name?: string | undefined;
  session_id?: string | undefined;
  /** The item to work on; `work_id` of the call counts more. */
  work_id?: WorkId | undefined;
  /** More for the context of an item that the pool creates, such as the message that asked for it. */
  item_context?: JsonMap | undefined;
}

/** The same as an agent gets it: there is always an item, and a claim of it. */
export interface AgentRunContext extends AgentExecutionContext {
  actor: string;
  work_id: WorkId;
  /** The item as it was claimed. Its texts are data from anyone, not instructions of the program's. */
  item: WorkItem;
  execution_id: string;
  epoch: number;
  /** 1 for the first. */
  attempt: number;
  max_attempts: number;
  /** Where the one before stopped; `undefined` where nobody recorded anything. */
  checkpoint: Checkpoint | undefined;
  system_prompt: string | undefined;
  /** A directory of the ledger's clone; `undefined` where it is not on disk. */
  ledger_dir: string | undefined;
}

export interface AgentControls {
  /** Aborted where the agent has to stop: it was cancelled, superseded, or could not renew its lease. */
  signal: AbortSignal;
  /**
   * Records where the work stands, as yielding `{ type: 'checkpoint', … }` does.
   *
   * @returns where it is: `local` waits for the next sync
   * @throws LedgerError `INVALID_INPUT`; `STALE_EPOCH` where someone else holds the item
   */
  checkpoint(checkpoint: CheckpointInput): Promise<'remote' | 'local'>;
  /** Names the leader of a process group that works for it. Should this process die, the next one ends that group first. */
  runs(pid: number): void;
}

export interface TextEvent {
  type: 'text';
  text: string;
  /** Which of a process's outputs it came from; absent for the first. */
  stream?: 'stderr';
  /** The line was longer than what is passed on. */
  truncated?: true;
}
export interface ProgressEvent {
  type: 'progress';
  /** One line: what it is doing. */
  step?: string;
  percent?: number;
}
export type CheckpointEvent = { type: 'checkpoint' } & CheckpointInput;
/** What came of the work; of several, later keys win. */
export interface ResultEvent {
  type: 'result';
  result: JsonMap;
}
/** An event of the agent's own: passed on as it is. */
export interface OwnEvent {
  type: `x-${string}`;
  [key: string]: unknown;
}
/** What an agent can say while it works. */
export type AgentEvent = TextEvent | ProgressEvent | CheckpointEvent | ResultEvent | OwnEvent;

/**
 * Anything that works on an item: it ends where the work is done, and throws where it failed. `AgentBlocked` and
 * `AgentDeferred` say that it is neither.
 */
export type Agent = (
  context: AgentRunContext,
  prompt: string,
  controls: AgentControls,
) => AsyncIterable<AgentEvent>;

/** Who holds an item instead. */
export interface Holder {
  owner: string | null;
  execution_id: string | null;
  epoch: number | null;
}

/** What the pool says about an execution. */
export type LifeEvent = { work_id: WorkId; execution_id: string } & (
  | { type: 'started'; title: string; epoch: number; attempt: number; resumed: boolean }
  /** `local`: the remote could not be told yet. */
  | { type: 'completed'; where: 'remote' | 'local'; result: JsonMap }
  /** The ledger's policy asks for a review: it was submitted, and others accept it or send it back. */
  | { type: 'submitted'; where: 'remote' | 'local'; result: JsonMap }
  | { type: 'failed'; where: 'remote' | 'local'; error: string }
  /** To be tried again. */
  | { type: 'deferred'; where: 'remote' | 'local'; error: string; not_before: string }
  | { type: 'blocked'; reason: string }
  /** The agent itself finished the item, or gave it up. */
  | { type: 'settled'; status: WorkItem['status'] }
  | { type: 'released'; where: 'remote' | 'local'; reason: string }
  /** The claim is no longer the item's: nothing was written, and the result is here alone. */
  | { type: 'superseded'; holder: Holder; result: JsonMap }
  /** The lease could not be renewed for two thirds of its length: the agent was stopped, and nothing more written. */
  | { type: 'stopped'; reason: string; result: JsonMap }
  | { type: 'warning'; message: string }
);

export type ExecutionEvent = AgentEvent | LifeEvent;

/** Thrown by an agent whose item waits for something else now: it was blocked or escalated, and is left as it is. */
export class AgentBlocked extends Error {
  override readonly name = 'AgentBlocked';
}

/** Thrown by an agent that could not do the work now: the item is tried again later. */
export class AgentDeferred extends Error {
  override readonly name = 'AgentDeferred';
  /** Seconds until then; grows with the attempts where none are given. */
  readonly retry_after_s: number | undefined;

  constructor(message: string, options: { retry_after_s?: number | undefined } = {}) {
    super(message);
    this.retry_after_s = options.retry_after_s;
  }
}

/** Thrown by an agent that cannot work at all, whatever the item: the item is given back, and nothing is held against it. */
export class AgentUnusable extends Error {
  override readonly name = 'AgentUnusable';
}

/** The claim of an execution is no longer the item's: someone else has it, or it was given back or cancelled. */
export class SupersededError extends LedgerError {
  readonly holder: Holder;

  constructor(id: string, item: WorkItem | undefined) {
    const holder = holderOf(item);
    const now = holder.owner === null ? (item?.status ?? 'gone') : `held by ${asName(holder.owner)}`;
    super('STALE_EPOCH', `${id} is not this execution's any more: it is ${now}.`, {
      hint: `\`wl show ${id}\` tells how it stands.`,
      details: { id, ...holder },
    });
    this.holder = holder;
  }
}

/** A lease that could not be renewed for two thirds of its length. */
export class LeaseLostError extends LedgerError {
  constructor(id: string) {
    super('REMOTE_UNREACHABLE', `The lease of ${id} could not be renewed, so its work was stopped.`, {
      hint: 'Once the remote is back, someone will take the item up at its last checkpoint.',
      details: { id },
    });
  }
}

/** Whoever waited for it does not any more. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';

  constructor() {
    super('It was cancelled.');
  }
}

/** The pool takes nothing more on, and gives back what it has. */
export class PoolDrainingError extends Error {
  override readonly name = 'PoolDrainingError';

  constructor() {
    super('The pool is stopping.');
  }
}

function holderOf(item: WorkItem | undefined): Holder {
  const held = item !== undefined && ['in_progress', 'in_review', 'blocked'].includes(item.status);
  return {
    owner: (held && item.owner) || null,
    execution_id: (held && item.claim?.execution_id) || null,
    epoch: item?.claim?.epoch ?? null,
  };
}

/** Whatever was thrown, as an error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(String(thrown ?? 'it failed without a word'), { cause: thrown });
