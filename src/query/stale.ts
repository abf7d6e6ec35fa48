import { byUrgency, type WorkItem } from '../domain/item.ts';
import type { MemoryView } from '../projection/memory-view.ts';
import { listItems } from './filter.ts';

const MINUTE_MS = 60_000;

/** Work in progress that nobody has touched for `minutes`. */
export function staleItems(view: MemoryView, minutes: number, now: Date): WorkItem[] {
  const limit = now.getTime() - minutes * MINUTE_MS;
  return listItems(view, { status: ['in_progress'] }).filter((item) => lastSign(item) <= limit);
}

/** Work in progress whose lease ran out by this clock, and that gave no sign of life since. */
export function orphanedItems(view: MemoryView, now: Date): WorkItem[] {
  const { lease_ttl_s, clock_skew_s } = view.settings;
  return listItems(view, { status: ['in_progress'] })
    .filter((item) => {
      const lease = (item.claim?.ttl_s ?? lease_ttl_s) + clock_skew_s;
      return lastSign(item) + lease * 1000 < now.getTime();
    })
    .sort(byUrgency);
}

/** When the item was last touched, in milliseconds. */
const lastSign = (item: WorkItem): number => Date.parse(item.updated_at);
