import type { WorkId } from '../domain/ids.ts';
import { isTerminal, type WorkItem } from '../domain/item.ts';
import { describeObstacle, type Obstacle, obstacles } from '../domain/readiness.ts';
import type { MemoryView } from '../projection/memory-view.ts';
import { listItems, type WorkFilter } from './filter.ts';

/** What `asker` can claim at `now`, most urgent first, then oldest. Without an asker, what anyone can. */
export function readyItems(
  view: MemoryView,
  filter: WorkFilter,
  asker: string | undefined,
  now: string,
): WorkItem[] {
  const { limit, ...rest } = filter;
  const found = listItems(view, { ...rest, status: ['pending'] }).filter(
    (item) => obstacles(view, item, asker, now).length === 0,
  );
  return limit === undefined ? found : found.slice(0, limit);
}

export interface Explanation {
  id: WorkId;
  ready: boolean;
  obstacles: Obstacle[];
  /** The same in words, for a person. */
  reasons: string[];
}

/** Why an item is or is not ready, in words and as facts. */
export function explainItem(
  view: MemoryView,
  item: WorkItem,
  asker: string | undefined,
  now: string,
): Explanation {
  const found = obstacles(view, item, asker, now);
  const reasons = found.map(describeObstacle);
  if (item.block !== undefined && !isTerminal(item.status))
    reasons.push(`it was blocked: ${item.block.reason}`);
  if (found.length === 0)
    reasons.push('it is pending, nobody else owns it, and nothing it waits for is open');
  return { id: item.id, ready: found.length === 0, obstacles: found, reasons };
}
