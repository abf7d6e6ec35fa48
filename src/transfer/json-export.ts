import { stateOf } from '../codec/path.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import { parseId } from '../domain/ids.ts';
import { compareText, WORK_STATUSES, type WorkItem } from '../domain/item.ts';
import { ITEM_KEYS, unknownKeys } from '../domain/item-keys.ts';
import { verbOf } from '../domain/verbs.ts';
import type { TransferFile } from './plan.ts';

/** What the layout records of one transition. */
export type HistoryEvent = Pick<TransitionEvent, 'at' | 'verb' | 'actor' | 'from' | 'to'> &
  Partial<Pick<TransitionEvent, 'reason' | 'epoch' | 'execution_id' | 'op' | 'rev'>>;

export interface ExportEntry {
  item: WorkItem;
  /** Oldest first. */
  history: readonly HistoryEvent[];
}

/** The layout's own fields, which each file has: `null` where an item has no such value. */
const CLASSIC = [
  'id',
  'title',
  'type',
  'priority',
  'status',
  'owner',
  'description',
  'context',
  'parent_id',
  'dependencies',
  'created_at',
  'created_by',
  'updated_at',
  'started_at',
  'completed_at',
  'result',
  'error',
  'swarm_name',
  'job_id',
  'execution_id',
] as const;

/**
 * The ledger as a folder of JSON: one file an item with its history, `index.json` last.
 *
 * Open items stand in `active/`, finished ones in `completed/YYYY/MM/`, `failed/YYYY/MM/` and `cancelled/YYYY/MM/` by the
 * month they were finished in. Files are yielded as they are asked for; the index alone is held.
 */
export function* exportJson(entries: Iterable<ExportEntry>, now: string): Generator<TransferFile, void> {
  const index = new Index();
  for (const { item, history } of entries) {
    const path = pathOf(item);
    index.add(item, path);
    yield { path, text: toText({ ...fieldsOf(item), history: history.map(toHistoryEntry) }) };
  }
  yield { path: 'index.json', text: toText(index.toJson(now)) };
}

const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function pathOf(item: WorkItem): string {
  const state = stateOf(item.status);
  if (state === 'active') return `active/${item.id}.json`;
  const finished = (state === 'completed' ? item.completed_at : undefined) ?? item.updated_at;
  return `${state}/${finished.slice(0, 4)}/${finished.slice(5, 7)}/${item.id}.json`;
}

function fieldsOf(item: WorkItem): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of CLASSIC) fields[key] = item[key] ?? null;
  const known = ITEM_KEYS.map((key) => [key, item[key]] as const);
  const others = Object.entries(unknownKeys(item)).sort(([a], [b]) => compareText(a, b));
  for (const [key, value] of [...known, ...others])
    if (!(key in fields) && value !== undefined) fields[key] = value;
  return fields;
}

function toHistoryEntry({ at, verb, actor, from, to, ...details }: HistoryEvent): Record<string, unknown> {
  const { op, rev, epoch, execution_id, reason } = details;
  return {
    timestamp: at,
    action: verbOf(verb).line,
    actor,
    // What is undefined, JSON leaves out.
    details: { op, rev, epoch, execution_id, reason },
    previous_status: from ?? null,
    new_status: to ?? null,
  };
}

class Index {
  readonly #paths = new Map<string, string>();
  readonly #lists = {
    status: new Map<string, string[]>(WORK_STATUSES.map((status) => [status, []])),
    owner: new Map<string, string[]>(),
    swarm: new Map<string, string[]>(),
    parent: new Map<string, string[]>(),
  };
  #highest = 0;

  add(item: WorkItem, path: string): void {
    this.#paths.set(item.id, path);
    this.#highest = Math.max(this.#highest, parseId(item.id).number ?? 0);
    append(this.#lists.status, item.status, item.id);
    append(this.#lists.owner, item.owner, item.id);
    append(this.#lists.swarm, item.swarm_name, item.id);
    append(this.#lists.parent, item.parent_id, item.id);
  }

  toJson(now: string): Record<string, unknown> {
    return {
      version: '1.0',
      last_updated: now,
      total_count: this.#paths.size,
      // The layout's own programs give the next number after this one, whatever the day.
      id_counter: this.#highest,
      items: Object.fromEntries([...this.#paths].sort(([a], [b]) => compareText(a, b))),
      by_status: toLists(this.#lists.status),
      by_owner: toLists(this.#lists.owner),
      by_swarm: toLists(this.#lists.swarm),
      by_parent: toLists(this.#lists.parent),
    };
  }
}

function append(lists: Map<string, string[]>, key: string | undefined, id: string): void {
  if (key === undefined) return;
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [id]);
  else list.push(id);
}

function toLists(lists: ReadonlyMap<string, string[]>): Record<string, string[]> {
  return Object.fromEntries([...lists].map(([key, ids]) => [key, ids.toSorted()]));
}
