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

/** Which of these transitions the ledger has, by `op`, each with its commit. What `configure` did is not among them. */
export function commitsOf(index: IndexDatabase, ops: readonly string[]): Map<string, Oid> {
  const [only, ...more] = ops;
  if (only === undefined) return new Map();
  // One is found by its text, many times faster than by reading each entry as data.
  const found =
    more.length === 0
      ? index.all('SELECT entry FROM transitions WHERE instr(entry, ?)', JSON.stringify(only))
      : index.all(
          "SELECT entry FROM transitions WHERE entry ->> '$.op' IN (SELECT value FROM json_each(?))",
          JSON.stringify(ops),
        );
  const asked = new Set(ops);
  const entries = found.map(entryOf).filter(({ op }) => op !== null && asked.has(op));
  return new Map(entries.map(({ op, commit }) => [op ?? '', commit]));
}

/** The commits of these verbs, oldest first. */
export function commitsBy(index: IndexDatabase, verbs: readonly string[]): Oid[] {
  const sql = 'SELECT oid FROM transitions WHERE verb IN (SELECT value FROM json_each(?)) ORDER BY seq';
  return index.all(sql, JSON.stringify(verbs)).map(({ oid }) => String(oid));
}

const entryOf = ({ entry }: Row): HistoryEntry => JSON.parse(String(entry)) as HistoryEntry;
