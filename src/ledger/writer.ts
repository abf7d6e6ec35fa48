import { randomSuffix } from '../codec/op.ts';
import { checkArgument, checkOptions, map, oneOf, orNull, text } from '../domain/check-input.ts';
import { type Command, type Fence, SEEN } from '../domain/commands.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import { backoffMs, isExhausted } from '../domain/holding.ts';
import type { ExecutionId, WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import { mayDeleteAtOnce } from '../domain/verbs/delete.ts';
import type { WorkPatch } from '../domain/verbs/update.ts';
import { type Verb, type VerbInput, verbOf, verbsThat } from '../domain/verbs.ts';
import { openPartsOf } from '../query/tree.ts';
import type { Planned } from '../sync/local.ts';
import {
  type Connection,
  checkCall,
  known,
  modeOf,
  onlineHint,
  readNow,
  requestBy,
  toActor,
} from './connection.ts';
import { executionsOf } from './executions.ts';
import { type TransitionResult, toResult } from './results.ts';
import { submit } from './submit.ts';
import * as inputs from './transition-inputs.ts';

type Input<V extends Verb> = Omit<VerbInput[V], 'id'>;

/** Verbs whose input is the options of their call. */
const PLAIN = {
  release: inputs.HOLDING_REASONED,
  block: inputs.BLOCK,
  unblock: inputs.REASONED,
  submit: inputs.SUBMIT,
  approve: inputs.REASONED,
  reject: inputs.EXPLAINED,
  withdraw: inputs.HOLDING_REASONED,
  reopen: inputs.EXPLAINED,
  delete: inputs.REASONED,
};

/** Makes the transitions of one ledger: holds each call against what it takes, and makes commands of it. */
export class Writer {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @see LedgerWork.act */
  act<V extends Verb>(
    verb: V,
    id: WorkId,
    input: Input<V>,
    options: inputs.Changing,
  ): Promise<TransitionResult> {
    const values = { id: [text, id], input: [map(), input] } as const;
    checkCall(this.#connection, 'act', values, inputs.CHANGING, options);
    const changing = verbsThat(({ from }) => !from.includes('none'));
    checkArgument('act', 'verb', oneOf([...changing]), verb);
    checkOptions('act', { ...SEEN, ...verbOf(verb).input }, input);
    return this.#make(verb, id, input, options);
  }

  plain<V extends keyof typeof PLAIN>(
    verb: V,
    id: WorkId,
    options: inputs.Changing,
  ): Promise<TransitionResult> {
    this.#check(verb, id, PLAIN[verb], options);
    const { actor, signal, ...input } = options;
    return this.#make(verb, id, input as unknown as Input<V>, { actor, signal });
  }

  assign(id: WorkId, owner: string | null | undefined, options: inputs.Reasoned): Promise<TransitionResult> {
    const values = { id: [text, id], owner: [orNull(text), owner ?? null] } as const;
    checkCall(this.#connection, 'assign', values, inputs.REASONED, options);
    const { reason, ...call } = options;
    const name = owner == null ? undefined : toActor(owner, 'owner');
    return this.#make('assign', id, { owner: name, reason }, call);
  }

  update(id: WorkId, patch: WorkPatch, options: inputs.Changing): Promise<TransitionResult> {
    this.#check('update', id, inputs.CHANGING, options);
    checkOptions('update', inputs.PATCH, patch);
    for (const list of ['labels', 'dependencies', 'links'] as const) {
      if (patch[list] !== undefined) checkOptions('update', inputs.MEMBERS[list], patch[list]);
    }
    return this.#make('update', id, { patch }, options);
  }

  accept(id: WorkId, criteria: inputs.AcceptInput, options: inputs.Changing): Promise<TransitionResult> {
    this.#check('accept', id, inputs.CHANGING, options);
    checkOptions('accept', inputs.ACCEPT, criteria);
    return this.#make('accept', id, criteria, options);
  }

  comment(id: WorkId, body: string, options: inputs.Changing): Promise<TransitionResult> {
    checkCall(this.#connection, 'comment', { id: [text, id], body: [text, body] }, inputs.CHANGING, options);
    return this.#make('comment', id, { body }, options);
  }

  checkpoint(
    id: WorkId,
    checkpoint: inputs.CheckpointInput,
    options: inputs.Holding,
  ): Promise<TransitionResult> {
    this.#check('checkpoint', id, inputs.HOLDING, options);
    checkOptions('checkpoint', inputs.CHECKPOINT, checkpoint);
    const { actor, signal, ...fence } = options;
    const input = { checkpoint: checkpoint as VerbInput['checkpoint']['checkpoint'], ...fence };
    return this.#make('checkpoint', id, input, { actor, signal });
  }

  linkExecution(id: WorkId, execution_id: ExecutionId, options: inputs.Holding): Promise<TransitionResult> {
    const values = { id: [text, id], execution_id: [text, execution_id] } as const;
    checkCall(this.#connection, 'linkExecution', values, inputs.HOLDING, options);
    const { actor, signal, ...fence } = options;
    return this.#make('link_execution', id, { link: execution_id, ...fence }, { actor, signal });
  }

  /** Under a parent, that one's swarm, job and references are the item's, too. */
  async create(input: inputs.CreateInput): Promise<TransitionResult> {
    checkCall(this.#connection, 'create', {}, inputs.CREATE, input);
    const { actor, created_by = actor, signal, ...given } = input;
    const fields = given.parent_id === undefined ? given : await this.#inherit(given.parent_id, given);
    const command = { ...requestBy(this.#connection, created_by), verb: 'create', fields } as Command;
    const [outcome] = await submit(this.#connection, [command], { signal });
    if (outcome?.kind !== 'refused' || !isLedgerError(outcome.error, 'KEY_USED')) return toResult(outcome);
    const { madeBefore } = await import('./refused.ts');
    return (await madeBefore(this.#connection, outcome.error)) ?? toResult(outcome);
  }

  async #inherit(parent_id: WorkId, fields: inputs.CreateInput): Promise<inputs.CreateInput> {
    const parent = await this.#require(parent_id);
    const references = parent.context.references;
    return {
      ...fields,
      swarm_name: fields.swarm_name ?? parent.swarm_name,
      job_id: fields.job_id ?? parent.job_id,
      context: { ...(references === undefined ? {} : { references }), ...fields.context },
    };
  }

  /** A claim, or a start, which takes up a blocked item again as well. */
  async acquire(
    verb: 'claim' | 'start',
    id: WorkId,
    options: inputs.ClaimOptions,
  ): Promise<TransitionResult> {
    this.#check(verb, id, inputs.CLAIM, options);
    const { actor = this.#connection.actor, ttl_s, tentative } = options;
    const item = await this.#find(id);
    const resumes = item?.status === 'blocked';
    if (modeOf(this.#connection) === 'local' && !tentative && !resumes)
      throw notShared(this.#connection, verb, id);
    const call = { ...options, actor };
    if (verb === 'claim' || !resumes || options.execution_id !== undefined) {
      return this.#make(
        verb,
        id,
        { execution_id: options.execution_id ?? newExecution(this.#connection), ttl_s },
        call,
      );
    }
    // A holder takes up what it claimed here; anyone else starts an execution of its own, where nobody holds it.
    const executions = executionsOf(this.#connection);
    executions.settle(item, actor);
    const own = executions.of(id, actor);
    const execution_id = own?.execution_id ?? newExecution(this.#connection);
    return this.#make('start', id, { execution_id, ttl_s, unproven: own === undefined }, call);
  }

  async complete(id: WorkId, options: inputs.CompleteOptions): Promise<TransitionResult> {
    this.#check('complete', id, inputs.COMPLETE, options);
    const { actor = this.#connection.actor, signal, result, claim, confirm_delete, ...fence } = options;
    const call = { actor, signal };
    const commands: Planned[] = [this.#plan('complete', id, { result, ...fence }, call)];
    if (claim && (await this.#isFree(id, fence, actor))) {
      const execution_id = fence.execution_id ?? newExecution(this.#connection);
      commands.unshift(this.#plan('claim', id, { execution_id }, call));
    }
    const done = commands.length - 1;
    if (confirm_delete && (await this.#deletes(id, actor))) {
      commands.push(this.#plan('delete', id, { reason: 'completed' }, call));
    }
    const outcomes = await submit(this.#connection, commands, { atomic: true, signal });
    const lost = outcomes.slice(0, done).find(({ kind }) => kind === 'lost');
    return toResult(lost ?? outcomes[done]);
  }

  /** Who says in which epoch it works holds the item already, or held it; and so does whose claim of here was superseded. */
  async #isFree(id: WorkId, { epoch, execution_id }: Fence, actor: string): Promise<boolean> {
    const item = epoch === undefined ? await this.#find(id) : undefined;
    if (item?.status !== 'pending') return false;
    const made = executionsOf(this.#connection).of(id, actor);
    if (made === undefined || made.epoch === item.claim?.epoch) return true;
    return execution_id !== undefined && execution_id !== made.execution_id;
  }

  /** Whether this ledger deletes what is completed, and its policy lets the actor do it now. */
  async #deletes(id: WorkId, actor: string): Promise<boolean> {
    const settings = await readNow(this.#connection, (view) => view.settings);
    if (settings.on_complete !== 'delete') return false;
    const item = await this.#find(id);
    return item !== undefined && mayDeleteAtOnce(settings, actor, item);
  }

  async fail(id: WorkId, options: inputs.FailOptions): Promise<TransitionResult> {
    this.#check('fail', id, inputs.FAIL, options);
    const { actor, signal, retry, ...rest } = options;
    const call = { actor, signal };
    const commands = [this.#plan('fail', id, rest, call)];
    if (retry) {
      const item = await this.#require(id);
      const again = { not_before: this.#later(item), reason: lineOf(rest.error) };
      const settings = await readNow(this.#connection, (view) => view.settings);
      if (!isExhausted(item, settings)) commands.push(this.#plan('retry', id, again, call));
    }
    const connection = (await import('./in-time.ts')).oneCall(this.#connection);
    const both = await submit(connection, commands, { atomic: true, signal });
    // Where it cannot be pending again, it has failed all the same.
    const refused = commands.length > 1 && both[0]?.kind === 'refused';
    const outcomes = refused ? await submit(connection, commands.slice(0, 1), { signal }) : both;
    const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
    return toResult(failed ?? outcomes.at(-1));
  }

  /** With its open parts where that is asked for: all of them, or none. */
  async cancel(id: WorkId, options: inputs.CancelOptions): Promise<TransitionResult> {
    this.#check('cancel', id, inputs.CANCEL, options);
    const { actor, signal, if_rev, cascade, ...input } = options;
    const parts = cascade ? await readNow(this.#connection, (view) => openPartsOf(view, id)) : [];
    const commands = [
      ...parts.map((part) => this.#plan('cancel', part, { reason: input.reason }, { actor })),
      this.#plan('cancel', id, input, { actor, if_rev }),
    ];
    const outcomes = await submit(this.#connection, commands, { atomic: true, signal });
    const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
    return toResult(failed ?? outcomes.at(-1));
  }

  async retry(id: WorkId, options: inputs.RetryOptions): Promise<TransitionResult> {
    this.#check('retry', id, inputs.RETRY, options);
    const { not_before, reset, reason, ...call } = options;
    const item = await this.#require(id);
    const later = not_before === undefined && !reset ? this.#later(item) : (not_before ?? undefined);
    const why = reason ?? lineOf(item.error);
    return this.#make('retry', id, { not_before: later, reset, reason: why }, call);
  }

  #later({ attempts }: WorkItem): string {
    const { clock } = this.#connection;
    return new Date(clock.now().getTime() + backoffMs(attempts, clock.random())).toISOString();
  }

  #check(call: string, id: WorkId, table: Parameters<typeof checkOptions>[1], options: object): void {
    checkCall(this.#connection, call, { id: [text, id] }, table, options);
  }

  /** One command of an item. */
  async #make<V extends Verb>(
    verb: V,
    id: WorkId,
    input: Input<V>,
    call: inputs.Changing,
  ): Promise<TransitionResult> {
    const [outcome] = await submit(this.#connection, [this.#plan(verb, id, input, call)], call);
    return toResult(outcome);
  }

  #plan<V extends Verb>(verb: V, id: WorkId, input: Input<V>, { actor, if_rev }: inputs.Changing): Command {
    return { ...requestBy(this.#connection, actor), if_rev, verb, id, ...input } as unknown as Command;
  }

  #find(id: WorkId): Promise<WorkItem | undefined> {
    return readNow(this.#connection, (view) => view.find(id));
  }

  #require(id: WorkId): Promise<WorkItem> {
    return readNow(this.#connection, (view) => known(view, id));
  }
}

const newExecution = ({ draw }: Connection): string => `exec-${randomSuffix(draw)}`;

const notShared = (connection: Connection, verb: string, id: WorkId): LedgerError =>
  new LedgerError(
    'REMOTE_UNREACHABLE',
    'A claim is only yours once the remote has it, and this call is local.',
    {
      hint: `${onlineHint(connection)} Or ask for a tentative claim: wl ${verb} ${id} --tentative`,
      details: { id, saved: [], sent: [], withdrawn: [id] },
    },
  );

/** An error in a line, for the commit that tries again: what failed stands nowhere else then. */
const lineOf = (error: string | undefined): string | undefined => error && toSafeLine(error, REASON_LENGTH);
