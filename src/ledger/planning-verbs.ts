import type { Fence } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import type { Acting, CreateInput } from './inputs.ts';
import { itemOf, type TransitionResult, toResult } from './results.ts';
import { LedgerWriter, toActor } from './writer.ts';

/** What anyone does to work that is to be done: making it, changing it, giving it up. */
export class PlanningVerbs extends LedgerWriter {
  /**
   * Creates an item, pending. With an `idempotency_key` that an open item has already, that one is returned.
   *
   * @returns the item, under the id that it keeps
   * @throws LedgerError `INVALID_INPUT`; `UNKNOWN_REFERENCE` and `DEPENDENCY_CYCLE` for its parent and dependencies
   */
  async createWork(input: CreateInput): Promise<WorkItem> {
    return itemOf(await this.#create(input));
  }

  /**
   * Creates an item under `parent_id`, with the parent's swarm, job and the references of its context.
   *
   * @throws LedgerError as `createWork`; `NOT_FOUND` where there is no parent
   */
  async createSubtask(parent_id: WorkId, input: CreateInput): Promise<WorkItem> {
    return itemOf(await this.#create(await this.#inherit(parent_id, input)));
  }

  /**
   * As `createWork`, and as `createSubtask` where the input names a parent.
   *
   * @returns also where it is; without a commit it stood already, under the same `idempotency_key`
   */
  async submitWork(input: CreateInput): Promise<TransitionResult> {
    const { parent_id } = input;
    return this.#create(parent_id === undefined ? input : await this.#inherit(parent_id, input));
  }

  /** Names who may claim a pending item; without `owner` anyone may again. */
  assignWork(
    id: WorkId,
    owner: string | undefined,
    by: Acting & { reason?: string } = {},
  ): Promise<TransitionResult> {
    const name = owner === undefined ? undefined : toActor(owner, 'owner');
    return this.act('assign', id, { owner: name, reason: by.reason }, by.actor);
  }

  /** Changes fields that no other verb owns. Lists change by members, so that edits of two clones add up. */
  updateWork(id: WorkId, patch: WorkPatch, by: Acting = {}): Promise<TransitionResult> {
    return this.act('update', id, { patch }, by.actor);
  }

  /** Adds a comment. */
  commentOn(id: WorkId, body: string, by: Acting = {}): Promise<TransitionResult> {
    return this.act('comment', id, { body }, by.actor);
  }

  /**
   * Cancels open work.
   *
   * @throws LedgerError `NOT_OWNER` for anyone but its creator and its owner; who is not its creator proves a claim as a holder
   */
  cancelWork(
    id: WorkId,
    options: Acting & Fence & { reason?: string | undefined } = {},
  ): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.act('cancel', id, rest, actor);
  }

  /** Removes a finished item's file; its history stays, and its id is never given again. @throws LedgerError `STILL_REFERENCED` */
  deleteWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.act('delete', id, rest, actor);
  }

  async #create({ created_by, ...fields }: CreateInput): Promise<TransitionResult> {
    return toResult(await this.runOne({ ...this.request(created_by), verb: 'create', fields }));
  }

  async #inherit(parent_id: WorkId, input: CreateInput): Promise<CreateInput> {
    const parent = await this.requireWork(parent_id);
    const references = parent.context.references;
    return {
      ...input,
      swarm_name: input.swarm_name ?? parent.swarm_name,
      job_id: input.job_id ?? parent.job_id,
      parent_id,
      context: { ...(references === undefined ? {} : { references }), ...input.context },
    };
  }
}
