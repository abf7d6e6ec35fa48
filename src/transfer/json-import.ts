import { stateOf } from '../codec/path.ts';
import { link as linkKind } from '../domain/fields.ts';
import { isReservedKey } from '../domain/graph.ts';
import { isWorkId } from '../domain/ids.ts';
import {
  isTerminal,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkStatus,
} from '../domain/item.ts';
import { workItemSchema } from '../domain/item-schema.ts';
import { schemaOf } from '../domain/schema.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Draft, SourceEdge } from './draft.ts';
import { cleanMap, DATA_DEPTH, depthOf, isMap, keepable } from './foreign.ts';
import { type ImportSources, type RawRecord, readRecord, type SourceFormat, withoutMark } from './import.ts';
import { parseRecord } from './parse-json.ts';
import type { ImportOptions, ImportRule, TransferFile } from './plan.ts';
import { type ImportNotes, quoteSource, type SourceRecord } from './record.ts';

/**
 * A folder of JSON: an export of this program, or of one that keeps the same layout (`active/ID.json`, `completed/YYYY/MM/ID.json`, …,
 * `index.json`), whose times may have no zone and are then UTC. Ids stay where the ledger lets them. History is kept under
 * `context.imported.history`.
 */
export const json: SourceFormat<ImportSources['folder']> = {
  keepsIds: true,
  records: ({ files }, notes) => readFiles(files, notes),
  read: (record, { source_id, where }, options) => {
    const fields = readJsonFields(record, options);
    const edges = readJsonEdges(record, fields);
    if (!isWorkId(source_id)) record.note('id', 'its id is not one that this ledger can have');
    const directory = DIRECTORY.exec(where.path ?? '')?.[1];
    if (directory !== undefined && directory !== stateOf(fields.status as WorkStatus)) {
      record.note(
        'misplaced_file',
        `it stands in ${directory}/ but is ${String(fields.status)}; the status inside counts`,
      );
    }
    return { fields, edges, ...(isWorkId(source_id) ? { wanted_id: source_id } : {}) };
  },
};

const DIRECTORY = /(?:^|\/)(active|completed|failed|cancelled)\//;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function readFiles(files: Iterable<TransferFile>, notes: ImportNotes): { raw: RawRecord[]; count: number } {
  const raw: RawRecord[] = [];
  const names = new Set<string>();
  const indexes: TransferFile[] = [];
  let count = 0;
  for (const file of files) {
    const { path } = file;
    names.add(nameOf(path));
    if (nameOf(path) === 'index.json') indexes.push(file);
    else if (!path.endsWith('.json')) notes.add({ path }, 'ignored_file', 'it is not a JSON file');
    else {
      count += 1;
      const record = readFile(file, notes);
      if (record !== undefined) raw.push(record);
    }
  }
  for (const index of indexes) checkIndex(index, names, notes);
  return { raw, count };
}

function readFile({ path, text }: TransferFile, notes: ImportNotes): RawRecord | undefined {
  const record = readRecord(withoutMark(text), { path }, notes);
  if (record !== undefined && nameOf(path) !== `${record.source_id}.json`) {
    const named = quoteSource(nameOf(path));
    notes.add(record.where, 'misplaced_file', `it is named ${named}; the id inside counts`);
  }
  return record;
}

/** The index says nothing that the files do not say themselves, but for which files there should be. */
function checkIndex({ path, text }: TransferFile, names: ReadonlySet<string>, notes: ImportNotes): void {
  const parsed = parseRecord(text);
  if (parsed.kind !== 'record') {
    notes.add({ path }, parsed.kind, `the index was not used: ${parsed.message}`);
    return;
  }
  const { items } = parsed.value;
  for (const [source_id, listed] of Object.entries(isMap(items) ? items : {})) {
    if (typeof listed === 'string' && names.has(nameOf(listed))) continue;
    notes.add({ path, source_id }, 'missing_file', 'the index lists it, but its file is not there');
  }
}

/** Reads every field but the references. Fields that this version does not know stay fields, as in the ledger's own files. */
function readJsonFields(record: SourceRecord, { ledger, now }: ImportOptions): Draft['fields'] {
  record.value('schema');
  for (const key of ['rev', 'last_op', 'history']) record.keep(key);
  const created_at = readCreated(record, now);
  const updated_at = record.time('updated_at') ?? created_at;
  const context = readContext(record);
  const owner = record.actor('owner');
  const status = readStatus(record, owner);
  const key = record.text('idempotency_key');
  const whyNoKey = key === undefined ? undefined : whyLeftOut(key, ledger);
  if (whyNoKey !== undefined) record.keepNoted('idempotency_key', 'field', `its idempotency_key ${whyNoKey}`);
  return {
    title: record.title(),
    type: oneOf(record, 'type', WORK_TYPES, 'task'),
    priority: oneOf(record, 'priority', WORK_PRIORITIES, 'medium'),
    status,
    owner,
    labels: record.labels(),
    description: record.longText('description') ?? '',
    context,
    created_at,
    created_by: record.actor('created_by') ?? 'unknown',
    updated_at,
    started_at: record.time('started_at'),
    completed_at: record.time('completed_at') ?? (isTerminal(status) ? updated_at : undefined),
    not_before: record.time('not_before'),
    due_at: record.time('due_at'),
    block: readBlock(record, { status, owner, context, updated_at }),
    error: record.longText('error'),
    idempotency_key: whyNoKey ? undefined : key,
    ...readRest(record),
  };
}

function whyLeftOut(key: string, ledger: ImportOptions['ledger']): string | undefined {
  if (isReservedKey(key)) return 'is reserved for who made it';
  return ledger.usedKey(key) === undefined ? undefined : 'was used already';
}

function readCreated(record: SourceRecord, now: string): string {
  const created_at = record.time('created_at');
  if (created_at === undefined) record.note('time', `it does not say when it was created; ${now} was taken`);
  return created_at ?? now;
}

/** The item's own context; where it was imported once before, that origin goes on under the new one. */
function readContext(record: SourceRecord): WorkItem['context'] {
  const value = record.value('context');
  if (value === undefined) return {};
  if (!isMap(value)) {
    record.keepNoted('context', 'field', 'context is not a map');
    return {};
  }
  const { imported, ...context } = cleanMap(value);
  if (imported !== undefined) record.kept.imported = keepable(imported);
  if (depthOf(context) <= DATA_DEPTH) return context;
  record.keepNoted('context', 'field', 'context nests too deep');
  return {};
}

function oneOf<T extends string>(
  record: SourceRecord,
  key: ImportRule & ('type' | 'priority' | 'status'),
  known: readonly T[],
  fallback: T,
): T {
  const text = record.text(key);
  const same = known.find((value) => value === text);
  if (same === undefined && text !== undefined) {
    record.keepNoted(key, key, `${key} ${quoteSource(text)} became ${fallback}`);
  }
  return same ?? fallback;
}

function readStatus(record: SourceRecord, owner: string | undefined): WorkStatus {
  const status = oneOf(record, 'status', WORK_STATUSES, 'pending');
  if (owner !== undefined || (status !== 'in_progress' && status !== 'in_review')) return status;
  record.keepNoted('status', 'status', `it is ${status} but nobody's; it became pending`);
  return 'pending';
}

type Known = Pick<WorkItem, 'status' | 'context' | 'updated_at'> & { owner: string | undefined };

/** A blocked item without a block is the layout's older form, which kept the reason in the context. */
function readBlock(record: SourceRecord, { status, owner, context, updated_at }: Known): unknown {
  const block = record.value('block');
  if (isMap(block)) {
    // The blocker is a reference, and is read with those.
    if (workItemSchema().shape.block.safeParse({ ...block, blocker_id: undefined }).success)
      return cleanMap(block);
    record.keepNoted('block', 'field', 'block has not what a block needs');
  } else if (block !== undefined) record.keepNoted('block', 'field', 'block is not a map');
  if (status !== 'blocked') return undefined;
  const { block_reason } = context;
  const reason = typeof block_reason === 'string' ? toSafeLine(block_reason, 1000) : '';
  return {
    reason: reason === '' ? 'imported as blocked' : reason,
    since: updated_at,
    from: owner === undefined ? 'pending' : 'in_progress',
  };
}

const REFERENCES: ReadonlySet<string> = new Set(['parent_id', 'dependencies', 'links']);

function readRest(record: SourceRecord): Record<string, unknown> {
  // The one key that a map of fields cannot have.
  record.keep('__proto__');
  const keys = record.rest().filter((key) => !REFERENCES.has(key));
  return cleanMap(Object.fromEntries(keys.map((key) => [key, record.value(key)])));
}

/** Reads what an item points to; takes the blocker out of `fields.block`, since it comes back as a reference. */
function readJsonEdges(record: SourceRecord, fields: Draft['fields']): SourceEdge[] {
  const edges: SourceEdge[] = [];
  const parent = record.text('parent_id');
  if (parent !== undefined) edges.push({ kind: 'parent', target: parent });

  for (const target of record.list('dependencies')) {
    if (typeof target === 'string' && target !== '') edges.push({ kind: 'dependency', target });
    else record.keepNoted('dependencies', 'reference_malformed', 'a dependency is not an id');
  }
  for (const entry of record.list('links')) {
    const link = schemaOf(linkKind).safeParse(entry);
    if (link.success) edges.push(link.data);
    else record.keepNoted('links', 'reference_malformed', 'a link has no known kind, or no target');
  }
  if (isMap(fields.block)) {
    const { blocker_id, ...block } = fields.block;
    if (typeof blocker_id === 'string') edges.push({ kind: 'blocker', target: blocker_id });
    else if (blocker_id !== undefined && blocker_id !== null) {
      record.keepNoted('block', 'reference_malformed', 'its blocker is not an id');
    }
    fields.block = block;
  }
  return edges;
}
