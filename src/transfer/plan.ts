import type { WorkId } from '../domain/ids.ts';
import type { ImportedWork } from '../domain/verbs/import.ts';
import type { LedgerView } from '../domain/view.ts';

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
  // Left alone as here already, though it seems to be another item.
  | 'same_id'
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
  /** Provisional, unless it was kept or made without asking: a number is settled with the import, as that of a `create`. */
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
  /** How many records the ledger has already; they are left as they stand there. */
  unchanged: number;
  /** Those records, and what each is there. */
  present: readonly { source_id: string; id: WorkId }[];
  /** Records that the source itself had deleted. */
  tombstones: number;
  /** Records that are in a note of their own instead of in the plan. */
  unusable: number;
  notes: ImportNote[];
}

/** The ledger that is imported into, as far as a plan looks at it; a `LedgerView` is one. */
export type ImportLedger = Pick<
  LedgerView,
  'settings' | 'find' | 'statusOf' | 'openChildrenOf' | 'usedKey' | 'fromSource' | 'nextNumber' | 'wasUsed'
>;

export interface ImportOptions {
  ledger: ImportLedger;
  /** Draws the random part of an id, where nobody can be asked for numbers: then none is given or kept. */
  randomSuffix?: (() => string) | undefined;
  /** ISO 8601 UTC with milliseconds; stands in where a record says nothing of when it was created. */
  now: string;
}

/** One file of a source or of an export; `path` is relative, with `/`. */
export interface TransferFile {
  path: string;
  text: string;
}
