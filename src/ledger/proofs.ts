import type { CommandOf, Fence } from '../domain/commands.ts';
import { isHeld } from '../domain/holding.ts';
import { TRANSITIONS, type Verb, type VerbInput } from '../domain/verbs.ts';
import type { CloneName } from '../sync/clone-name.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { Executions } from './executions.ts';

type Acquiring = CommandOf<'claim' | 'start' | 'link_execution'>;
/** A verb whose command may show a claim. */
type Fenced = { [V in Verb]: 'epoch' extends keyof VerbInput[V] ? V : never }[Verb];
type Holding = CommandOf<Fenced>;

const isAcquiring = (command: LedgerCommand): command is Acquiring =>
  command.verb === 'claim' || command.verb === 'start' || command.verb === 'link_execution';

/** Whether the command may rest on a claim. */
function isHolding(command: LedgerCommand): command is Holding {
  const by = command.verb === 'configure' ? 'anyone' : TRANSITIONS[command.verb].by;
  return by === 'owner' || by === 'owner_once_claimed' || by === 'creator_or_owner';
}

const executionOf = (command: Acquiring): string =>
  command.verb === 'link_execution' ? command.link : command.execution_id;

/**
 * Has the commands of one group prove what they rest on: where the caller names no claim, the one that this clone made, or that
 * it makes in the same group. Notes what is asked for, and what became of it.
 */
export class Proofs {
  readonly commands: readonly Planned[];
  readonly #executions: Executions;
  readonly #clone: Pick<CloneName, 'name'>;
  /** As they were decided last. */
  readonly #decided: LedgerCommand[] = [];
  readonly #acquired = new Map<string, string>();

  constructor(executions: Executions, clone: Pick<CloneName, 'name'>, planned: readonly Planned[]) {
    this.#executions = executions;
    this.#clone = clone;
    this.commands = planned.map((one, at) =>
      typeof one === 'function' ? (earlier) => this.#prove(one(earlier), at) : this.#prove(one, at),
    );
  }

  #prove(command: LedgerCommand, at: number): LedgerCommand {
    const proven = isHolding(command) ? { ...command, ...this.#proofOf(command) } : command;
    const asked = isAcquiring(proven) ? this.#ask(proven) : proven;
    this.#decided[at] = asked;
    return asked;
  }

  #proofOf({ id, actor, epoch, execution_id, unproven }: Holding): Fence {
    if (epoch !== undefined || unproven) return {};
    const acquired = this.#acquired.get(`${id} ${actor}`);
    if (acquired !== undefined) return { execution_id: execution_id ?? acquired };
    const made = this.#executions.of(id, actor);
    if (execution_id !== undefined) return made?.execution_id === execution_id ? { epoch: made.epoch } : {};
    return made === undefined ? { unproven: true } : { execution_id: made.execution_id, epoch: made.epoch };
  }

  #ask(command: Acquiring): Acquiring {
    const { id, actor } = command;
    this.#acquired.set(`${id} ${actor}`, executionOf(command));
    this.#executions.ask(id, actor, executionOf(command));
    return { ...command, clone: command.clone ?? this.#clone.name };
  }

  /** Notes what became of the commands. */
  note(outcomes: readonly Outcome[]): void {
    for (const [at, outcome] of outcomes.entries()) {
      const command = this.#decided[at];
      if (command === undefined) continue;
      if (isAcquiring(command)) this.#noteAcquiring(command, outcome);
      else if (isHolding(command)) this.#noteEnded(command, outcome);
    }
  }

  /** Says of what is refused for want of a claim where one is set aside. */
  explain(outcomes: readonly Outcome[]): Outcome[] {
    return outcomes.map((outcome, at) => {
      const command = this.#decided[at];
      if (outcome.kind !== 'refused' || outcome.error.code !== 'CLAIMED_ELSEWHERE') return outcome;
      if (command === undefined || !isHolding(command)) return outcome;
      const { error } = outcome;
      const { id, actor } = command;
      const one = this.#executions
        .aside(actor)
        .find((made) => made.id === id && made.execution_id === error.details.execution_id);
      if (one === undefined) return outcome;
      const more = `It was claimed here while this clone was ${one.clone}; where the work goes on here and nowhere else: wl adopt ${id}`;
      return { kind: 'refused', error: error.with({ hint: `${error.hint} ${more}` }) };
    });
  }

  #noteAcquiring(command: Acquiring, outcome: Outcome): void {
    const execution_id = executionOf(command);
    const item = outcome.kind === 'accepted' || outcome.kind === 'unchanged' ? outcome.item : undefined;
    if (item?.claim?.execution_id === execution_id) this.#executions.remember(item);
    else this.#executions.refused(command.id, command.actor, execution_id);
  }

  #noteEnded({ id, actor }: Holding, outcome: Outcome): void {
    if (outcome.kind === 'accepted' && outcome.item !== undefined && !isHeld(outcome.item)) {
      this.#executions.forget(id, actor);
    }
  }
}
