import { type Draw, randomSuffix } from '../codec/op.ts';
import type { Command, Fence } from '../domain/commands.ts';
import { LedgerError } from '../domain/errors.ts';
import { backoffMs, isExhausted } from '../domain/holding.ts';
import { idDate, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { REASON_LENGTH, toSafeLine } from '../domain/text.ts';
import { mayDeleteAtOnce } from '../domain/verbs/delete.ts';
import { isVerb, VERBS, type Verb, type VerbInput } from '../domain/verbs.ts';
import type { LedgerStore } from '../store/port.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned, Progress } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { SyncContext } from '../sync/ports.ts';
import { Synchronizer } from '../sync/synchronizer.ts';
import { type Connection, known, modeOf, readNow, requestBy, toActor } from './connection.ts';
import { executionsOf } from './executions.ts';
import { givenUp, raced } from './giving-up.ts';
import type {
  BatchOptions,
  ClaimOptions,
  CompleteOptions,
  CreateInput,
  FailOptions,
  RetryOptions,
} from './inputs.ts';
import { Proofs } from './proofs.ts';
import { type TransitionResult, toResult } from './results.ts';

/** What makes transitions, and brings them to the remote. */
export interface WritePath {
  store: LedgerStore;
  context: SyncContext;
  sync: Synchronizer;
}

export function makeWritePath(parts: Omit<SyncContext, 'randomSuffix'>, draw: Draw): WritePath {
  const context: SyncContext = { ...parts, randomSuffix: () => randomSuffix(draw) };
  return { store: context.store, context, sync: new Synchronizer(context) };
}

type Input<V extends Verb> = Omit<VerbInput[V], 'id'>;

/** How a call is made: by whom, and until when it is waited for. */
interface Call {
  actor?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** How the transitions of one ledger are made: each verb that is more than one command, and what all of them come to. */
export class Writer {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** One command of an item. */
  async act<V extends Verb>(verb: V, id: WorkId, input: Input<V>, call: Call): Promise<TransitionResult> {
    const [outcome] = await this.run([this.#plan(verb, id, input, call)], call);
    return toResult(outcome);
  }

  /** Fetches, where there is a remote. */
  async fetch(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await raced((await this.#connection.write()).sync.fetch(), signal);
  }

  assign(
    id: WorkId,
    owner: string | undefined,
    reason: string | undefined,
    call: Call,
  ): Promise<TransitionResult> {
    const name = owner === undefined ? undefined : toActor(owner, 'owner');
    return this.act('assign', id, { owner: name, reason }, call);
  }

  /** @param input where it names a parent, that one's swarm, job and references are the item's, too */
  async create({ actor, created_by = actor, signal, ...fields }: CreateInput): Promise<TransitionResult> {
    const whole = fields.parent_id === undefined ? fields : await this.#inherit(fields.parent_id, fields);
    const command = { ...requestBy(this.#connection, created_by), verb: 'create', fields: whole } as Command;
    return toResult((await this.run([command], { signal }))[0]);
  }

  async #inherit(parent_id: WorkId, fields: CreateInput): Promise<CreateInput> {
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
  async acquire(verb: 'claim' | 'start', id: WorkId, options: ClaimOptions): Promise<TransitionResult> {
    const { actor = this.#connection.actor, ttl_s, tentative } = options;
    const item = await this.#find(id);
    const resumes = item?.status === 'blocked';
    if (modeOf(this.#connection) === 'local' && !tentative && !resumes) throw notShared(verb, id);
    const call = { ...options, actor };
    if (verb === 'claim' || !resumes || options.execution_id !== undefined) {
      return this.act(
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
    return this.act('start', id, { execution_id, ttl_s, unproven: own === undefined }, call);
  }

  async complete(id: WorkId, options: CompleteOptions): Promise<TransitionResult> {
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
    const outcomes = await this.run(commands, { atomic: true, signal });
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

  async fail(id: WorkId, { actor, signal, retry, ...rest }: FailOptions): Promise<TransitionResult> {
    const call = { actor, signal };
    const commands = [this.#plan('fail', id, rest, call)];
    if (retry) {
      const item = await this.#require(id);
      const again = { not_before: this.#later(item), reason: lineOf(rest.error) };
      const settings = await readNow(this.#connection, (view) => view.settings);
      if (!isExhausted(item, settings)) commands.push(this.#plan('retry', id, again, call));
    }
    const outcomes = await this.run(commands, { atomic: true, signal });
    const failed = outcomes.find(({ kind }) => kind === 'lost' || kind === 'refused');
    return toResult(failed ?? outcomes.at(-1));
  }

  async retry(id: WorkId, { not_before, reset, reason, ...call }: RetryOptions): Promise<TransitionResult> {
    const item = await this.#require(id);
    const later = not_before === undefined && !reset ? this.#later(item) : (not_before ?? undefined);
    const why = reason ?? lineOf(item.error);
    return this.act('retry', id, { not_before: later, reset, reason: why }, call);
  }

  #later({ attempts }: WorkItem): string {
    const { clock } = this.#connection;
    return new Date(clock.now().getTime() + backoffMs(attempts, clock.random())).toISOString();
  }

  /**
   * Commits what of the commands is legal, and shares it.
   *
   * @returns an outcome for each, in order
   */
  async run(
    commands: readonly Planned[],
    { signal, atomic = false, provisional }: BatchOptions = {},
  ): Promise<Outcome[]> {
    signal?.throwIfAborted();
    if (commands.length === 0) return [];
    requireVerbs(commands);
    const connection = this.#connection;
    const { sync, context } = await connection.write();
    const mode = modeOf(connection);
    const numbered = mode === 'local' ? await this.#withOfflineIds(commands) : commands;
    const proofs = await this.#prove(numbered);
    const planned = proofs.commands;
    const progress: Progress = { stage: 'waiting', signal };
    const done = sync.submit({ commands: planned, atomic, provisional, progress }, mode === 'push');
    // Whoever gives up its call has made its claims all the same.
    const noted = done.then((outcomes) => {
      proofs.note(outcomes);
      return outcomes;
    });
    const outcomes = await raced(noted, signal, () => givenUp(connection, progress, commands, noted));
    if (!outcomes.some(({ kind }) => kind === 'refused')) return outcomes;
    const { keepRefused } = await import('./refused.ts');
    return proofs.explain(await keepRefused(context, planned, outcomes));
  }

  /** Who names no claim acts on those that this clone made. */
  async #prove(commands: readonly Planned[]): Promise<Proofs> {
    const executions = executionsOf(this.#connection);
    for (const command of commands) {
      if (typeof command === 'function' || !('id' in command) || command.id === undefined) continue;
      const { id, actor } = command;
      if (executions.isInDoubt(id, actor)) executions.settle(await this.#find(id), actor);
    }
    return new Proofs(executions, this.#connection.clone, commands);
  }

  /** Nobody can be asked for the next number, so a new item's id is one that no other clone can draw. */
  async #withOfflineIds(commands: readonly Planned[]): Promise<Planned[]> {
    const { draw } = this.#connection;
    const { id_prefix } = await readNow(this.#connection, (view) => view.settings);
    const fill = (command: LedgerCommand): LedgerCommand =>
      command.verb === 'create' && command.id === undefined
        ? { ...command, id: `${id_prefix}-${idDate(command.at)}-${randomSuffix(draw)}` }
        : command;
    return commands.map((planned) =>
      typeof planned === 'function' ? (earlier) => fill(planned(earlier)) : fill(planned),
    );
  }

  #plan<V extends Verb>(verb: V, id: WorkId, input: Input<V>, { actor }: Call): Command {
    return { ...requestBy(this.#connection, actor), verb, id, ...input } as unknown as Command;
  }

  #find(id: WorkId): Promise<WorkItem | undefined> {
    return readNow(this.#connection, (view) => view.find(id));
  }

  #require(id: WorkId): Promise<WorkItem> {
    return readNow(this.#connection, (view) => known(view, id));
  }
}

/** @throws LedgerError `INVALID_INPUT` for a command of no verb */
function requireVerbs(commands: readonly Planned[]): void {
  for (const command of commands) {
    if (typeof command === 'function' || command.verb === 'configure' || isVerb(command.verb)) continue;
    const { verb } = command as { verb: unknown };
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(verb)} is no verb.`, {
      hint: `Verbs are: ${VERBS.join(', ')}.`,
    });
  }
}

const newExecution = ({ draw }: Connection): string => `exec-${randomSuffix(draw)}`;

const notShared = (verb: string, id: WorkId): LedgerError =>
  new LedgerError(
    'REMOTE_UNREACHABLE',
    'A claim is only yours once the remote has it, and this call is local.',
    {
      hint: `Leave out --offline, or ask for a tentative claim: wl ${verb} ${id} --tentative`,
      details: { id, saved: [], sent: [], withdrawn: [id] },
    },
  );

/** An error in a line, for the commit that tries again: what failed stands nowhere else then. */
const lineOf = (error: string | undefined): string | undefined => error && toSafeLine(error, REASON_LENGTH);
