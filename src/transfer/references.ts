import type { WorkId } from '../domain/ids.ts';
import { isTerminal } from '../domain/item.ts';
import { Digraph } from './digraph.ts';
import type { ImportLedger } from './plan.ts';

/**
 * The references of a plan, added one by one so that two graphs stay without a circle: what *waits* for what (an item for its
 * dependencies and blocker, a parent for its children), and what must be *imported first* (parent and dependencies).
 *
 * Stricter than the ledger in one thing: a parent waits for its finished children too, so that the order in which items
 * are imported cannot matter, and reopening one cannot bring a deadlock to light.
 */
export class ReferenceGraph {
  readonly #waits: Digraph;
  readonly #needs = new Digraph();

  constructor(ledger: ImportLedger) {
    this.#waits = new Digraph({
      has: (id) => ledger.statusOf(id) !== undefined,
      from: (id) => waitsInLedger(ledger, id),
    });
  }

  /** Adds it and returns true, unless it would close a circle. */
  addParent(child: WorkId, parent: WorkId): boolean {
    if (this.#needs.reaches(parent, child) || this.#waits.reaches(child, parent)) return false;
    this.#needs.add(child, parent);
    this.#waits.add(parent, child);
    return true;
  }

  /** Adds it and returns true, unless it would close a circle. */
  addDependency(id: WorkId, dependency: WorkId): boolean {
    if (this.#needs.reaches(dependency, id) || this.#waits.reaches(dependency, id)) return false;
    this.#needs.add(id, dependency);
    this.#waits.add(id, dependency);
    return true;
  }

  /** Adds it and returns true, unless it would close a circle. */
  addBlocker(id: WorkId, blocker: WorkId): boolean {
    if (this.#waits.reaches(blocker, id)) return false;
    this.#waits.add(id, blocker);
    return true;
  }

  /** What must be imported before `id`. */
  needsOf(id: WorkId): Iterable<WorkId> {
    return this.#needs.from(id);
  }
}

/** What an item that the ledger has waits for there. */
function waitsInLedger(ledger: ImportLedger, id: WorkId): WorkId[] {
  const status = ledger.statusOf(id);
  if (status === undefined || status === 'damaged') return [];
  const item = ledger.find(id);
  if (item === undefined) return [];
  const blocker = item.block?.blocker_id;
  const children = isTerminal(status) ? [] : ledger.openChildrenOf(id);
  return [...item.dependencies, ...(blocker === undefined ? [] : [blocker]), ...children];
}
