import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { HistoryEntry } from './history-entry.ts';
import type { IndexDatabase, Row } from './index-database.ts';

/** The tip up to which history was read. */
export const LOG = 'log';
/** The verb of further rows of one commit, which was made by hand and changed more than one item. */
export const ALSO = 'also';

/** True where the log stands at `tip`. */
export const isLogAt = (index: IndexDatabase, tip: Oid): boolean => index.meta(LOG) === tip;

/** Transitions of one item, oldest first; also of one that was deleted. */
export function historyOf(index: IndexDatabase, id: WorkId): HistoryEntry[] {
  return index.all('SELECT entry FROM transitions WHERE item = ? ORDER BY seq', id).map(entryOf);
}

/** The newest transitions of the whole ledger, newest first. */
export function newestOf(index: IndexDatabase, newest: number): HistoryEntry[] {
  return index
    .all('SELECT entry FROM transitions WHERE verb <> ? ORDER BY seq DESC LIMIT ?', ALSO, newest)
    .map(entryOf);
}

const entryOf = ({ entry }: Row): HistoryEntry => JSON.parse(String(entry)) as HistoryEntry;
