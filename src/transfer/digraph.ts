import type { WorkId } from '../domain/ids.ts';

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
