import { LedgerError } from '../../domain/errors.ts';
import type { WorkItem } from '../../domain/item.ts';
import type { Holder } from './agent.ts';

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
    const now = holder.owner === null ? (item?.status ?? 'gone') : `held by ${holder.owner}`;
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
