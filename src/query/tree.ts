import type { WorkId } from '../domain/ids.ts';
import { byUrgency, WORK_STATUSES, type WorkItem, type WorkStatus } from '../domain/item.ts';
import type { MemoryView } from '../projection/memory-view.ts';

/** Direct children, finished ones too, most urgent first. */
export function childrenOf(view: MemoryView, id: WorkId): WorkItem[] {
  return [...view.items()].filter((item) => item.parent_id === id).sort(byUrgency);
}

/** All descendants, each once. */
export function subtreeOf(view: MemoryView, id: WorkId): WorkItem[] {
  const byParent = Map.groupBy(view.items(), ({ parent_id }) => parent_id);
  const found = new Map<WorkId, WorkItem>();
  const queue = [id];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const child of byParent.get(next) ?? []) {
      if (child.id === id || found.has(child.id)) continue;
      found.set(child.id, child);
      queue.push(child.id);
    }
  }
  return [...found.values()];
}

export type Progress = { total_children: number; percent_complete: number } & Record<WorkStatus, number>;

/** How far the children are; an item without children is its own measure. */
export function progressOf(item: WorkItem, children: readonly WorkItem[]): Progress {
  const counts = Object.fromEntries(WORK_STATUSES.map((status) => [status, 0])) as Record<WorkStatus, number>;
  for (const child of children) counts[child.status] += 1;
  const total = children.length;
  const done = total === 0 ? Number(item.status === 'completed') : counts.completed / total;
  return { total_children: total, ...counts, percent_complete: Math.round(done * 1000) / 10 };
}

export interface DependencyNode {
  id: WorkId;
  item: WorkItem | undefined;
  /** `true` where it stands higher up already and is not unfolded again. */
  repeated: boolean;
  dependencies: DependencyNode[];
}

/** What an item depends on, and what that depends on, unfolded once. */
export function dependencyTree(view: MemoryView, id: WorkId, seen: Set<WorkId> = new Set()): DependencyNode {
  const item = view.statusOf(id) === 'damaged' ? undefined : view.find(id);
  const repeated = seen.has(id);
  seen.add(id);
  const dependencies =
    repeated || item === undefined ? [] : item.dependencies.map((next) => dependencyTree(view, next, seen));
  return { id, item, repeated, dependencies };
}
