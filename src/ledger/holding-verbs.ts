import { randomSuffix } from '../codec/op.ts';
import type { Fence } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { CheckpointInput } from '../domain/verbs/checkpoint.ts';
import type { Acting, ClaimOptions, Holding } from './inputs.ts';
import { PlanningVerbs } from './planning-verbs.ts';
import type { TransitionResult } from './results.ts';

/**
 * What a holder does, from taking work to giving it back. A call that names neither execution nor epoch acts on claims that this
 * clone made, and on no other: `CLAIMED_ELSEWHERE`.
 */
export class HoldingVerbs extends PlanningVerbs {
  /**
   * Claims a pending item: raises its epoch, starts its lease, and makes `owner` its only holder once the remote agrees.
   *
   * @returns the item with its last checkpoint, or the lost race that names the holder
   * @throws LedgerError `NOT_READY` with what it waits for; `NOT_OWNER` where it is assigned to someone else;
   *   `REMOTE_UNREACHABLE`: a claim means nothing until the remote has it
   */
  claimWork(id: WorkId, options: ClaimOptions = {}): Promise<TransitionResult> {
    return this.#take('claim', id, options);
  }

  /** Starts work: claims a pending item, or takes up a blocked one again as its owner. As `claimWork`. */
  startWork(id: WorkId, options: ClaimOptions = {}): Promise<TransitionResult> {
    return this.#take('start', id, options);
  }

  /** Gives an item back to pending; its checkpoint stays. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  releaseWork(
    id: WorkId,
    options: Holding & { reason?: string | undefined } = {},
  ): Promise<TransitionResult> {
    const { owner, ...rest } = options;
    return this.act('release', id, rest, owner);
  }

  /** Records where to resume, and renews the lease. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  checkpointWork(id: WorkId, checkpoint: CheckpointInput, options: Holding = {}): Promise<TransitionResult> {
    const { owner, ...fence } = options;
    return this.act('checkpoint', id, { checkpoint, ...fence }, owner);
  }

  /** Names the execution that works on a held item; earlier ones are stale from then on. */
  linkExecution(id: WorkId, execution_id: string, options: Holding = {}): Promise<TransitionResult> {
    const { owner, ...fence } = options;
    return this.act('link_execution', id, { link: execution_id, ...fence }, owner);
  }

  /**
   * Blocks an item for a reason. With a `blocker_id` it is unblocked by itself when that item completes.
   *
   * @throws LedgerError `NOT_OWNER` where someone else holds it, unless `force`; `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE`
   */
  blockWork(
    id: WorkId,
    options: Acting &
      Fence & { reason: string; blocker_id?: WorkId | undefined; force?: boolean | undefined },
  ): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.act('block', id, rest, actor);
  }

  /** Unblocks: back to in progress where it is held, else to pending. */
  unblockWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.act('unblock', id, rest, actor);
  }

  async #take(verb: 'claim' | 'start', id: WorkId, options: ClaimOptions): Promise<TransitionResult> {
    const { owner, ttl_s, tentative } = options;
    const item = await this.findWork(id);
    const resumes = item?.status === 'blocked';
    if (!this.publishes && this.remote !== null && !tentative && !resumes) {
      throw new LedgerError(
        'REMOTE_UNREACHABLE',
        'A claim is only yours once the remote has it, and this call is local.',
        {
          hint: `Leave out --offline, or ask for a tentative claim: wl ${verb} ${id} --tentative`,
          details: { id, saved: [], sent: [], withdrawn: [id] },
        },
      );
    }
    if (verb === 'claim' || !resumes || options.execution_id !== undefined) {
      return this.act(verb, id, { execution_id: options.execution_id ?? newExecution(), ttl_s }, owner);
    }
    // A holder takes up what it claimed here; anyone else starts an execution of its own, where nobody holds it.
    const executions = await this.executions();
    executions.settle(item, owner ?? this.actor);
    const own = executions.of(id, owner ?? this.actor);
    const execution_id = own?.execution_id ?? newExecution();
    return this.act('start', id, { execution_id, ttl_s, unproven: own === undefined }, owner);
  }
}

export const newExecution = (): string => `exec-${randomSuffix()}`;
