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

/** Which transitions are meant: those that match every condition that is given. */
export interface LogFilter {
  items?: readonly WorkId[] | undefined;
  actor?: string | undefined;
  /** Verbs, and `init`, `configure`, `acknowledge`, `merge`, `unknown`. */
  verbs?: readonly string[] | undefined;
  /** ISO time; asked for then or later. */
  since?: string | undefined;
  /** ISO time; asked for then or earlier. */
  until?: string | undefined;
}

/** The newest transitions that match, newest first; all of them where `newest` is infinite. */
export function newestOf(index: IndexDatabase, newest: number, filter: LogFilter = {}): HistoryEntry[] {
  const { items, actor, verbs, since, until } = filter;
  const conditions: [string, string | undefined][] = [
    ['item IN (SELECT value FROM json_each(?))', items && JSON.stringify(items)],
    ["json_extract(entry, '$.actor') = ?", actor],
    ["json_extract(entry, '$.verb') IN (SELECT value FROM json_each(?))", verbs && JSON.stringify(verbs)],
    ["json_extract(entry, '$.at') >= ?", since],
    ["json_extract(entry, '$.at') <= ?", until],
  ];
  const asked = conditions.filter((one): one is [string, string] => one[1] !== undefined);
  // A commit that changed several items has a row for each.
  const each = items === undefined ? `verb <> '${ALSO}'` : 'TRUE';
  const where = [each, ...asked.map(([condition]) => condition)].join(' AND ');
  const once = items === undefined ? '' : ' GROUP BY oid';
  const limit = Number.isFinite(newest) ? newest : -1;
  return index
    .all(
      `SELECT entry FROM transitions WHERE ${where}${once} ORDER BY seq DESC LIMIT ?`,
      ...asked.map(([, value]) => value),
      limit,
    )
    .map(entryOf);
}

/** Commits whose names begin with `start`, which is hexadecimal. */
export function commitsNamed(index: IndexDatabase, start: string): Oid[] {
  const sql = 'SELECT DISTINCT oid FROM transitions WHERE oid >= ? AND oid < ? ORDER BY oid';
  return index.all(sql, start, `${start}g`).map(({ oid }) => String(oid));
}

/** The last commit that was made, or merged, by `at`, an ISO time, as its committer's clock has it. */
export function commitBy(index: IndexDatabase, at: string): Oid | undefined {
  const made = "coalesce(entry ->> '$.merged_at', entry ->> '$.committed_at')";
  const sql = `SELECT oid FROM transitions WHERE ${made} <= ? ORDER BY seq DESC LIMIT 1`;
  return index.get(sql, at)?.oid as Oid | undefined;
}

const OP = "entry ->> '$.op'";
const OF_LEDGER = "verb IN ('init', 'configure', 'repair', 'acknowledge')";
const INDEXES = {
  transitions_op: `transitions (${OP})`,
  transitions_ledger: `transitions (verb, oid) WHERE ${OF_LEDGER}`,
} as const;

/** Makes it quick to look a transition up by its `op`, which only few repositories are ever asked to. */
export function prepareOps(index: IndexDatabase): void {
  const there = index.all("SELECT name FROM sqlite_master WHERE type = 'index'").map(({ name }) => name);
  for (const [name, on] of Object.entries(INDEXES)) {
    if (!there.includes(name)) index.write(() => index.run(`CREATE INDEX IF NOT EXISTS ${name} ON ${on}`));
  }
}

/** Which of these transitions the ledger has, by `op`, each with its commit. Commits of no item are not among them. */
export function commitsOf(index: IndexDatabase, ops: readonly string[]): Map<string, Oid> {
  const found = ops.flatMap((op) =>
    index
      .all(`SELECT oid FROM transitions WHERE ${OP} = ? LIMIT 1`, op)
      .map(({ oid }) => [op, String(oid)] as const),
  );
  return new Map(found);
}

/** The commits of the ledger itself: its root, changes of settings, repairs, acknowledgements. */
export function ledgerCommits(index: IndexDatabase): Oid[] {
  return index.all(`SELECT oid FROM transitions WHERE ${OF_LEDGER}`).map(({ oid }) => String(oid));
}

const entryOf = ({ entry }: Row): HistoryEntry => JSON.parse(String(entry)) as HistoryEntry;
