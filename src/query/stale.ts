import type { WorkItem } from '../domain/item.ts';
import type { IndexView } from '../projection/index-view.ts';

const MINUTE_MS = 60_000;

/** Work in progress that nobody has touched for `minutes`. */
export function staleItems(view: IndexView, minutes: number, now: Date): WorkItem[] {
  const limit = new Date(now.getTime() - minutes * MINUTE_MS).toISOString();
  return view.select({ where: ["status = 'in_progress'", 'updated_at <= ?'], values: [limit] });
}
