import { map, orNull, text } from '../domain/check-input.ts';
import type { Command } from '../domain/commands.ts';
import type { ExecutionId, WorkId } from '../domain/ids.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import type { Verb, VerbInput } from '../domain/verbs.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import { type Connection, checkCall, requestBy } from './connection.ts';
import type { SetAside } from './executions.ts';
import type { Asked } from './inputs.ts';
import type { RecoveredWork } from './recover.ts';
import type { TransitionResult } from './results.ts';
import type * as inputs from './transition-inputs.ts';
import type { Writer } from './writer.ts';

/**
 * Every transition of an item, by the name of its verb.
 *
 * A transition returns when the shared remote has it (mode `push`), or when this clone has it (`local`, or no remote). A race
 * that someone else won is a value, `{ ok: false }`; a caller's mistake is a thrown `LedgerError`. Besides its own errors,
 * every transition can throw `INVALID_INPUT`, `NOT_FOUND` for an id that no item has, `REMOTE_UNREACHABLE` (`details.saved` waits
 * for the next sync, `details.sent` was taken where pushes go and is not read yet, `details.withdrawn` was not made),
 * `REMOTE_STALE`, `PUSH_DENIED`, `CONTENDED`, `HISTORY_REWRITTEN`, `STORAGE_FAILED`, `PERMISSION_DENIED`, and `TIMED_OUT` for a call that its
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
   * `idempotency_key` under which the same was asked for before, that item is returned, without a commit, whatever became of it.
   *
   * @throws LedgerError `KEY_USED` for a key under which something else was asked for, naming its item; `UNKNOWN_REFERENCE` and `DEPENDENCY_CYCLE` for its parent and dependencies
   */
  async create(input: inputs.CreateInput): Promise<TransitionResult> {
    return (await this.#write()).create(input);
  }

  /** Names who may claim a pending item; without `owner` anyone may again. */
  async assign(
    id: WorkId,
    owner: string | null | undefined,
    options: inputs.Reasoned = {},
  ): Promise<TransitionResult> {
    return (await this.#write()).assign(id, owner, options);
  }

  /** Changes fields that no other verb owns. Lists change by members, so that edits of two clones add up. */
  async update(id: WorkId, patch: WorkPatch, options: inputs.Changing = {}): Promise<TransitionResult> {
    return (await this.#write()).update(id, patch, options);
  }

  /** Says which criteria of acceptance are met, and which are open after all, by their texts. Two clones' answers add up. */
  async accept(
    id: WorkId,
    criteria: inputs.AcceptInput,
    options: inputs.Changing = {},
  ): Promise<TransitionResult> {
    return (await this.#write()).accept(id, criteria, options);
  }

  /** Adds a comment. */
  async comment(id: WorkId, body: string, options: inputs.Changing = {}): Promise<TransitionResult> {
    return (await this.#write()).comment(id, body, options);
  }

  /**
   * Claims a pending item: raises its epoch, starts its lease, and makes the actor its only holder once the remote agrees.
   *
   * @returns the item with its last checkpoint, or the lost race that names the holder
   * @throws LedgerError `NOT_READY` with what it waits for; `NOT_OWNER` where it is assigned to someone else; `LIMIT_REACHED`;
   *   `REMOTE_UNREACHABLE`: a claim means nothing until the remote has it
   */
  async claim(id: WorkId, options: inputs.ClaimOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).acquire('claim', id, options);
  }

  /** Starts work: claims a pending item, or takes up a blocked one again as its owner. As `claim`. */
  async start(id: WorkId, options: inputs.ClaimOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).acquire('start', id, options);
  }

  /** Gives an item back to pending; its checkpoint stays. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async release(id: WorkId, options: inputs.HoldingReasoned = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('release', id, options);
  }

  /** Records where to resume, and renews the lease. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async checkpoint(
    id: WorkId,
    checkpoint: inputs.CheckpointInput,
    options: inputs.Holding = {},
  ): Promise<TransitionResult> {
    return (await this.#write()).checkpoint(id, checkpoint, options);
  }

  /** Names the execution that works on a held item; earlier ones are stale from then on. */
  async linkExecution(
    id: WorkId,
    execution_id: ExecutionId,
    options: inputs.Holding = {},
  ): Promise<TransitionResult> {
    return (await this.#write()).linkExecution(id, execution_id, options);
  }

  /**
   * Blocks an item for a reason. With a `blocker_id` it is unblocked by itself when that item completes.
   *
   * @throws LedgerError `NOT_OWNER` where someone else holds it, unless `force`; `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE`
   */
  async block(id: WorkId, options: inputs.BlockOptions): Promise<TransitionResult> {
    return (await this.#write()).plain('block', id, options);
  }

  /** Unblocks: back to in progress where it is held, else to pending. */
  async unblock(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('unblock', id, options);
  }

  /**
   * Completes work. Items that it blocked are unblocked in the same push.
   *
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`, `REVIEW_REQUIRED`, `CRITERIA_OPEN`
   */
  async complete(id: WorkId, options: inputs.CompleteOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).complete(id, options);
  }

  /**
   * Fails work with the error's text.
   *
   * @returns the item: failed, or pending again where `retry` was asked for and attempts are left
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`
   */
  async fail(id: WorkId, options: inputs.FailOptions): Promise<TransitionResult> {
    return (await this.#write()).fail(id, options);
  }

  /**
   * Proposes a held item as completed with `result`, for someone else to review. Its holder stays its holder.
   *
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`
   */
  async submit(id: WorkId, options: inputs.SubmitOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('submit', id, options);
  }

  /**
   * Accepts work that is in review. Items that it blocked are unblocked in the same push.
   *
   * @throws LedgerError `NOT_OWNER` for who did the work; `ILLEGAL_TRANSITION`
   */
  async approve(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('approve', id, options);
  }

  /** Sends work back from review to its holder, who goes on in the same epoch. @throws LedgerError as `approve` */
  async reject(id: WorkId, options: inputs.Explained): Promise<TransitionResult> {
    return (await this.#write()).plain('reject', id, options);
  }

  /** Takes work back from review, by its holder, to go on with it. @throws LedgerError as `submit` */
  async withdraw(id: WorkId, options: inputs.HoldingReasoned = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('withdraw', id, options);
  }

  /**
   * Puts failed work back to pending, to be taken after `not_before`. Where that is left out, the wait grows with the attempts:
   * between half and all of attempts⁴ seconds, an hour at most.
   *
   * @throws LedgerError `ILLEGAL_TRANSITION` past `max_attempts` unless `reset`
   */
  async retry(id: WorkId, options: inputs.RetryOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).retry(id, options);
  }

  /** Puts finished work back to pending. */
  async reopen(id: WorkId, options: inputs.Explained): Promise<TransitionResult> {
    return (await this.#write()).plain('reopen', id, options);
  }

  /**
   * Cancels open work; with `cascade` its open parts as well. Parts that stay open are not ready any more.
   *
   * @throws LedgerError `NOT_OWNER` for anyone but its creator and its owner; who is not its creator proves a claim as a holder
   */
  async cancel(id: WorkId, options: inputs.CancelOptions = {}): Promise<TransitionResult> {
    return (await this.#write()).cancel(id, options);
  }

  /** Removes a finished item's file; its history stays, and its id is never given again. @throws LedgerError `STILL_REFERENCED` */
  async delete(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return (await this.#write()).plain('delete', id, options);
  }

  /**
   * Asks the remote, and gives back work whose holder was silent for a lease, with the evidence in the commit. What has no
   * attempt left fails as exhausted, and an escalation is opened. Whose holder moved meanwhile is left alone.
   *
   * @returns the items that are pending again, or failed
   */
  async recover(options: inputs.RecoverOptions = {}): Promise<RecoveredWork[]> {
    const [{ recover }, { oneCall }] = await Promise.all([import('./recover.ts'), import('./in-time.ts')]);
    const call = oneCall(this.#connection);
    return recover(call, new LedgerWork(call), options);
  }

  /**
   * Makes claims this clone's own again that are set aside since it has a new name: those of `ids`, or all that the actor still
   * holds. For whoever knows that the work goes on here and nowhere else.
   *
   * @throws LedgerError `NOT_FOUND` where nothing of an id is set aside
   */
  async adopt(ids?: readonly WorkId[], options: Asked = {}): Promise<SetAside[]> {
    const { adoptClaims } = await import('./resume.ts');
    return adoptClaims(this.#connection, ids, options);
  }

  /**
   * Runs many commands: a commit for each that is legal, one push for all. One that is not does not stop the others, unless
   * they are `atomic`.
   *
   * @param commands as `command` makes them; one may be a function of the outcomes of those before it
   * @returns an outcome for each command, in order
   */
  async batch(commands: readonly Planned[], options: inputs.BatchOptions = {}): Promise<Outcome[]> {
    const { batch } = await import('./batch.ts');
    return batch(this.#connection, commands, options);
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
    options: inputs.Changing = {},
  ): Promise<TransitionResult> {
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

  /** Loaded by the first transition: a question needs none of it. */
  #write(): Promise<Writer> {
    this.#writer ??= import('./writer.ts').then(({ Writer: Made }) => new Made(this.#connection));
    return this.#writer;
  }
}
