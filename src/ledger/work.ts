// Long, since it is a list: a method for each transition, one after the other.

import { checkArgument, checkOptions, listOf, map, oneOf, orNull, text } from '../domain/check-input.ts';
import type { Command } from '../domain/commands.ts';
import type { ExecutionId, WorkId } from '../domain/ids.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import type { Verb, VerbInput } from '../domain/verbs.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type Connection, checkCall, modeOf, requestBy } from './connection.ts';
import type { SetAside } from './executions.ts';
import * as inputs from './inputs.ts';
import type { OrphanedWork } from './orphans.ts';
import type { RecoveredWork } from './recover.ts';
import type { TransitionResult } from './results.ts';
import type { Writer } from './writer.ts';

/**
 * Every transition of an item, by the name of its verb.
 *
 * A transition returns when the shared remote has it (mode `push`), or when this clone has it (`local`, or no remote). A race
 * that someone else won is a value, `{ ok: false }`; a caller's mistake is a thrown `LedgerError`. Besides its own errors,
 * every transition can throw `INVALID_INPUT`, `NOT_FOUND` for an id that no item has, `REMOTE_UNREACHABLE` (`details.saved` waits
 * for the next sync, `details.sent` was taken where pushes go and is not read yet, `details.withdrawn` was not made),
 * `REMOTE_STALE`, `CONTENDED`, `HISTORY_REWRITTEN`, `STORAGE_FAILED`, `PERMISSION_DENIED`, and `TIMED_OUT` for a call that its
 * `signal` ended after something was committed.
 *
 * A holder's call that names neither execution nor epoch acts on claims that this clone made, and on no other:
 * `CLAIMED_ELSEWHERE`.
 */
export class LedgerWork {
  readonly #connection: Connection;
  #writer: Promise<Writer> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Creates an item, pending; under a parent, with that one's swarm, job and the references of its context. With an
   * `idempotency_key` that an open item has already, that one is returned, without a commit.
   *
   * @throws LedgerError `UNKNOWN_REFERENCE` and `DEPENDENCY_CYCLE` for its parent and dependencies
   */
  async create(input: inputs.CreateInput): Promise<TransitionResult> {
    checkCall(this.#connection, 'create', {}, inputs.CREATE, input);
    return (await this.#write()).create(input);
  }

  /** Names who may claim a pending item; without `owner` anyone may again. */
  async assign(
    id: WorkId,
    owner: string | null | undefined,
    options: inputs.Reasoned = {},
  ): Promise<TransitionResult> {
    const named = owner ?? undefined;
    checkCall(
      this.#connection,
      'assign',
      { id: [text, id], owner: [orNull(text), owner ?? null] },
      inputs.REASONED,
      options,
    );
    const { reason, ...call } = options;
    return (await this.#write()).assign(id, named, reason, call);
  }

  /** Changes fields that no other verb owns. Lists change by members, so that edits of two clones add up. */
  async update(id: WorkId, patch: WorkPatch, options: inputs.Acting = {}): Promise<TransitionResult> {
    this.#check('update', id, inputs.ACTING, options);
    checkOptions('update', inputs.PATCH, patch);
    for (const list of ['labels', 'dependencies', 'links'] as const) {
      if (patch[list] !== undefined) checkOptions('update', inputs.MEMBERS[list], patch[list]);
    }
    return (await this.#write()).act('update', id, { patch }, options);
  }

  /** Adds a comment. */
  async comment(id: WorkId, body: string, options: inputs.Acting = {}): Promise<TransitionResult> {
    checkCall(this.#connection, 'comment', { id: [text, id], body: [text, body] }, inputs.ACTING, options);
    return (await this.#write()).act('comment', id, { body }, options);
  }

  /**
   * Claims a pending item: raises its epoch, starts its lease, and makes the actor its only holder once the remote agrees.
   *
   * @returns the item with its last checkpoint, or the lost race that names the holder
   * @throws LedgerError `NOT_READY` with what it waits for; `NOT_OWNER` where it is assigned to someone else; `LIMIT_REACHED`;
   *   `REMOTE_UNREACHABLE`: a claim means nothing until the remote has it
   */
  async claim(id: WorkId, options: inputs.ClaimOptions = {}): Promise<TransitionResult> {
    this.#check('claim', id, inputs.CLAIM, options);
    return (await this.#write()).acquire('claim', id, options);
  }

  /** Starts work: claims a pending item, or takes up a blocked one again as its owner. As `claim`. */
  async start(id: WorkId, options: inputs.ClaimOptions = {}): Promise<TransitionResult> {
    this.#check('start', id, inputs.CLAIM, options);
    return (await this.#write()).acquire('start', id, options);
  }

  /** Gives an item back to pending; its checkpoint stays. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async release(id: WorkId, options: inputs.HoldingReasoned = {}): Promise<TransitionResult> {
    return this.#act('release', id, inputs.HOLDING_REASONED, options);
  }

  /** Records where to resume, and renews the lease. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async checkpoint(
    id: WorkId,
    checkpoint: inputs.CheckpointInput,
    options: inputs.Holding = {},
  ): Promise<TransitionResult> {
    this.#check('checkpoint', id, inputs.HOLDING, options);
    checkOptions('checkpoint', inputs.CHECKPOINT, checkpoint);
    const { actor, signal, ...fence } = options;
    const input = { checkpoint: checkpoint as VerbInput['checkpoint']['checkpoint'], ...fence };
    return (await this.#write()).act('checkpoint', id, input, { actor, signal });
  }

  /** Names the execution that works on a held item; earlier ones are stale from then on. */
  async linkExecution(
    id: WorkId,
    execution_id: ExecutionId,
    options: inputs.Holding = {},
  ): Promise<TransitionResult> {
    const values = { id: [text, id], execution_id: [text, execution_id] } as const;
    checkCall(this.#connection, 'linkExecution', values, inputs.HOLDING, options);
    const { actor, signal, ...fence } = options;
    return (await this.#write()).act(
      'link_execution',
      id,
      { link: execution_id, ...fence },
      { actor, signal },
    );
  }

  /**
   * Blocks an item for a reason. With a `blocker_id` it is unblocked by itself when that item completes.
   *
   * @throws LedgerError `NOT_OWNER` where someone else holds it, unless `force`; `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE`
   */
  async block(id: WorkId, options: inputs.BlockOptions): Promise<TransitionResult> {
    return this.#act('block', id, inputs.BLOCK, options);
  }

  /** Unblocks: back to in progress where it is held, else to pending. */
  async unblock(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return this.#act('unblock', id, inputs.REASONED, options);
  }

  /**
   * Completes work. Items that it blocked are unblocked in the same push.
   *
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`, `REVIEW_REQUIRED`
   */
  async complete(id: WorkId, options: inputs.CompleteOptions = {}): Promise<TransitionResult> {
    this.#check('complete', id, inputs.COMPLETE, options);
    return (await this.#write()).complete(id, options);
  }

  /**
   * Fails work with the error's text.
   *
   * @returns the item: failed, or pending again where `retry` was asked for and attempts are left
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`
   */
  async fail(id: WorkId, options: inputs.FailOptions): Promise<TransitionResult> {
    this.#check('fail', id, inputs.FAIL, options);
    return (await this.#write()).fail(id, options);
  }

  /**
   * Proposes a held item as completed with `result`, for someone else to review. Its holder stays its holder.
   *
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`
   */
  async submit(id: WorkId, options: inputs.SubmitOptions = {}): Promise<TransitionResult> {
    return this.#act('submit', id, inputs.SUBMIT, options);
  }

  /**
   * Accepts work that is in review. Items that it blocked are unblocked in the same push.
   *
   * @throws LedgerError `NOT_OWNER` for who did the work; `ILLEGAL_TRANSITION`
   */
  async approve(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return this.#act('approve', id, inputs.REASONED, options);
  }

  /** Sends work back from review to its holder, who goes on in the same epoch. @throws LedgerError as `approve` */
  async reject(id: WorkId, options: inputs.Explained): Promise<TransitionResult> {
    return this.#act('reject', id, inputs.EXPLAINED, options);
  }

  /** Takes work back from review, by its holder, to go on with it. @throws LedgerError as `submit` */
  async withdraw(id: WorkId, options: inputs.HoldingReasoned = {}): Promise<TransitionResult> {
    return this.#act('withdraw', id, inputs.HOLDING_REASONED, options);
  }

  /**
   * Puts failed work back to pending, to be taken after `not_before`. Where that is left out, the wait grows with the attempts:
   * between half and all of attempts⁴ seconds, an hour at most.
   *
   * @throws LedgerError `ILLEGAL_TRANSITION` past `max_attempts` unless `reset`
   */
  async retry(id: WorkId, options: inputs.RetryOptions = {}): Promise<TransitionResult> {
    this.#check('retry', id, inputs.RETRY, options);
    return (await this.#write()).retry(id, options);
  }

  /** Puts finished work back to pending. */
  async reopen(id: WorkId, options: inputs.Explained): Promise<TransitionResult> {
    return this.#act('reopen', id, inputs.EXPLAINED, options);
  }

  /**
   * Cancels open work.
   *
   * @throws LedgerError `NOT_OWNER` for anyone but its creator and its owner; who is not its creator proves a claim as a holder
   */
  async cancel(id: WorkId, options: inputs.HoldingReasoned = {}): Promise<TransitionResult> {
    return this.#act('cancel', id, inputs.HOLDING_REASONED, options);
  }

  /** Removes a finished item's file; its history stays, and its id is never given again. @throws LedgerError `STILL_REFERENCED` */
  async delete(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return this.#act('delete', id, inputs.REASONED, options);
  }

  /**
   * Asks the remote, and gives back work whose holder was silent for a lease, with the evidence in the commit. What has no
   * attempt left fails as exhausted, and an escalation is opened. Whose holder moved meanwhile is left alone.
   *
   * @returns the items that are pending again, or failed
   */
  async recover(options: inputs.RecoverOptions = {}): Promise<RecoveredWork[]> {
    checkCall(this.#connection, 'recover', {}, inputs.RECOVER, options);
    const { actor, signal, liveness } = options;
    const [{ recoverOrphans }, { findOrphans }] = await Promise.all([
      import('./recover.ts'),
      import('./orphans.ts'),
    ]);
    signal?.throwIfAborted();
    if (modeOf(this.#connection) === 'push') await (await this.#write()).fetch(signal);
    const orphans: OrphanedWork[] = await findOrphans(this.#connection, liveness);
    return orphans.length === 0 ? [] : recoverOrphans(this.#connection, this, orphans, { actor, signal });
  }

  /**
   * Makes claims this clone's own again that are set aside since it has a new name: those of `ids`, or all that the actor still
   * holds. For whoever knows that the work goes on here and nowhere else.
   *
   * @throws LedgerError `NOT_FOUND` where nothing of an id is set aside
   */
  async adopt(ids?: readonly WorkId[], options: inputs.Asked = {}): Promise<SetAside[]> {
    checkCall(
      this.#connection,
      'adopt',
      { ids: [orNull(listOf(text)), ids ?? null] },
      inputs.ASKING,
      options,
    );
    const { adoptClaims } = await import('./resume.ts');
    return adoptClaims(this.#connection, ids, options.actor);
  }

  /**
   * Runs many commands: a commit for each that is legal, one push for all. One that is not does not stop the others, unless
   * they are `atomic`.
   *
   * @param commands as `command` makes them; one may be a function of the outcomes of those before it
   * @returns an outcome for each command, in order
   */
  async batch(commands: readonly Planned[], options: inputs.BatchOptions = {}): Promise<Outcome[]> {
    checkCall(this.#connection, 'batch', { commands: [listOf(COMMAND), commands] }, inputs.BATCH, options);
    return (await this.#write()).run(commands, options);
  }

  /**
   * Any verb of an item that is there, by its name: what a verb without a method of its own is asked with. Where it has one, that
   * does more, such as refusing a claim that is not shared.
   *
   * @param input its own part of the command, as `VerbInput` has it
   */
  async act<V extends Exclude<Verb, 'create' | 'import'>>(
    verb: V,
    id: WorkId,
    input: Omit<VerbInput[V], 'id'>,
    options: inputs.Acting = {},
  ): Promise<TransitionResult> {
    const values = { id: [text, id], input: [map(), input] } as const;
    checkCall(this.#connection, 'act', values, inputs.ACTING, options);
    const { verbsThat } = await import('../domain/verbs.ts');
    const changing = verbsThat(({ from }) => !from.includes('none'));
    checkArgument('act', 'verb', oneOf([...changing]), verb);
    return (await this.#write()).act(verb, id, input, options);
  }

  /** A command for `batch`, with who asks, when, and the transition's own name filled in; `batch` holds it against the rules. */
  command<V extends Verb>(verb: V, input: VerbInput[V], actor?: string): Command {
    const values = {
      verb: [text, verb],
      input: [map(), input],
      actor: [orNull(text), actor ?? null],
    } as const;
    checkCall(this.#connection, 'command', values);
    return { ...requestBy(this.#connection, actor), verb, ...input } as unknown as Command;
  }

  #check(call: string, id: WorkId, table: Parameters<typeof checkOptions>[1], options: object): void {
    checkCall(this.#connection, call, { id: [text, id] }, table, options);
  }

  /** A verb whose input is its options. */
  async #act<V extends Verb>(
    verb: V,
    id: WorkId,
    table: Parameters<typeof checkOptions>[1],
    options: inputs.Acting,
  ): Promise<TransitionResult> {
    this.#check(verb, id, table, options);
    const { actor, signal, ...input } = options;
    const call = { actor, signal };
    return (await this.#write()).act(verb, id, input as unknown as Omit<VerbInput[V], 'id'>, call);
  }

  /** Loaded by the first transition: a question needs none of it. */
  #write(): Promise<Writer> {
    this.#writer ??= import('./writer.ts').then(({ Writer: Made }) => new Made(this.#connection));
    return this.#writer;
  }
}

const COMMAND = {
  what: 'a command, or a function that gives one',
  needed: false,
  is: (value: unknown) => typeof value === 'function' || (typeof value === 'object' && value !== null),
};
