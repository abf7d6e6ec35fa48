import { newOp, randomSuffix } from '../codec/op.ts';
import type { Command, Request } from '../domain/commands.ts';
import { idDate, type WorkId } from '../domain/ids.ts';
import { schemaOf } from '../domain/item-schema.ts';
import { actor } from '../domain/kinds.ts';
import { parseInput } from '../domain/schema.ts';
import { isActorName } from '../domain/values.ts';
import type { Verb, VerbInput } from '../domain/verbs.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Group, Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { Proofs } from './executions.ts';
import type { LedgerStatus } from './inputs.ts';
import { LedgerQueries } from './queries.ts';
import { type TransitionResult, toResult } from './results.ts';

type Input<V extends Verb> = Omit<VerbInput[V], 'id'>;

/** How transitions are asked for: as commands, one or several. What each verb takes is told by the classes that build on it. */
export class LedgerWriter extends LedgerQueries {
  /** When a transition's call returns: `none` where there is no remote. */
  get mode(): LedgerStatus['mode'] {
    return this.connection.remote === null ? 'none' : this.connection.mode;
  }

  /**
   * Runs many commands: a commit for each that is legal, one push for all. One that is not does not stop the others.
   *
   * @param options `provisional`: a numbered id of a new item that is taken is given up for the next, in all commands
   * @returns an outcome for each command, in order
   */
  batch(
    commands: readonly Planned[],
    { atomic = false, provisional }: Partial<Omit<Group, 'commands'>> = {},
  ): Promise<Outcome[]> {
    return commands.length === 0 ? Promise.resolve([]) : this.run(commands, atomic, provisional);
  }

  /** A command for `batch`, with who asks, when, and the transition's own name filled in. */
  command<V extends Verb>(verb: V, input: VerbInput[V], actor?: string): Command {
    return { ...this.request(actor), verb, ...(input as object) } as Command;
  }

  protected get publishes(): boolean {
    return this.mode === 'push';
  }

  protected request(actor: string | undefined): Request {
    const now = this.connection.clock.now();
    const name = actor === undefined ? this.actor : toActor(actor, 'actor');
    return { op: newOp(now), at: now.toISOString(), actor: name };
  }

  protected plan<V extends Verb>(verb: V, id: WorkId, input: Input<V>, actor: string | undefined): Command {
    return { ...this.request(actor), verb, id, ...input } as unknown as Command;
  }

  protected async act<V extends Verb>(
    verb: V,
    id: WorkId,
    input: Input<V>,
    actor: string | undefined,
  ): Promise<TransitionResult> {
    return toResult(await this.runOne(this.plan(verb, id, input, actor)));
  }

  protected async runOne(command: Command): Promise<Outcome | undefined> {
    return (await this.run([command], false))[0];
  }

  protected async run(
    commands: readonly Planned[],
    atomic: boolean,
    provisional?: boolean,
  ): Promise<Outcome[]> {
    const { sync, context } = await this.connection.write();
    const numbered = this.mode === 'local' ? await this.#withOfflineIds(commands) : commands;
    const proofs = await this.#prove(numbered);
    const planned = proofs.commands;
    const outcomes = await sync.submit({ commands: planned, atomic, provisional }, this.publishes);
    proofs.note(outcomes);
    if (!outcomes.some(({ kind }) => kind === 'refused')) return outcomes;
    const { keepRefused } = await import('./refused.ts');
    return proofs.explain(await keepRefused(context, planned, outcomes));
  }

  /** Who names no claim acts on those that this clone made. */
  async #prove(commands: readonly Planned[]): Promise<Proofs> {
    const { Proofs } = await import('./executions.ts');
    const executions = await this.executions();
    for (const command of commands) {
      if (typeof command === 'function' || !('id' in command) || command.id === undefined) continue;
      const { id, actor } = command;
      if (executions.isUnsure(id, actor)) executions.settle(await this.findWork(id), actor);
    }
    return new Proofs(executions, this.connection.clone, commands);
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

export const toActor = (name: string, what: string): string =>
  isActorName(name) ? name : parseInput(() => schemaOf(actor), name, what);
