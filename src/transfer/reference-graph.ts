import type { WorkId } from '../domain/ids.ts';
import { isTerminal } from '../domain/item.ts';
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

/** Edges that another graph adds to this one; they never lead to a node that only this one has. */
export interface MoreEdges {
  has(id: WorkId): boolean;
  from(id: WorkId): Iterable<WorkId>;
}

const NO_MORE: MoreEdges = { has: () => false, from: () => [] };

/** A directed graph that grows, and can tell at each step what leads where. */
export class Digraph {
  readonly #next = new Map<WorkId, Set<WorkId>>();
  readonly #previous = new Map<WorkId, Set<WorkId>>();
  readonly #more: MoreEdges;

  constructor(more: MoreEdges = NO_MORE) {
    this.#more = more;
  }

  add(from: WorkId, to: WorkId): void {
    addTo(this.#next, from, to);
    addTo(this.#previous, to, from);
  }

  from(id: WorkId): Iterable<WorkId> {
    return this.#next.get(id) ?? [];
  }

  /**
   * True where a way leads from `from` to `to`. Looks from both ends in turn, so that it ends as soon as the shorter search
   * does: with thousands of children in a chain under one parent, that is at once.
   */
  reaches(from: WorkId, to: WorkId): boolean {
    const ahead = new Search(from, (id) => [...this.from(id), ...this.#more.from(id)]);
    const back = new Search(to, (id) => this.#previous.get(id) ?? []);
    while (!ahead.met(to) && !back.met(from)) {
      if (ahead.at === undefined) return false;
      ahead.step();
      const last = back.at;
      if (last === undefined) return false;
      // What leads to a node of the other graph is not all known here: then only the search ahead can say no.
      if (!this.#more.has(last)) back.step();
    }
    return true;
  }
}

/** A search that goes one node at a time. */
class Search {
  readonly #seen: Set<WorkId>;
  readonly #open: WorkId[];
  readonly #next: (id: WorkId) => Iterable<WorkId>;

  constructor(start: WorkId, next: (id: WorkId) => Iterable<WorkId>) {
    this.#seen = new Set([start]);
    this.#open = [start];
    this.#next = next;
  }

  /** The node that the next step leaves; `undefined` once everything was seen. */
  get at(): WorkId | undefined {
    return this.#open.at(-1);
  }

  met(id: WorkId): boolean {
    return this.#seen.has(id);
  }

  step(): void {
    const id = this.#open.pop();
    for (const next of id === undefined ? [] : this.#next(id)) {
      if (this.#seen.has(next)) continue;
      this.#seen.add(next);
      this.#open.push(next);
    }
  }
}

function addTo(edges: Map<WorkId, Set<WorkId>>, from: WorkId, to: WorkId): void {
  const known = edges.get(from);
  if (known === undefined) edges.set(from, new Set([to]));
  else known.add(to);
}

/**
 * `ids` in an order in which each stands after all that it needs, otherwise as given. What is needed but not among `ids` is
 * not waited for. The needs must have no cycle.
 */
export function needsFirst(ids: Iterable<WorkId>, needsOf: (id: WorkId) => Iterable<WorkId>): WorkId[] {
  const given = [...ids];
  const rank = new Map(given.map((id, index) => [id, index]));
  const rankOf = (id: WorkId): number => rank.get(id) ?? -1;
  const ordered = new Set<WorkId>();
  for (const start of given) {
    // A stack of our own: chains of dependencies can be longer than the call stack is deep.
    const stack = [start];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const missing = [...needsOf(id)].filter((need) => rank.has(need) && !ordered.has(need));
      if (ordered.has(id) || missing.length === 0) {
        ordered.add(id);
        stack.pop();
      } else {
        stack.push(...missing.sort((a, b) => rankOf(b) - rankOf(a)));
      }
    }
  }
  return [...ordered];
}
