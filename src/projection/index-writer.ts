import type { SQLInputValue } from 'node:sqlite';
import type { DecodedItem } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import type { Problem } from '../codec/problem.ts';
import { parseId, type WorkId } from '../domain/ids.ts';
import { isTerminal, WORK_PRIORITIES, type WorkItem } from '../domain/item.ts';
import { sourceKey, sourcesOf } from '../domain/provenance.ts';
import type { Oid } from '../store/port.ts';
import type { IndexDatabase } from './index-database.ts';

/** What stands where an item's file should: read, damaged, or known by its path and blob alone. */
export type Content = DecodedItem | { kind: 'unread'; oid: Oid };

const COLUMNS = [
  ...['state', 'status', 'series', 'number', 'type', 'rank', 'owner', 'created_by', 'swarm', 'job', 'parent'],
  ...['imported_id', 'not_before', 'created_at', 'updated_at', 'oid', 'problem', 'item'],
];
const UPSERT = `INSERT INTO items (id, ${COLUMNS.join(', ')}) VALUES (?${', ?'.repeat(COLUMNS.length)})
  ON CONFLICT (id) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`;
const COUNT_WAITS = `UPDATE items SET waits =
  (SELECT count(*) FROM edges LEFT JOIN items AS needed ON needed.id = edges.target
    WHERE edges.id = items.id AND edges.kind = 'needs' AND needed.status IS NOT 'completed') +
  (SELECT count(*) FROM edges WHERE edges.kind = 'child' AND edges.target = items.id) +
  (SELECT count(*) FROM edges JOIN items AS parent ON parent.id = edges.target
    WHERE edges.id = items.id AND edges.kind = 'child' AND parent.status IN ('failed', 'cancelled'))`;

/** Changes the index, within one write transaction, and keeps everything in it that follows from the items. */
export class IndexWriter {
  readonly #index: IndexDatabase;
  readonly #loading: boolean;
  readonly #withWords: boolean;
  readonly #touched = new Set<WorkId>();

  /** @param loading leaves what follows from all items together to `countAllWaits` */
  constructor(index: IndexDatabase, options: { loading?: boolean } = {}) {
    this.#index = index;
    this.#loading = options.loading ?? false;
    this.#withWords = index.meta('words') !== undefined;
  }

  put(id: WorkId, state: State, content: Content): void {
    const before = this.#loading ? undefined : this.#leave(id);
    const item = content.kind === 'item' ? content.item : undefined;
    const status = item?.status ?? (state === 'active' ? 'damaged' : state);
    if (!this.#loading && isDead(before) !== isDead(status)) this.#touchParts(id);
    const { prefix, date, number } = parseId(id);
    const own: SQLInputValue[] = [state, status, `${prefix}-${date}`, number ?? null];
    const rest: SQLInputValue[] = [
      content.kind === 'unread' ? content.oid : null,
      content.kind === 'damaged' ? JSON.stringify(content.problem) : null,
      item === undefined ? null : JSON.stringify(item),
    ];
    this.#index.run(UPSERT, id, ...own, ...columnsOf(item), ...rest);
    if (item === undefined) return;
    for (const source of sourcesOf(item)) this.#addEdge('source', sourceKey(source), id);
    if (!isTerminal(item.status)) this.#addEdges(item);
    if (this.#withWords) addWords(this.#index, item);
  }

  remove(id: WorkId): void {
    if (isDead(this.#leave(id))) this.#touchParts(id);
    this.#index.run('DELETE FROM items WHERE id = ?', id);
  }

  setStray(path: string, problem: Problem | undefined): void {
    if (problem === undefined) this.#index.run('DELETE FROM strays WHERE path = ?', path);
    else this.#index.run('INSERT OR REPLACE INTO strays VALUES (?, ?)', path, JSON.stringify(problem));
  }

  /** To be called last: counts anew what the changed items, and those that point at them, wait for. */
  finish(): void {
    for (const id of this.#touched) this.#index.run(`${COUNT_WAITS} WHERE id = ? AND state = 'active'`, id);
    this.#touched.clear();
  }

  countAllWaits(): void {
    this.#index.run(`${COUNT_WAITS} WHERE state = 'active'`);
  }

  /** Takes out what the item's present row led to. @returns the status that it had */
  #leave(id: WorkId): unknown {
    const row = this.#index.get('SELECT status FROM items WHERE id = ?', id);
    this.#touch(id);
    this.#index.run('DELETE FROM edges WHERE id = ?', id);
    if (this.#withWords)
      this.#index.run('DELETE FROM words WHERE rowid = (SELECT n FROM items WHERE id = ?)', id);
    return row?.status;
  }

  #addEdges(item: WorkItem): void {
    for (const target of item.dependencies) this.#addEdge('needs', target, item.id);
    const blocker = item.block?.blocker_id;
    if (blocker !== undefined) this.#addEdge('blocked', blocker, item.id);
    for (const { kind, target } of item.links)
      if (kind === 'discovered_from') this.#addEdge('discovered', target, item.id);
    if (item.parent_id === undefined) return;
    this.#addEdge('child', item.parent_id, item.id);
    if (!this.#loading) this.#touched.add(item.parent_id);
  }

  #addEdge(kind: string, target: string, id: WorkId): void {
    this.#index.run('INSERT OR IGNORE INTO edges VALUES (?, ?, ?)', kind, target, id);
  }

  #touchParts(id: WorkId): void {
    for (const row of this.#index.all("SELECT id FROM edges WHERE kind = 'child' AND target = ?", id))
      this.#touched.add(String(row.id));
  }

  #touch(id: WorkId): void {
    this.#touched.add(id);
    const around = this.#index.all(
      "SELECT id FROM edges WHERE kind = 'needs' AND target = ? UNION SELECT target FROM edges WHERE id = ? AND kind = 'child'",
      id,
      id,
    );
    for (const row of around) this.#touched.add(String(row.id));
  }
}

/** Of an item whose parts do not go on. */
const isDead = (status: unknown): boolean => status === 'failed' || status === 'cancelled';

const AT_ONCE = 1_000;

/** Takes every readable item's words into the search, from then on with each change. */
export function addAllWords(index: IndexDatabase): void {
  index.write(() => {
    index.run("INSERT INTO words (words) VALUES ('delete-all')");
    index.setMeta('words', 'all');
    const last = Number(index.get('SELECT max(n) AS last FROM items')?.last ?? 0);
    for (let from = 0; from <= last; from += AT_ONCE) {
      const rows = index.all(
        'SELECT item FROM items WHERE n > ? AND n <= ? AND item IS NOT NULL',
        from,
        from + AT_ONCE,
      );
      for (const { item } of rows) addWords(index, JSON.parse(String(item)) as WorkItem);
    }
  });
}

function addWords(index: IndexDatabase, item: WorkItem): void {
  const sql = 'INSERT INTO words (rowid, body) VALUES ((SELECT n FROM items WHERE id = ?), ?)';
  index.run(sql, item.id, searchText(item));
}

function columnsOf(item: WorkItem | undefined): SQLInputValue[] {
  if (item === undefined) return Array<null>(11).fill(null);
  return [
    item.type,
    WORK_PRIORITIES.length - 1 - WORK_PRIORITIES.indexOf(item.priority),
    item.owner ?? null,
    item.created_by,
    item.swarm_name ?? null,
    item.job_id ?? null,
    item.parent_id ?? null,
    importedId(item) ?? null,
    item.not_before ?? null,
    item.created_at,
    item.updated_at,
  ];
}

/** Everything of an item in which a word is looked for. */
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
  return parts.join('\n');
}

/** The id that an imported item had where it came from. */
function importedId(item: WorkItem): string | undefined {
  const imported = item.context.imported;
  if (imported === null || typeof imported !== 'object' || Array.isArray(imported)) return undefined;
  const id = imported.id;
  return typeof id === 'string' ? id : undefined;
}
