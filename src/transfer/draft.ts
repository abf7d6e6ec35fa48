import { encodeItem } from '../codec/item.ts';
import { isLedgerError } from '../domain/errors.ts';
import { idDate, numberedId, type WorkId } from '../domain/ids.ts';
import type { JsonMap, WorkItem, WorkLink } from '../domain/item.ts';
import { workItemSchema } from '../domain/item-schema.ts';
import { describeIssue } from '../domain/schema.ts';
import { byteLength, cleanJson, keepable } from './foreign.ts';
import type { ImportRule } from './plan.ts';
import type { SourceRecord } from './record.ts';

/** What a record points to, by the ids of its source. */
export interface SourceEdge {
  kind: 'parent' | 'dependency' | 'blocker' | WorkLink['kind'];
  target: string;
  /** True where the source writes the link on the other end. */
  reversed?: boolean;
  /** True for a link that can lead to an item alone, so that one that does not is worth a note. */
  to_item?: boolean;
}

/** One record, read: all that can be known before ids are given and references are looked up. */
export interface Draft {
  source_id: string;
  record: SourceRecord;
  /** The id it should have, where the ledger lets it. */
  wanted_id?: WorkId;
  /** All fields but the id, the references and `context.imported`. */
  fields: Record<string, unknown> & { created_at: string };
  edges: SourceEdge[];
}

const CONTEXT_BYTES = 256 * 1024;
/** Half of what a reader opens: work adds checkpoints, comments and a result to what it was given. */
const FILE_BYTES = 1024 * 1024;
const WORTH_ENCODING = 128 * 1024;

const PLACEHOLDER = {
  schema: 1,
  rev: 1,
  id: numberedId('WRK', idDate('1970-01-01'), 1),
  last_op: '00000000-0000-7000-8000-000000000000',
} as const;

/**
 * Moves every field that an item cannot have to `context.imported`, so that the rest is one.
 *
 * @returns why the record cannot be an item at all; `undefined` where it can
 */
export function settle(draft: Draft): { rule: ImportRule; message: string } | undefined {
  const { fields, record } = draft;
  for (const [key, schema] of Object.entries(workItemSchema().shape)) {
    // What the context holds above its limit is left out part by part, below.
    if (fields[key] === undefined || key === 'context') continue;
    const parsed = schema.safeParse(fields[key]);
    if (parsed.success) continue;
    const [issue] = parsed.error.issues;
    record.note(
      'field',
      `${key} cannot be taken over: ${issue === undefined ? 'not valid' : describeIssue(issue)}`,
    );
    if (record.kept[key] === undefined) record.kept[key] = keepable(fields[key]);
    delete fields[key];
  }
  const context = fitContext(draft, {});
  draft.fields.context = withoutOrigin(context);
  const parsed = workItemSchema().safeParse({ ...fields, ...PLACEHOLDER, context });
  if (!parsed.success)
    return { rule: 'not_an_item', message: parsed.error.issues.map(describeIssue).join('; ') };
  if (byteLength(cleanJson(parsed.data)) < WORTH_ENCODING) return undefined;
  if (fileSize(parsed.data) <= FILE_BYTES) return undefined;
  return { rule: 'too_large', message: `its file would have more than ${FILE_BYTES} bytes` };
}

function fileSize(item: WorkItem): number {
  try {
    return encodeItem(item).length;
  } catch (error) {
    // The encoder refuses what no reader would open.
    if (isLedgerError(error, 'INVALID_INPUT')) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/**
 * The item as the ledger will hold it but for what its transition adds.
 *
 * @throws ZodError never for a draft that was settled, where `refs` are ids
 */
export function finishItem(
  draft: Draft,
  from: string,
  refs: Partial<WorkItem>,
  unresolved: readonly JsonMap[],
): WorkItem {
  const origin: JsonMap = { from, id: draft.source_id.toWellFormed() };
  const context = fitContext(
    draft,
    unresolved.length === 0 ? origin : { ...origin, unresolved: [...unresolved] },
  );
  return workItemSchema().parse({ ...draft.fields, ...PLACEHOLDER, ...refs, context });
}

const withoutOrigin = ({ imported: _, ...own }: JsonMap): JsonMap => own;

/**
 * The draft's context with `origin` and all that was kept under `imported`; where that is above 256 KiB, the largest parts
 * are left out with a note each.
 */
function fitContext({ fields, record }: Draft, origin: JsonMap): JsonMap {
  const own: JsonMap = { ...((fields.context ?? {}) as JsonMap) };
  const imported: JsonMap = { ...origin, ...record.kept };
  for (;;) {
    const whole: JsonMap = { ...own, imported };
    if (byteLength(whole) <= CONTEXT_BYTES) return whole;
    const parts = [imported, own].flatMap((map) =>
      Object.entries(map).map(([key, value]) => ({ map, key, bytes: byteLength(value) })),
    );
    const [largest] = parts.sort((a, b) => b.bytes - a.bytes);
    if (largest === undefined) return whole;
    delete largest.map[largest.key];
    if (largest.map === imported) delete record.kept[largest.key];
    record.note(
      'context_cut',
      `${largest.key} (${largest.bytes} bytes) does not fit into the context and was left out`,
    );
  }
}
