import type { CommandOf, Fence } from '../domain/commands.ts';
import { isHeld } from '../domain/holding.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { TRANSITIONS, type Verb, type VerbInput } from '../domain/verbs.ts';
import type { CloneName, Renaming } from '../sync/clone-name.ts';
import type { LedgerCommand } from '../sync/draft.ts';
import type { Planned } from '../sync/local.ts';
import type { Outcome } from '../sync/outcome.ts';
import type { LocalState } from '../sync/ports.ts';
import type { Connection } from './connection.ts';
import type { LedgerNotice } from './options.ts';

/** A claim that was made in this clone: what its holder proves with. */
export interface HeldExecution {
  id: WorkId;
  actor: string;
  execution_id: string;
  epoch: number;
}

/** A claim that was made here under another name of the clone, which is `clone`. */
export type SetAside = HeldExecution & { clone: string };

/** Also one that was asked for, and of which nobody told yet what became of it: its process may have been killed. */
type Entry = Omit<HeldExecution, 'epoch'> & { epoch: number | null };

const FOLDER = 'executions';

/**
 * The claims that this clone made, kept under the clone's name: a copy of the clone has none of them. Each has a file of its own,
 * since processes of one clone may claim one item at once. It outlives being superseded: that is how a holder who wakes up late
 * is told so. Losing it costs a holder its proof: it has to name its execution then.
 */
export class Executions {
  readonly #state: LocalState;
  readonly #clone: Pick<CloneName, 'name' | 'earlier'>;

  constructor(state: LocalState, clone: Pick<CloneName, 'name' | 'earlier'>) {
    this.#state = state;
    this.#clone = clone;
  }

  /** The last claim of an item that `actor` made here. */
  of(id: WorkId, actor: string): HeldExecution | undefined {
    const made = this.#of(id, actor).filter(isMade);
    return made.toSorted((one, other) => other.epoch - one.epoch)[0];
  }

  /** All of them, by id. */
  all(): HeldExecution[] {
    return this.#every(this.#clone.name).filter(isMade);
  }

  /** Items that `actor` claimed here, or asked for. */
  items(actor: string): WorkId[] {
    const own = this.#every(this.#clone.name).filter((one) => one.actor === actor);
    return [...new Set(own.map(({ id }) => id))];
  }

  /** What `actor` claimed here before the clone had its present name. It proves nothing until it is adopted. */
  aside(actor: string): SetAside[] {
    return this.#clone.earlier.flatMap((clone) =>
      this.#every(clone)
        .filter(isMade)
        .filter((one) => one.actor === actor)
        .map((one) => ({ ...one, clone })),
    );
  }

  /** Makes a claim that is set aside this clone's own again. */
  adopt({ clone, ...made }: SetAside): void {
    this.#write(made);
    this.#state.delete(keyOf(clone, made));
  }

  /** Notes that a claim is asked for: it can land after its process died. */
  ask(id: WorkId, actor: string, execution_id: string): void {
    const known = this.#of(id, actor).some((one) => one.execution_id === execution_id);
    if (!known) this.#write({ id, actor, execution_id, epoch: null });
  }

  /** Notes that a claim that was asked for was not taken. */
  refused(id: WorkId, actor: string, execution_id: string): void {
    for (const one of this.#of(id, actor)) {
      if (one.epoch === null && one.execution_id === execution_id) this.#drop(one);
    }
  }

  /** Notes who holds `item`. */
  remember({ id, owner, claim }: WorkItem): void {
    if (owner === undefined || claim === undefined) return;
    const { execution_id, epoch } = claim;
    this.#write({ id, actor: owner, execution_id, epoch });
    // Of one epoch the last execution counts: it was linked.
    for (const one of this.#of(id, owner)) {
      if (isMade(one) && one.epoch <= epoch && one.execution_id !== execution_id) this.#drop(one);
    }
  }

  forget(id: WorkId, actor: string): void {
    for (const one of this.#of(id, actor)) this.#drop(one);
  }

  /** True where only the item tells whether a claim was taken that was asked for. */
  isInDoubt(id: WorkId, actor: string): boolean {
    return this.#of(id, actor).some(({ epoch }) => epoch === null);
  }

  /** Finds what was asked for, and taken, by how the item stands. */
  settle(item: WorkItem | undefined, actor: string): void {
    if (item === undefined || !isHeld(item) || item.owner !== actor) return;
    const found = this.#of(item.id, actor).find((one) => one.execution_id === item.claim?.execution_id);
    if (found?.epoch === null) this.remember(item);
  }

  #of(id: WorkId, actor: string): Entry[] {
    return this.#every(this.#clone.name, id).filter((one) => one.actor === actor);
  }

  #every(clone: string, id?: WorkId): Entry[] {
    const names = this.#state.keys(`${FOLDER}/${clone}`);
    const asked = id === undefined ? names : names.filter((name) => name.startsWith(`${id}_`));
    return asked.flatMap((name) => readEntry(this.#state.get(`${FOLDER}/${clone}/${name}`), name));
  }

  #write(entry: Entry): void {
    this.#state.set(keyOf(this.#clone.name, entry), JSON.stringify(entry));
  }

  #drop(entry: Entry): void {
    this.#state.delete(keyOf(this.#clone.name, entry));
  }
}

/** The claims that a clone made itself. */
export const executionsOf = ({ state, clone }: Connection): Executions => new Executions(state, clone);

const isMade = (entry: Entry): entry is HeldExecution => entry.epoch !== null;

function keyOf(clone: string, entry: Entry): string {
  return `${FOLDER}/${clone}/${nameOf(entry)}`;
}

/** Any text of an actor and an execution, as the name of a file. */
function nameOf({ id, actor, execution_id }: Omit<HeldExecution, 'epoch'>): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `${id}_${createHash('sha256').update(`${actor}\n${execution_id}`).digest('hex').slice(0, 16)}`;
}

function readEntry(text: string | undefined, name: string): Entry[] {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isEntry(value) && nameOf(value) === name ? [value] : [];
  } catch {
    // A damaged note is none.
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Record<keyof HeldExecution, unknown>;
  return (
    typeof one.id === 'string' &&
    isWorkId(one.id) &&
    typeof one.actor === 'string' &&
    typeof one.execution_id === 'string' &&
    (one.epoch === null || typeof one.epoch === 'number')
  );
}

/** What is told where a clone has a new name. */
export function renamed(state: LocalState, { because, from, to }: Renaming): LedgerNotice {
  const count = new Set(state.keys(`${FOLDER}/${from}`).map((name) => name.split('_')[0])).size;
  const why =
    because === 'copied'
      ? `This clone is a copy of the clone ${from}`
      : `Another clone writes under the name ${from}, which this one had`;
  const items = count === 1 ? '1 item' : `${count} items`;
  const message = `${why}, so it is ${to} from now on.`;
  if (count === 0) return { code: 'CLONE_RENAMED', message, hint: undefined };
  return {
    code: 'CLONE_RENAMED',
    message: `${message} What ${from} claimed (${items}) is kept aside.`,
    hint: `Where the work on it goes on here and nowhere else: wl adopt`,
  };
}

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
