import { itemPath, type State } from '../codec/path.ts';
import { describeProblem, type Problem } from '../codec/problem.ts';
import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkStatus } from '../domain/item.ts';
import type { LimitKind } from '../domain/readiness.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { LedgerView, UsedKey } from '../domain/view.ts';
import type { IndexDatabase, Row } from './index-database.ts';

/** Files of finished work that must be read before the question can be answered: these, or all of them. */
export class Unread extends Error {
  /** `undefined` for every file of finished work. */
  readonly ids: readonly WorkId[] | undefined;

  constructor(ids?: readonly WorkId[]) {
    super(`${ids?.length ?? 'all'} files of finished work were not read yet`);
    this.ids = ids;
  }
}

/** Which items are asked for, as SQL over the columns of `items`, and in which order. */
export interface Selection {
  /** Conditions that must all hold. Among them must be one that leaves out what cannot be read: `READABLE`, or a status. */
  where: readonly string[];
  values: readonly (string | number)[];
  limit?: number | undefined;
  /** Most urgent first and then oldest, unless it says otherwise. */
  order?: string | undefined;
  /** An index that is made for this question, where SQLite would not choose it by itself. */
  by?: string | undefined;
}

const COUNTS_UNDER: Readonly<Record<LimitKind, string>> = {
  owner: 'owner = ?',
  swarm: 'swarm = ?',
  label: "EXISTS (SELECT 1 FROM json_each(item, '$.labels') WHERE value = ?)",
};

/** What every selection must ask for that could meet damaged files. */
export const READABLE = 'item IS NOT NULL';

/** Most urgent first, then oldest, then by id so that the order is total. @see byUrgency in src/domain/item.ts */
export const BY_URGENCY = 'rank, created_at, id';

/**
 * The whole ledger at the tip that the index stands at. To be asked within one transaction of the index only.
 *
 * @throws Unread from any method that needs a file of finished work which was not read yet
 */
export class IndexView implements LedgerView {
  readonly #index: IndexDatabase;
  #settings: LedgerSettings | undefined;

  constructor(index: IndexDatabase) {
    this.#index = index;
  }

  get settings(): LedgerSettings {
    this.#settings ??= JSON.parse(this.#index.meta('settings') ?? '') as LedgerSettings;
    return this.#settings;
  }

  find(id: WorkId): WorkItem | undefined {
    const row = this.#index.get('SELECT id, status, oid, problem, item FROM items WHERE id = ?', id);
    if (row === undefined) return undefined;
    if (row.oid !== null) throw new Unread([id]);
    if (row.problem === null) return itemOf(row);
    const problem = problemOf(row);
    throw new LedgerError('DAMAGED_ITEM', `${id} cannot be read: ${describeProblem(problem)}.`, {
      hint: 'It can be put back as it was last whole: wl doctor',
      details: { id, path: pathOf(row), ...problem },
    });
  }

  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined {
    const row = this.#index.get('SELECT status FROM items WHERE id = ?', id);
    return row?.status as WorkStatus | 'damaged' | undefined;
  }

  /** Directory in which the item's file stands. */
  stateOf(id: WorkId): State | undefined {
    return this.#index.get('SELECT state FROM items WHERE id = ?', id)?.state as State | undefined;
  }

  openChildrenOf(id: WorkId): readonly WorkId[] {
    return this.#edges('child', id);
  }

  blockedOn(id: WorkId): readonly WorkId[] {
    return this.#edges('blocked', id);
  }

  openDependentsOf(id: WorkId): readonly WorkId[] {
    return this.#edges('needs', id);
  }

  inProgress(kind: LimitKind, name: string): readonly WorkId[] {
    // An item is held where it has an owner and is in one of these; of a blocked one its file tells.
    const rows = this.#index.all(
      `SELECT id FROM items INDEXED BY items_owned WHERE state = 'active' AND owner IS NOT NULL AND ${COUNTS_UNDER[kind]}
        AND (status IN ('in_progress', 'in_review')
          OR (status = 'blocked' AND json_extract(item, '$.block.from') = 'in_progress')) ORDER BY id`,
      name,
    );
    return rows.map(({ id }) => String(id));
  }

  usedKey(key: string): UsedKey | undefined {
    const row = this.#index.get('SELECT id, op, digest FROM keys WHERE key = ? ORDER BY seq LIMIT 1', key);
    return row && { id: String(row.id), op: String(row.op), digest: String(row.digest) };
  }

  /** @throws Unread where it may stand in finished work that was not read yet */
  fromSource(key: string): readonly WorkId[] {
    const found = this.#edges('source', key);
    if (found.length === 0) this.requireAllRead();
    return found;
  }

  nextNumber(prefix: string, date: string): number {
    const series = `${prefix}-${date}`;
    const given = this.#index.get('SELECT max(number) AS highest FROM items WHERE series = ?', series);
    const deleted = this.#index.all(
      "SELECT item FROM transitions WHERE verb = 'delete' AND item >= ? AND item < ?",
      `${series}-`,
      `${series}-~`,
    );
    const numbers = deleted.map(({ item }) => Number(String(item).slice(series.length + 1)));
    return Math.max(Number(given?.highest ?? 0), ...numbers.filter((number) => Number.isInteger(number))) + 1;
  }

  wasUsed(id: WorkId): boolean {
    return (
      this.statusOf(id) !== undefined ||
      this.#index.get("SELECT 1 FROM transitions WHERE verb = 'delete' AND item = ?", id) !== undefined
    );
  }

  /** Items that match and can be read. @throws Unread where finished work among them was not read yet */
  select({ where, values, limit, order = BY_URGENCY, by }: Selection): WorkItem[] {
    const bound = limit === undefined ? '' : ` LIMIT ${Math.trunc(limit)}`;
    const sql = `SELECT item FROM ${itemsBy(by)} WHERE ${where.join(' AND ')} ORDER BY ${order}${bound}`;
    return this.#index.all(sql, ...values).map(itemOf);
  }

  /** How many items match and can be read. */
  count({ where, values, by }: Selection): number {
    const sql = `SELECT count(*) AS found FROM ${itemsBy(by)} WHERE ${where.join(' AND ')}`;
    return Number(this.#index.get(sql, ...values)?.found);
  }

  /** The rows of a `SELECT` over the tables. */
  rows(sql: string, ...values: (string | number)[]): Row[] {
    return this.#index.all(sql, ...values);
  }

  /** To be called before a column is asked about that is only known once the file was read. @throws Unread */
  requireAllRead(): void {
    if (this.#index.get('SELECT 1 FROM items WHERE oid IS NOT NULL LIMIT 1') !== undefined)
      throw new Unread();
  }

  /** How many items there are by status, without reading any. */
  counts(): Map<string, number> {
    const rows = this.#index.all('SELECT status, count(*) AS found FROM items GROUP BY status');
    return new Map(rows.map(({ status, found }) => [String(status), Number(found)]));
  }

  /** What cannot be read; finished work is among it as far as it was read. */
  damage(all: boolean): Damage[] {
    const strays = this.#index.all('SELECT path, problem FROM strays ORDER BY path');
    // By their names, and not as they came in: an index that is caught up shows what a new one shows.
    const state = all ? '' : " AND state = 'active'";
    const files = this.#index.all(
      `SELECT id, status, state, problem FROM items WHERE problem IS NOT NULL${state} ORDER BY state, id`,
    );
    return [
      ...strays.map((row) => ({ path: String(row.path), id: undefined, problem: problemOf(row) })),
      ...files.map((row) => ({ path: pathOf(row), id: String(row.id), problem: problemOf(row) })),
    ];
  }

  /** Items that are blocked on one that is completed, which stands at `rev`. */
  overdue(): { id: WorkId; blocker_id: WorkId; rev: number }[] {
    const rows = this.#index.all(
      "SELECT e.id, e.target, i.oid, i.item ->> '$.rev' AS rev FROM edges e JOIN items i ON i.id = e.target WHERE e.kind = 'blocked' AND i.status = 'completed' ORDER BY e.id",
    );
    const unread = rows.flatMap(({ oid, target }) => (oid === null ? [] : [String(target)]));
    if (unread.length > 0) throw new Unread(unread);
    return rows.map(({ id, target, rev }) => ({
      id: String(id),
      blocker_id: String(target),
      rev: Number(rev),
    }));
  }

  #edges(kind: string, target: string): WorkId[] {
    const rows = this.#index.all('SELECT id FROM edges WHERE kind = ? AND target = ?', kind, target);
    return rows.map(({ id }) => String(id));
  }
}

const itemsBy = (index: string | undefined): string =>
  index === undefined ? 'items' : `items INDEXED BY ${index}`;

const itemOf = (row: Row): WorkItem => JSON.parse(String(row.item)) as WorkItem;
const problemOf = (row: Row): Problem => JSON.parse(String(row.problem)) as Problem;

function pathOf({ id, status }: Row): string {
  return itemPath(String(id), status === 'damaged' ? 'pending' : (status as WorkStatus));
}

/** A file of the ledger that cannot be read as what should stand there. It stops nothing but itself. */
export interface Damage {
  path: string;
  id: WorkId | undefined;
  problem: Problem;
}
