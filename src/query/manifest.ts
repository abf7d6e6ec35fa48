import { itemPath } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import { WORK_STATUSES, type WorkItem } from '../domain/item.ts';
import { type IndexView, READABLE } from '../projection/index-view.ts';

/** Counts and ids of the whole ledger at a glance; derived, never stored. */
export interface WorkIndex {
  version: '1.0';
  last_updated: string | null;
  total_count: number;
  /** id → path in the ledger's tree. */
  items: Record<WorkId, string>;
  by_status: Record<string, WorkId[]>;
  by_owner: Record<string, WorkId[]>;
  by_swarm: Record<string, WorkId[]>;
  by_parent: Record<WorkId, WorkId[]>;
}

export function manifestOf(view: IndexView): WorkIndex {
  const all = view.select({ where: [READABLE], values: [], order: 'id' });
  const group = (key: (item: WorkItem) => string | undefined): Record<string, WorkId[]> => {
    const groups = Map.groupBy(all, key);
    groups.delete(undefined);
    return Object.fromEntries([...groups].map(([name, items]) => [name, items.map(({ id }) => id)]));
  };
  const empty = Object.fromEntries(WORK_STATUSES.map((status): [string, WorkId[]] => [status, []]));
  return {
    version: '1.0',
    last_updated: all.reduce<string | null>(
      (last, { updated_at }) => (last === null || updated_at > last ? updated_at : last),
      null,
    ),
    total_count: all.length,
    items: Object.fromEntries(all.map((item) => [item.id, itemPath(item.id, item.status)])),
    by_status: { ...empty, ...group((item) => item.status) },
    by_owner: group((item) => item.owner),
    by_swarm: group((item) => item.swarm_name),
    by_parent: group((item) => item.parent_id),
  };
}
