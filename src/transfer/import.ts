import { isWorkId, type WorkId } from '../domain/ids.ts';
import { idFrom, SOURCE_ID_LENGTH } from '../domain/provenance.ts';
import { assemble, type Resolved } from './assemble.ts';
import { type Draft, settle } from './draft.ts';
import { toTime } from './foreign.ts';
import { parseRecord } from './parse-json.ts';
import type { ImportLedger, ImportOptions, ImportPlan, TransferFile } from './plan.ts';
import { ImportNotes, quoteSource, SourceRecord, type Where } from './record.ts';

/** What an import is given, by what it is read from. */
export interface ImportSources {
  file: { text: string };
  folder: { files: Iterable<TransferFile> };
}

/** A format of another program, as text of one file or as the files of a folder. A new one is a file and its row in `formats.ts`. */
export interface SourceFormat<Input> {
  /** Every record that has an id, and how many there are in all. What cannot be read at all is a note. */
  records(input: Input, notes: ImportNotes): { raw: RawRecord[]; count: number };
  /** True for a record that the source keeps of something deleted. */
  isTombstone?(raw: RawRecord): boolean;
  /** Its ids can be a ledger's own: an item of the same id and time of creation is the same. */
  keepsIds: boolean;
  /** All that an item has a field for; what `record` is not asked for ends in `context.imported`. */
  read(record: SourceRecord, raw: RawRecord, options: ImportOptions): Omit<Draft, 'source_id' | 'record'>;
}

/**
 * Plans what a source becomes in a ledger. Pure, and repeatable: what the ledger has already is counted, not planned, so a second run
 * plans nothing. Never throws for what is in `input`: what is no item is a note, and what an item has no field for is kept under its
 * `context.imported`.
 *
 * @param from the name of the format, as `context.imported.from` has it
 */
export function planFrom<Input>(
  from: string,
  format: SourceFormat<Input>,
  input: Input,
  options: ImportOptions,
): ImportPlan {
  const { ledger } = options;
  const notes = new ImportNotes();
  const { raw, count } = format.records(input, notes);
  const present = new Map<string, WorkId>();
  const tombstones = new Set<string>();
  const drafts: Draft[] = [];
  for (const record of withoutDuplicates(raw, notes)) {
    if (format.isTombstone?.(record)) {
      tombstones.add(record.source_id);
      continue;
    }
    const id =
      importedAs(ledger, from, record, notes) ??
      (format.keepsIds ? ownItem(ledger, record, notes) : undefined);
    if (id !== undefined) present.set(record.source_id, id);
    else drafts.push(...draftOf(format, record, options, notes));
  }
  const items = assemble(drafts, from, options, (source_id): Resolved => {
    const id = present.get(source_id) ?? idFrom(ledger, { from, id: source_id.toWellFormed() });
    if (id !== undefined) return { kind: 'item', id };
    if (format.keepsIds && isWorkId(source_id) && ledger.statusOf(source_id) !== undefined)
      return { kind: 'item', id: source_id };
    return { kind: tombstones.has(source_id) ? 'tombstone' : 'unknown' };
  });
  return {
    items,
    records: count,
    unchanged: present.size,
    present: [...present].map(([source_id, id]) => ({ source_id, id })),
    tombstones: tombstones.size,
    unusable: count - items.length - present.size - tombstones.size,
    notes: notes.notes,
  };
}

/** One draft, or none and a note. */
function draftOf<Input>(
  format: SourceFormat<Input>,
  raw: RawRecord,
  options: ImportOptions,
  notes: ImportNotes,
): Draft[] {
  const record = new SourceRecord(raw.value, notes, raw.where);
  record.value('id');
  const draft: Draft = { source_id: raw.source_id, record, ...format.read(record, raw, options) };
  record.keepRest();
  const problem = settle(draft);
  if (problem === undefined) return [draft];
  record.note(problem.rule, problem.message);
  return [];
}

/** A record of JSON that has an id; `undefined` and a note for any other text. */
export function readRecord(text: string, where: Where, notes: ImportNotes): RawRecord | undefined {
  const parsed = parseRecord(text);
  if (parsed.kind !== 'record') {
    notes.add(where, parsed.kind, parsed.message);
    return undefined;
  }
  const { value, repairs } = parsed;
  const { id: source_id } = value;
  if (typeof source_id !== 'string' || source_id.trim() === '' || source_id.length > SOURCE_ID_LENGTH) {
    notes.add(where, 'not_an_item', `it has no id of 1 to ${SOURCE_ID_LENGTH} characters`);
    return undefined;
  }
  const record = { source_id, where: { ...where, source_id }, value };
  if (repairs > 0)
    notes.add(record.where, 'repaired_json', `${repairs} places that are not JSON were repaired`);
  return record;
}

/** A byte order mark says nothing, and JSON does not know it. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/** The ledger's item of a record's own id; another item that only has the same id is not it. */
function ownItem(
  ledger: ImportLedger,
  { source_id, where, value }: RawRecord,
  notes: ImportNotes,
): WorkId | undefined {
  const status = isWorkId(source_id) ? ledger.statusOf(source_id) : undefined;
  if (status === undefined) return undefined;
  if (status === 'damaged') {
    notes.add(
      where,
      'damaged_item',
      'the ledger has an item of this id that cannot be read; it was left alone',
    );
    return source_id;
  }
  return ledger.find(source_id)?.created_at === createdAt(value) ? source_id : undefined;
}

/** One record of a source before it is read: its raw fields and where they stood. */
export interface RawRecord {
  source_id: string;
  where: Where;
  value: Record<string, unknown>;
}

/** The last word on each id: of records with one id the one that was updated last, the others with a note each. */
function withoutDuplicates(records: readonly RawRecord[], notes: ImportNotes): RawRecord[] {
  const latest = new Map<string, RawRecord>();
  for (const record of records) {
    const other = latest.get(record.source_id);
    const wins = other === undefined || updatedAt(record) >= updatedAt(other);
    if (wins) latest.set(record.source_id, record);
    const loser = wins ? other : record;
    if (loser === undefined) continue;
    const winner = wins ? record : other;
    const place = winner?.where.line === undefined ? (winner?.where.path ?? '') : `line ${winner.where.line}`;
    notes.add(
      loser.where,
      'duplicate_id',
      `${quoteSource(record.source_id)} stands more than once; ${quoteSource(place)} was updated last and was taken`,
    );
  }
  return [...latest.values()];
}

function updatedAt({ value }: RawRecord): string {
  const times = [value.updated_at, value.deleted_at, value.created_at].map((time) =>
    typeof time === 'string' ? (toTime(time) ?? '') : '',
  );
  return times.sort().at(-1) ?? '';
}

/** What the ledger has of a record's source. A record that seems to be another item, of another project, is noted. */
function importedAs(
  ledger: ImportLedger,
  from: string,
  { source_id, where, value }: RawRecord,
  notes: ImportNotes,
): WorkId | undefined {
  const id = idFrom(ledger, { from, id: source_id.toWellFormed() });
  const created_at = createdAt(value);
  if (id === undefined || created_at === undefined) return id;
  if (ledger.find(id)?.created_at !== created_at) {
    notes.add(
      where,
      'same_id',
      `${id} came from this id of ${from} and was created at another time; where this is another project's, it was not imported`,
    );
  }
  return id;
}

const createdAt = ({ created_at }: RawRecord['value']): string | undefined =>
  typeof created_at === 'string' ? toTime(created_at) : undefined;
