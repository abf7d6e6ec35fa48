import {
  isTerminal,
  WORK_PRIORITIES,
  WORK_STATUSES,
  WORK_TYPES,
  type WorkItem,
  type WorkStatus,
} from '../domain/item.ts';
import { workItemSchema } from '../domain/item-schema.ts';
import { toSafeLine } from '../domain/text.ts';
import type { Draft } from './draft.ts';
import { cleanMap, DATA_DEPTH, depthOf, isMap, keepable } from './foreign.ts';
import { readLabels } from './labels.ts';
import { quoteSource } from './notebook.ts';
import type { ImportOptions, ImportRule } from './plan.ts';
import type { SourceRecord } from './record.ts';

/** Reads every field but the references. Fields that this version does not know stay fields, as in the ledger's own files. */
export function readJsonFields(record: SourceRecord, { ledger, now }: ImportOptions): Draft['fields'] {
  record.take('schema');
  for (const key of ['rev', 'last_op', 'history']) record.keep(key);
  const created_at = readCreated(record, now);
  const updated_at = record.time('updated_at') ?? created_at;
  const context = readContext(record);
  const owner = record.actor('owner');
  const status = readStatus(record, owner);
  const key = record.text('idempotency_key');
  const keyTaken = key !== undefined && !isTerminal(status) && ledger.openByKey(key) !== undefined;
  if (keyTaken) record.keepNoted('idempotency_key', 'field', 'an open item has its idempotency_key');
  const title = record.line('title', 500);
  if (title === undefined) record.note('title', 'it has no title');
  return {
    title: title ?? '(untitled)',
    type: oneOf(record, 'type', WORK_TYPES, 'task'),
    priority: oneOf(record, 'priority', WORK_PRIORITIES, 'medium'),
    status,
    owner,
    labels: readLabels(record),
    description: record.longText('description') ?? '',
    context,
    created_at,
    created_by: record.actor('created_by') ?? 'unknown',
    updated_at,
    started_at: record.time('started_at'),
    completed_at: record.time('completed_at') ?? (isTerminal(status) ? updated_at : undefined),
    not_before: record.time('not_before'),
    block: readBlock(record, { status, owner, context, updated_at }),
    error: record.longText('error'),
    idempotency_key: keyTaken ? undefined : key,
    ...readRest(record),
  };
}

function readCreated(record: SourceRecord, now: string): string {
  const created_at = record.time('created_at');
  if (created_at === undefined) record.note('time', `it does not say when it was created; ${now} was taken`);
  return created_at ?? now;
}

/** The item's own context; where it was imported once before, that origin goes on under the new one. */
function readContext(record: SourceRecord): WorkItem['context'] {
  const value = record.take('context');
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
  const block = record.take('block');
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
  return cleanMap(Object.fromEntries(keys.map((key) => [key, record.take(key)])));
}
