import { newOp, randomSuffix } from '../codec/op.ts';
import { backoffMs, isExhausted } from '../domain/attempts.ts';
import type { CheckpointInput, Command, Fence, Request, VerbInput, WorkPatch } from '../domain/commands.ts';
import type { SettingsPatch } from '../domain/configure.ts';
import { LedgerError } from '../domain/errors.ts';
import { idDate, type WorkId } from '../domain/ids.ts';
import { type JsonMap, WORK_STATUSES, type WorkItem } from '../domain/item.ts';
import { actorSchema } from '../domain/item-schema.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import type { Verb } from '../domain/transitions.ts';
import { parseInput } from '../domain/validate.ts';
import { isActorName } from '../domain/values.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { RejectedTransition } from '../sync/rejected.ts';
import type {
  Acting,
  ClaimOptions,
  CreateInput,
  Holding,
  LedgerStatus,
  RecoverOptions,
  RetryOptions,
  SyncReport,
} from './calls.ts';
import { currentTip } from './connection.ts';
import { LedgerQueries } from './queries.ts';
import type { RecoveredWork } from './recover.ts';
import { itemOf, type TransitionResult, toResult } from './results.ts';

type Input<V extends Verb> = Omit<VerbInput[V], 'id'>;

/**
 * The ledger of one clone: every transition and every question. Opened with `openLedger`.
 *
 * A transition returns when the shared remote has it (mode `push`), or when this clone has it (`local`, or no remote). A race
 * that someone else won is a value, `{ ok: false }`; a caller's mistake is a thrown `LedgerError`. Besides its own errors,
 * every transition can throw `REMOTE_UNREACHABLE` (`details.saved` waits for the next sync, `details.withdrawn` was not
 * made), `CONTENDED`, `HISTORY_REWRITTEN`, `STORAGE_FAILED`, `PERMISSION_DENIED`, and `NOT_FOUND` for an id that no item has.
 */
export class WorkLedger extends LedgerQueries {
  /** When a transition's call returns: `none` where there is no remote. */
  get mode(): LedgerStatus['mode'] {
    return this.connection.remote === null ? 'none' : this.connection.mode;
  }

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

  async #create({ created_by, ...fields }: CreateInput): Promise<TransitionResult> {
    return toResult(await this.#one({ ...this.#request(created_by), verb: 'create', fields }));
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

  /** Names who may claim a pending item; without `owner` anyone may again. */
  assignWork(
    id: WorkId,
    owner: string | undefined,
    by: Acting & { reason?: string } = {},
  ): Promise<TransitionResult> {
    const name = owner === undefined ? undefined : toActor(owner, 'owner');
    return this.#act('assign', id, { owner: name, reason: by.reason }, by.actor);
  }

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
    return this.#end(id, owner, this.#act('release', id, rest, owner));
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
    return this.#act('block', id, rest, actor);
  }

  /** Unblocks: back to in progress where it is held, else to pending. */
  unblockWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.#act('unblock', id, rest, actor);
  }

  /**
   * Completes work. Items that it blocked are unblocked in the same push.
   *
   * @param options `claim` claims a ready item that nobody holds first; `confirm_delete` lets a ledger whose `on_complete` is
   *   `delete` remove the file: history stays
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION`
   */
  async completeWork(
    id: WorkId,
    options: Holding & {
      result?: JsonMap | undefined;
      claim?: boolean | undefined;
      confirm_delete?: boolean | undefined;
    } = {},
  ): Promise<TransitionResult> {
    const { owner, result, claim, confirm_delete, ...fence } = options;
    const commands: Planned[] = [this.#command('complete', id, { result, ...fence }, owner)];
    // Who says in which epoch it works holds the item already, or held it.
    const item = claim && fence.epoch === undefined ? await this.findWork(id) : undefined;
    if (item?.status === 'pending') {
      const execution_id = fence.execution_id ?? newExecution();
      commands.unshift(this.#command('claim', id, { execution_id }, owner));
    }
    const done = commands.length - 1;
    if (confirm_delete && (await this.settings()).on_complete === 'delete') {
      commands.push(this.#command('delete', id, { reason: 'completed' }, owner));
    }
    const outcomes = await this.#submit(commands, true);
    const lost = outcomes.slice(0, done).find(({ kind }) => kind === 'lost');
    return this.#end(id, owner, toResult(lost ?? outcomes[done]));
  }

  /**
   * Fails work with the error's text.
   *
   * @param options `retry` puts it back to pending in the same push where attempts are left, to be taken after a while that
   *   grows with them
   * @returns the item: failed, or pending again
   * @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`
   */
  async failWork(
    id: WorkId,
    options: Holding & { error: string; retry?: boolean | undefined },
  ): Promise<TransitionResult> {
    const { owner, retry, ...rest } = options;
    const commands = [this.#command('fail', id, rest, owner)];
    if (retry) {
      const item = await this.requireWork(id);
      const again = { not_before: this.#later(item), reason: lineOf(rest.error) };
      if (!isExhausted(item, await this.settings())) commands.push(this.#command('retry', id, again, owner));
    }
    const outcomes = await this.#submit(commands, true);
    const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
    return this.#end(id, owner, toResult(failed ?? outcomes.at(-1)));
  }

  /**
   * Puts failed work back to pending, to be taken after `not_before`; `null` is at once. Where it is left out, the wait grows
   * with the attempts: between half and all of attempts⁴ seconds, an hour at most.
   *
   * @throws LedgerError `ILLEGAL_TRANSITION` past `max_attempts` unless `reset`, which counts attempts anew
   */
  async retryWork(id: WorkId, options: RetryOptions = {}): Promise<TransitionResult> {
    const { actor, not_before, reset, reason } = options;
    const item = await this.requireWork(id);
    const later = not_before === undefined && !reset ? this.#later(item) : (not_before ?? undefined);
    const why = reason ?? lineOf(item.error);
    return this.#act('retry', id, { not_before: later, reset, reason: why }, actor);
  }

  #later({ attempts }: WorkItem): string {
    const { clock } = this.connection;
    return new Date(clock.now().getTime() + backoffMs(attempts, clock.random())).toISOString();
  }

  /** Cancels open work. @throws LedgerError `NOT_OWNER` for anyone but its creator and its owner */
  cancelWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.#end(id, actor, this.#act('cancel', id, rest, actor));
  }

  /** Puts finished work back to pending. */
  reopenWork(id: WorkId, options: Acting & { reason: string }): Promise<TransitionResult> {
    const { actor, reason } = options;
    return this.#act('reopen', id, { reason: requireText(reason, 'reason') }, actor);
  }

  /** Changes fields that no other verb owns. Lists change by members, so that edits of two clones add up. */
  updateWork(id: WorkId, patch: WorkPatch, by: Acting = {}): Promise<TransitionResult> {
    return this.#act('update', id, { patch }, by.actor);
  }

  /** Adds a comment. */
  commentOn(id: WorkId, body: string, by: Acting = {}): Promise<TransitionResult> {
    return this.#act('comment', id, { body }, by.actor);
  }

  /** Records where to resume, and renews the lease. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  checkpointWork(id: WorkId, checkpoint: CheckpointInput, options: Holding = {}): Promise<TransitionResult> {
    const { owner, ...fence } = options;
    return this.#act('checkpoint', id, { checkpoint, ...fence }, owner);
  }

  /** Names the execution that works on a held item; earlier ones are stale from then on. */
  async linkExecution(id: WorkId, execution_id: string, options: Holding = {}): Promise<TransitionResult> {
    const input = { link: execution_id, epoch: options.epoch };
    return this.#hold(await this.#act('link_execution', id, input, options.owner));
  }

  /** Removes a finished item's file; its history stays, and its id is never given again. @throws LedgerError `STILL_REFERENCED` */
  deleteWork(id: WorkId, options: Acting & { reason?: string | undefined } = {}): Promise<TransitionResult> {
    const { actor, ...rest } = options;
    return this.#act('delete', id, rest, actor);
  }

  /**
   * Asks the remote, and gives back work whose holder gave no sign of life for a lease, with the evidence in the commit. What
   * has no attempt left fails as exhausted, and an escalation is opened. Whose holder gave a sign meanwhile is left alone.
   *
   * @param options `signs` tells what is known of executions beside the ledger; without it, only history shows signs
   * @returns the items that are pending again, or failed
   */
  async recoverOrphanedWork({ actor, signs }: RecoverOptions = {}): Promise<RecoveredWork[]> {
    if (this.#publishes) await this.fetch();
    const orphans = await this.getOrphanedWork({ signs });
    if (orphans.length === 0) return [];
    const { recoverOrphans } = await import('./recover.ts');
    return recoverOrphans(this, orphans, actor);
  }

  /**
   * Runs many commands: a commit for each that is legal, one push for all. One that is not does not stop the others.
   *
   * @returns an outcome for each command, in order
   */
  batch(commands: readonly Planned[], options: { atomic?: boolean } = {}): Promise<Outcome[]> {
    return commands.length === 0 ? Promise.resolve([]) : this.#submit(commands, options.atomic ?? false);
  }

  /** A command for `batch`, with who asks, when, and the transition's own name filled in. */
  command<V extends Verb>(verb: V, input: VerbInput[V], actor?: string): Command {
    return { ...this.#request(actor), verb, ...input } as Command;
  }

  /** Changes settings that all clones share. @returns whether anything changed */
  async configure(patch: SettingsPatch, by: Acting = {}): Promise<boolean> {
    const [outcome] = await this.#submit([{ ...this.#request(by.actor), verb: 'configure', patch }], false);
    if (outcome?.kind === 'refused' || outcome?.kind === 'lost') throw outcome.error;
    return outcome?.kind === 'accepted';
  }

  /** Fetches, settles what is pending, and pushes it, with what follows from what a host merged. @throws LedgerError `NO_REMOTE`, `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN` */
  async sync(): Promise<SyncReport> {
    const settled = await (await this.connection.write()).sync.sync();
    const { followUps } = await import('./follow-ups.ts');
    await this.batch(await followUps(this));
    return {
      accepted: settled.filter(({ kind }) => kind === 'accepted').length,
      lost: settled.flatMap((one) =>
        one.kind === 'lost' ? [{ op: one.op, id: idIn(one.error), message: one.error.message }] : [],
      ),
      tip: await currentTip(this.connection),
    };
  }

  /** Takes over what others did, and pushes nothing. No-op without a remote. */
  async fetch(): Promise<void> {
    await (await this.connection.write()).sync.fetch();
  }

  /** Where this clone stands: tips, pending and rejected transitions, counts. Asks no one. */
  async status(): Promise<LedgerStatus> {
    const { branch, place } = this.connection;
    const { readCommits } = await import('../sync/pending.ts');
    const { store, context } = await this.connection.write();
    const { tip, fetched_at } = await this.asOf();
    const seen = context.remote && (await store.readRef(context.remote.seenRef));
    const shared = context.remote === undefined || seen === tip;
    const pending = shared ? [] : await readCommits(store, seen, tip);
    const counts = await this.read((view) => view.counts());
    const damaged = await this.damaged();
    return {
      place,
      branch,
      mode: this.mode,
      remote: this.remote,
      actor: this.actor,
      tip,
      seen: seen ?? null,
      fetched_at,
      pending: pending.map(({ op, command, event }) => ({
        op: op ?? null,
        verb: command?.verb ?? 'init',
        id: event?.id ?? null,
      })),
      rejected: (await store.listRefs('refs/work-ledger/rejected/')).length,
      counts: Object.fromEntries(WORK_STATUSES.map((status) => [status, counts.get(status) ?? 0])),
      damaged: damaged.length,
    };
  }

  /** Transitions of this clone that lost their race and are kept. */
  async rejected(): Promise<RejectedTransition[]> {
    const { listRejected } = await import('../sync/rejected.ts');
    return listRejected(await this.connection.store());
  }

  /** Tries a rejected transition again on the present tip, under its own name; where it takes place it is kept no longer. */
  async applyRejected(op: string): Promise<TransitionResult> {
    const entry = await this.#rejectedEntry(op);
    const { command } = entry.commit;
    if (command === undefined || command.verb === 'configure') {
      throw new LedgerError('INVALID_INPUT', `${entry.op} cannot be read as a transition of an item.`, {
        hint: `git show ${entry.ref}^ shows it.`,
      });
    }
    const result = toResult((await this.#submit([command], false))[0]);
    if (result.ok) await this.dropRejected(entry.op);
    return result;
  }

  /** Discards a rejected transition for good. */
  async dropRejected(op: string): Promise<RejectedTransition> {
    const entry = await this.#rejectedEntry(op);
    const store = await this.connection.store();
    await store.moveRef(entry.ref, await store.readRef(entry.ref), undefined);
    return entry;
  }

  async #rejectedEntry(op: string): Promise<RejectedTransition> {
    const all = await this.rejected();
    const matching = all.filter((entry) => entry.op === op || entry.id === op || entry.op.endsWith(op));
    const [entry] = matching;
    if (entry !== undefined && matching.length === 1) return entry;
    const code = entry === undefined ? 'NOT_FOUND' : 'AMBIGUOUS_ID';
    throw new LedgerError(code, `${matching.length} rejected transitions match ${op}.`, {
      hint: '`wl rejected` lists them.',
      details: { op, candidates: matching.map((one) => one.op) },
    });
  }

  async #take(verb: 'claim' | 'start', id: WorkId, options: ClaimOptions): Promise<TransitionResult> {
    const { owner, ttl_s, tentative } = options;
    const item = await this.findWork(id);
    const resumes = item?.status === 'blocked';
    if (!this.#publishes && this.remote !== null && !tentative && !resumes) {
      throw new LedgerError(
        'REMOTE_UNREACHABLE',
        'A claim is only yours once the remote has it, and this call is local.',
        {
          hint: `Leave out --offline, or ask for a tentative claim: wl ${verb} ${id} --tentative`,
          details: { id, saved: [], withdrawn: [id] },
        },
      );
    }
    // A holder takes up what it had; anyone else starts an execution of its own.
    const own = resumes && item?.owner === (owner ?? this.actor) ? item.claim?.execution_id : undefined;
    const execution_id = options.execution_id ?? own ?? newExecution();
    return this.#hold(await this.#act(verb, id, { execution_id, ttl_s }, owner));
  }

  /** Notes what this clone holds. */
  async #hold(result: TransitionResult): Promise<TransitionResult> {
    if (result.ok) (await this.executions()).remember(result.item);
    return result;
  }

  /** Forgets what this clone held. */
  async #end(
    id: WorkId,
    actor: string | undefined,
    ending: TransitionResult | Promise<TransitionResult>,
  ): Promise<TransitionResult> {
    const result = await ending;
    if (result.ok) (await this.executions()).forget(id, actor ?? this.actor);
    return result;
  }

  get #publishes(): boolean {
    return this.mode === 'push';
  }

  #request(actor: string | undefined): Request {
    const now = this.connection.clock.now();
    const name = actor === undefined ? this.actor : toActor(actor, 'actor');
    return { op: newOp(now), at: now.toISOString(), actor: name };
  }

  #command<V extends Verb>(verb: V, id: WorkId, input: Input<V>, actor: string | undefined): Command {
    return { ...this.#request(actor), verb, id, ...input } as unknown as Command;
  }

  async #act<V extends Verb>(
    verb: V,
    id: WorkId,
    input: Input<V>,
    actor: string | undefined,
  ): Promise<TransitionResult> {
    return toResult(await this.#one(this.#command(verb, id, input, actor)));
  }

  async #one(command: Command): Promise<Outcome | undefined> {
    return (await this.#submit([command], false))[0];
  }

  async #submit(commands: readonly Planned[], atomic: boolean): Promise<Outcome[]> {
    const { sync, context } = await this.connection.write();
    const planned = this.mode === 'local' ? await this.#withOfflineIds(commands) : commands;
    const outcomes = await sync.submit({ commands: planned, atomic }, this.#publishes);
    if (!outcomes.some(({ kind }) => kind === 'refused')) return outcomes;
    const { keepRefused } = await import('./refused.ts');
    return keepRefused(context, planned, outcomes);
  }

  /** Nobody can be asked for the next number, so a new item's id is one that no other clone can draw. */
  async #withOfflineIds(commands: readonly Planned[]): Promise<Planned[]> {
    const { id_prefix } = await this.settings();
    const fill = (command: LedgerCommand): LedgerCommand =>
      command.verb === 'create' && command.id === undefined
        ? { ...command, id: `${id_prefix}-${idDate(command.at)}-${randomSuffix()}` }
        : command;
    return commands.map((planned) =>
      typeof planned === 'function' ? (earlier) => fill(planned(earlier)) : fill(planned),
    );
  }
}

const toActor = (name: string, what: string): string =>
  isActorName(name) ? name : parseInput(actorSchema, name, what);

/** An error in a line, for the commit that tries again: what failed stands nowhere else then. */
const lineOf = (error: string | undefined): string | undefined => error && toSafeLine(error, REASON_LENGTH);

const newExecution = (): string => `exec-${randomSuffix()}`;

function requireText(text: string, what: string): string {
  if (text.trim() !== '') return text;
  throw new LedgerError('INVALID_INPUT', `A ${what} is required.`);
}

const idIn = (error: LedgerError): WorkId | undefined =>
  typeof error.details.id === 'string' ? error.details.id : undefined;
