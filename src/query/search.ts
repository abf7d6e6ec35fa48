import type { WorkItem } from '../domain/item.ts';
import { BY_URGENCY, type IndexView, READABLE } from '../projection/index-view.ts';

/**
 * Items in which every word of `text` begins a word, in whatever case; open ones first, then most urgent. A word with
 * punctuation in it stands for its parts, one after another.
 */
export function searchItems(view: IndexView, text: string, limit?: number): WorkItem[] {
  const query = toQuery(text);
  if (query === undefined) return [];
  return view.select({ ...matching(query), order: `state <> 'active', ${BY_URGENCY}`, limit });
}

/** How many items match. */
export function countFound(view: IndexView, text: string): number {
  const query = toQuery(text);
  return query === undefined ? 0 : view.count(matching(query));
}

const matching = (query: string): { where: string[]; values: string[] } => ({
  where: ['n IN (SELECT rowid FROM words WHERE words MATCH ?)', READABLE],
  values: [query],
});

/** Quoted, so that nothing in a word is an operator of the query language. */
function toQuery(text: string): string | undefined {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words.length === 0
    ? undefined
    : words.map((word) => `"${word.replaceAll('"', ' ').replaceAll('\0', ' ')}"*`).join(' ');
}
