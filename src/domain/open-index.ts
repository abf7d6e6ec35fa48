import type { WorkId } from './ids.ts';
import type { WorkItem } from './item.ts';
import { countsUnder, type LimitKind } from './limits.ts';
import { sourceKey, sourcesOf } from './sources.ts';

/** Which items have which source, kept as items come and go. */
export class SourceIndex {
  readonly #items = new Map<string, Set<WorkId>>();

  add(item: WorkItem): void {
    for (const source of sourcesOf(item)) include(this.#items, sourceKey(source), item.id);
  }

  remove(item: WorkItem): void {
    for (const source of sourcesOf(item)) exclude(this.#items, sourceKey(source), item.id);
  }

  items = (key: string): WorkId[] => sorted(this.#items.get(key));
}

/** Who points at whom among open items, kept as items come and go. */
export class OpenIndex {
  readonly #children = new Map<WorkId, Set<WorkId>>();
  readonly #dependents = new Map<WorkId, Set<WorkId>>();
  readonly #blocked = new Map<WorkId, Set<WorkId>>();
  readonly #held = { owner: new Map(), swarm: new Map(), label: new Map() } satisfies Record<
    LimitKind,
    Map<string, Set<WorkId>>
  >;
  readonly #keys = new Map<string, WorkId>();

  add(item: WorkItem): void {
    if (item.parent_id !== undefined) include(this.#children, item.parent_id, item.id);
    for (const id of item.dependencies) include(this.#dependents, id, item.id);
    const blocker = item.block?.blocker_id;
    if (blocker !== undefined) include(this.#blocked, blocker, item.id);
    for (const [kind, name] of countsUnder(item)) include(this.#held[kind], name, item.id);
    if (item.idempotency_key !== undefined) this.#keys.set(item.idempotency_key, item.id);
  }

  remove(item: WorkItem): void {
    if (item.parent_id !== undefined) this.#children.get(item.parent_id)?.delete(item.id);
    for (const id of item.dependencies) this.#dependents.get(id)?.delete(item.id);
    const blocker = item.block?.blocker_id;
    if (blocker !== undefined) this.#blocked.get(blocker)?.delete(item.id);
    for (const [kind, name] of countsUnder(item)) this.#held[kind].get(name)?.delete(item.id);
    const key = item.idempotency_key;
    if (key !== undefined && this.#keys.get(key) === item.id) this.#keys.delete(key);
  }

  children = (id: WorkId): WorkId[] => sorted(this.#children.get(id));
  dependents = (id: WorkId): WorkId[] => sorted(this.#dependents.get(id));
  blockedOn = (id: WorkId): WorkId[] => sorted(this.#blocked.get(id));
  inProgress = (kind: LimitKind, name: string): WorkId[] => sorted(this.#held[kind].get(name));
  byKey = (key: string): WorkId | undefined => this.#keys.get(key);
}

function include(map: Map<WorkId, Set<WorkId>>, key: WorkId, id: WorkId): void {
  const ids = map.get(key);
  if (ids === undefined) map.set(key, new Set([id]));
  else ids.add(id);
}

function exclude(map: Map<string, Set<WorkId>>, key: string, id: WorkId): void {
  const ids = map.get(key);
  if (ids?.delete(id) && ids.size === 0) map.delete(key);
}

const sorted = (ids: Set<WorkId> | undefined): WorkId[] => (ids === undefined ? [] : [...ids].sort());
