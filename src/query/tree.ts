import type { WorkId } from '../domain/ids.ts';
import { WORK_STATUSES, type WorkItem, type WorkStatus } from '../domain/item.ts';
import type { LedgerView } from '../domain/view.ts';
import { type IndexView, READABLE } from '../projection/index-view.ts';

/** Direct children, finished ones too, most urgent first. */
export const childrenOf = (view: IndexView, id: WorkId): WorkItem[] =>
  view.select({ where: ['parent = ?', READABLE], values: [id] });

const DESCENDANTS = `n IN (
  WITH RECURSIVE below (id) AS (
    SELECT id FROM items WHERE parent = ? UNION SELECT items.id FROM items JOIN below ON items.parent = below.id
  ) SELECT n FROM items JOIN below USING (id))`;

/** All descendants, each once. */
export const subtreeOf = (view: IndexView, id: WorkId): WorkItem[] =>
  view.select({ where: [DESCENDANTS, 'id <> ?', READABLE], values: [id, id] });

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
  /** `true` where it depends on something, and the tree is deep or large enough as it is: ask for the tree of this one. */
  cut: boolean;
  dependencies: DependencyNode[];
}

/** Who reads a tree, or passes it on as JSON, goes down as many levels. */
const DEEPEST = 100;
const LARGEST = 10_000;

/** What an item depends on, and what that depends on, unfolded once: depth first, so that what is repeated stands above. */
export function dependencyTree(view: IndexView, id: WorkId): DependencyNode {
  const seen = new Set<WorkId>();
  let count = 0;
  const nodeOf = (of: WorkId): DependencyNode => {
    const item = view.statusOf(of) === 'damaged' ? undefined : view.find(of);
    count += 1;
    return { id: of, item, repeated: false, cut: false, dependencies: [] };
  };
  const root = nodeOf(id);
  const open = [{ node: root, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next;
    const ids = node.item?.dependencies ?? [];
    node.repeated = seen.has(node.id);
    seen.add(node.id);
    if (node.repeated) continue;
    node.cut = ids.length > 0 && (depth >= DEEPEST || count + ids.length > LARGEST);
    if (!node.cut) node.dependencies = ids.map(nodeOf);
    for (const one of node.dependencies.toReversed()) open.push({ node: one, depth: depth + 1 });
  }
  return root;
}

/** Open parts of an item, and theirs, those that nothing is a part of first. */
export function openPartsOf(view: Pick<LedgerView, 'openChildrenOf'>, id: WorkId): WorkId[] {
  const found = new Set<WorkId>();
  const waiting = [...view.openChildrenOf(id)];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (found.has(part) || part === id) continue;
    found.add(part);
    waiting.push(...view.openChildrenOf(part));
  }
  return [...found].reverse();
}
