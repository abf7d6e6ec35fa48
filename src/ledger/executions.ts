import { isHeld } from '../domain/holding.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { CloneName } from '../sync/clone-name.ts';
import type { LocalState } from '../sync/ports.ts';
import { type Connection, EXECUTIONS } from './connection.ts';

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
    const names = this.#state.keys(`${EXECUTIONS}/${clone}`);
    const asked = id === undefined ? names : names.filter((name) => name.startsWith(`${id}_`));
    return asked.flatMap((name) => readEntry(this.#state.get(`${EXECUTIONS}/${clone}/${name}`), name));
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
  return `${EXECUTIONS}/${clone}/${nameOf(entry)}`;
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
