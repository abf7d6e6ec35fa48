import type { ImportedWork } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerView } from '../domain/view.ts';

/** Where imported work came from; stands in the item as `context.imported.from`. */
export type ImportSource = 'beads' | 'json';

/** Why a note was taken. Rules are for programs that group notes; messages are for people. */
export type ImportRule =
  // The record as a whole; all but `repaired_json` and `id` leave it out of the plan.
  | 'bad_json'
  | 'repaired_json'
  | 'not_an_item'
  | 'duplicate_id'
  | 'too_deep'
  | 'too_large'
  | 'id'
  // One field. What it said is under `context.imported`.
  | 'status'
  | 'type'
  | 'priority'
  | 'title'
  | 'actor'
  | 'label'
  | 'comment'
  | 'time'
  | 'text_cut'
  | 'context_cut'
  | 'field'
  // A reference. What it pointed to is listed under `context.imported.unresolved` or became a link.
  | 'reference_kind'
  | 'reference_malformed'
  | 'reference_unknown'
  | 'reference_tombstone'
  | 'reference_cycle'
  | 'second_parent'
  // A folder of files.
  | 'ignored_file'
  | 'missing_file'
  | 'misplaced_file'
  | 'damaged_item';

/** One thing that could not be taken over exactly. All text is safe to print on one line. */
export interface ImportNote {
  /** Counted from 1; for sources of one record a line. */
  line?: number;
  /** For sources of one record a file. */
  path?: string;
  source_id?: string;
  rule: ImportRule;
  message: string;
}

/** What the `import` command needs for one item. */
export interface ImportCandidate {
  source_id: string;
  id: WorkId;
  item: ImportedWork;
}

/**
 * What an import would do. `records` = `items.length` + `unchanged` + `tombstones` + `unusable`: every record of the source
 * is in exactly one of them.
 */
export interface ImportPlan {
  /** Every parent and dependency stands before the item that needs it; otherwise oldest first. */
  items: ImportCandidate[];
  records: number;
  /** Records that the ledger has already; they are left as they stand there. */
  unchanged: number;
  /** Records that the source itself had deleted. */
  tombstones: number;
  /** Records that are in a note of their own instead of in the plan. */
  unusable: number;
  notes: ImportNote[];
}

/** The ledger that is imported into, as far as a plan looks at it; a `LedgerView` is one. */
export type ImportLedger = Pick<
  LedgerView,
  'settings' | 'find' | 'statusOf' | 'openChildrenOf' | 'openByKey' | 'nextNumber' | 'wasUsed'
>;

export interface ImportOptions {
  ledger: ImportLedger;
  /** The ledger's id for a source's id: see `importedIds`. */
  known: { get(source_id: string): WorkId | undefined };
  /** ISO 8601 UTC with milliseconds; stands in where a record says nothing of when it was created. */
  now: string;
}

/** One file of a source or of an export; `path` is relative, with `/`. */
export interface TransferFile {
  path: string;
  text: string;
}

/**
 * Tells which records of `from` the ledger's items came from, so that a second import plans nothing.
 *
 * Looks through imports of imports: an item that came from Beads, left as JSON and came back is known by both ids.
 */
export function importedIds(
  items: Iterable<Pick<WorkItem, 'id' | 'context'>>,
  from: ImportSource,
): Map<string, WorkId> {
  const known = new Map<string, WorkId>();
  for (const { id, context } of items) {
    for (let origin = asMap(context.imported); origin !== undefined; origin = asMap(origin.imported)) {
      if (origin.from === from && typeof origin.id === 'string') known.set(origin.id, id);
    }
  }
  return known;
}

function asMap(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
