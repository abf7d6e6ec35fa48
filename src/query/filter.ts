import { STATES, type State, stateOf } from '../codec/path.ts';
import {
  byUrgency,
  isTerminal,
  type WorkItem,
  type WorkPriority,
  type WorkStatus,
  type WorkType,
} from '../domain/item.ts';
import type { MemoryView } from '../projection/memory-view.ts';

/** Which items are asked for; every condition that is given must hold. */
export interface WorkFilter {
  status?: readonly WorkStatus[] | undefined;
  type?: readonly WorkType[] | undefined;
  priority?: readonly WorkPriority[] | undefined;
  /** An owner's name; `null` for items that nobody owns. */
  owner?: string | null | undefined;
  created_by?: string | undefined;
  swarm?: string | undefined;
  job?: string | undefined;
  /** Every one of these labels. */
  labels?: readonly string[] | undefined;
  parent?: string | undefined;
  /** Old id of an imported item. */
  imported_id?: string | undefined;
  /** Finished items too, where no status is asked for. */
  all?: boolean | undefined;
  limit?: number | undefined;
}

/** The items that match, most urgent first, then oldest. Without `status` and `all`, finished ones are left out. */
export function listItems(view: MemoryView, filter: WorkFilter = {}): WorkItem[] {
  const found = [...view.items(statesOf(filter))].filter((item) => matches(item, filter)).sort(byUrgency);
  return filter.limit === undefined ? found : found.slice(0, filter.limit);
}

/** The directories in which matching items can stand, so that the others are not even parsed. */
function statesOf({ status, all }: WorkFilter): ReadonlySet<State> {
  if (status !== undefined) return new Set(status.map(stateOf));
  return new Set(all ? STATES : ['active']);
}

function matches(item: WorkItem, filter: WorkFilter): boolean {
  const { status, type, priority, owner, labels } = filter;
  if (status !== undefined ? !status.includes(item.status) : !filter.all && isTerminal(item.status))
    return false;
  return (
    (type === undefined || type.includes(item.type)) &&
    (priority === undefined || priority.includes(item.priority)) &&
    (owner === undefined || (item.owner ?? null) === owner) &&
    (filter.created_by === undefined || item.created_by === filter.created_by) &&
    (filter.swarm === undefined || item.swarm_name === filter.swarm) &&
    (filter.job === undefined || item.job_id === filter.job) &&
    (filter.parent === undefined || item.parent_id === filter.parent) &&
    (labels === undefined || labels.every((label) => item.labels.includes(label))) &&
    (filter.imported_id === undefined || importedId(item) === filter.imported_id)
  );
}

/** The id that an imported item had where it came from. */
export function importedId(item: WorkItem): string | undefined {
  const imported = item.context.imported;
  if (imported === null || typeof imported !== 'object' || Array.isArray(imported)) return undefined;
  const id = imported.id;
  return typeof id === 'string' ? id : undefined;
}
