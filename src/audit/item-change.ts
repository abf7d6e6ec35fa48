import { parsePath, type State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid, TreeChange } from '../store/port.ts';

export const PLAIN_FILE = '100644';

export interface FileAt {
  state: State;
  mode: string;
  oid: Oid;
}

/** What one commit did to the files of one item. A move from one state's directory to another's is one change. */
export interface ItemChange {
  id: WorkId;
  /** Files that were there and are changed or gone. */
  before: readonly FileAt[];
  /** Files that were changed or came. */
  after: readonly FileAt[];
}

/** Sorts a commit's changes by item. `others` are at paths where no item can stand. */
export function itemChanges(changes: readonly TreeChange[]): { items: ItemChange[]; others: TreeChange[] } {
  const items = new Map<WorkId, { id: WorkId; before: FileAt[]; after: FileAt[] }>();
  const others: TreeChange[] = [];
  for (const change of changes) {
    const parsed = parsePath(change.path);
    if (parsed === undefined) {
      others.push(change);
      continue;
    }
    const { id, state } = parsed;
    const item = items.get(id) ?? { id, before: [], after: [] };
    if (change.before !== undefined) item.before.push({ state, ...change.before });
    if (change.after !== undefined) item.after.push({ state, ...change.after });
    items.set(id, item);
  }
  return { items: [...items.values()], others };
}
