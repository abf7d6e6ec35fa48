import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LocalState } from '../sync/ports.ts';

/** A claim that was made in this clone: what its holder proves with. */
export interface HeldExecution {
  id: WorkId;
  actor: string;
  execution_id: string;
  epoch: number;
}

const FOLDER = 'executions';

/**
 * The claims that this clone made, by item and actor. It outlives being superseded: that is how a holder who wakes up late is
 * told so. Losing it costs a holder its proof, and then only its name is checked.
 */
export class Executions {
  readonly #state: LocalState;

  constructor(state: LocalState) {
    this.#state = state;
  }

  of(id: WorkId, actor: string): HeldExecution | undefined {
    return this.#read(id).find((one) => one.actor === actor);
  }

  /** All of them, by id. */
  all(): HeldExecution[] {
    return this.#state.keys(FOLDER).flatMap((id) => this.#read(id));
  }

  /** Notes who holds `item`. */
  remember({ id, owner, claim }: WorkItem): void {
    if (owner === undefined || claim === undefined) return;
    const { execution_id, epoch } = claim;
    this.#write(id, [...this.#others(id, owner), { id, actor: owner, execution_id, epoch }]);
  }

  forget(id: WorkId, actor: string): void {
    if (this.of(id, actor) !== undefined) this.#write(id, this.#others(id, actor));
  }

  #others(id: WorkId, actor: string): HeldExecution[] {
    return this.#read(id).filter((one) => one.actor !== actor);
  }

  #write(id: WorkId, entries: readonly HeldExecution[]): void {
    const key = `${FOLDER}/${id}`;
    if (entries.length === 0) this.#state.delete(key);
    else this.#state.set(key, JSON.stringify(entries));
  }

  #read(id: WorkId): HeldExecution[] {
    try {
      const list: unknown = JSON.parse(this.#state.get(`${FOLDER}/${id}`) ?? '[]');
      return Array.isArray(list) ? list.filter((one) => isEntry(one, id)) : [];
    } catch {
      // A damaged note is none.
      return [];
    }
  }
}

function isEntry(value: unknown, id: WorkId): value is HeldExecution {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Record<keyof HeldExecution, unknown>;
  return (
    one.id === id &&
    typeof one.actor === 'string' &&
    typeof one.execution_id === 'string' &&
    typeof one.epoch === 'number'
  );
}
