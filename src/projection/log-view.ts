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

const OP = "entry ->> '$.op'";
const OF_SETTINGS = "verb IN ('init', 'configure')";
const INDEXES = {
  transitions_op: `transitions (${OP})`,
  transitions_settings: `transitions (verb, oid) WHERE ${OF_SETTINGS}`,
} as const;

/** Makes it quick to look a transition up by its `op`, which only few repositories are ever asked to. */
export function prepareOps(index: IndexDatabase): void {
  const there = index.all("SELECT name FROM sqlite_master WHERE type = 'index'").map(({ name }) => name);
  for (const [name, on] of Object.entries(INDEXES)) {
    if (!there.includes(name)) index.write(() => index.run(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`));
  }
}

/** Which of these transitions the ledger has, by `op`, each with its commit. What `configure` did is not among them. */
export function commitsOf(index: IndexDatabase, ops: readonly string[]): Map<string, Oid> {
  const found = ops.flatMap((op) =>
    index
      .all(`SELECT oid FROM transitions WHERE ${OP} = ? LIMIT 1`, op)
      .map(({ oid }) => [op, String(oid)] as const),
  );
  return new Map(found);
}

/** The commits that laid down or changed settings. */
export function settingsCommits(index: IndexDatabase): Oid[] {
  return index.all(`SELECT oid FROM transitions WHERE ${OF_SETTINGS}`).map(({ oid }) => String(oid));
}

const entryOf = ({ entry }: Row): HistoryEntry => JSON.parse(String(entry)) as HistoryEntry;
