import type { WorkItem } from '../domain/item.ts';
import type { IndexView } from '../projection/index-view.ts';

const MINUTE_MS = 60_000;

/** Work in progress that nobody has touched for `minutes`. */
export function staleItems(view: IndexView, minutes: number, now: Date): WorkItem[] {
  const limit = new Date(now.getTime() - minutes * MINUTE_MS).toISOString();
  return view.select({ where: ["status = 'in_progress'", 'updated_at <= ?'], values: [limit] });
}

/** Work in progress whose lease ran out by this clock, and that gave no sign of life since. */
export function orphanedItems(view: IndexView, now: Date): WorkItem[] {
  const { lease_ttl_s, clock_skew_s } = view.settings;
  return view.select({ where: ["status = 'in_progress'"], values: [] }).filter((item) => {
    const lease = (item.claim?.ttl_s ?? lease_ttl_s) + clock_skew_s;
    return Date.parse(item.updated_at) + lease * 1000 < now.getTime();
  });
}
