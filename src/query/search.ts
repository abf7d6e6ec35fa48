import { byUrgency, type WorkItem } from '../domain/item.ts';
import type { MemoryView } from '../projection/memory-view.ts';

/** Items in which every word of `text` occurs, in whatever case; open ones first, then most urgent. */
export function searchItems(view: MemoryView, text: string): WorkItem[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  const found = [...view.items()].filter((item) => {
    const haystack = searchText(item);
    return words.every((word) => haystack.includes(word));
  });
  const rank = (item: WorkItem): number => (item.completed_at === undefined ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || byUrgency(a, b));
}

function searchText(item: WorkItem): string {
  const parts = [
    item.id,
    item.title,
    item.description,
    item.owner ?? '',
    item.swarm_name ?? '',
    item.error ?? '',
    item.block?.reason ?? '',
    item.checkpoint?.summary ?? '',
    ...item.labels,
    ...item.acceptance.map((criterion) => criterion.text),
    ...item.comments.map((comment) => comment.body),
    JSON.stringify(item.context),
    JSON.stringify(item.result ?? ''),
  ];
  return parts.join('\n').toLowerCase();
}
