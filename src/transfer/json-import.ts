import { stateOf } from '../codec/path.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { WorkStatus } from '../domain/item.ts';
import { idFrom, SOURCE_ID_LENGTH } from '../domain/provenance.ts';
import { assemble } from './assemble.ts';
import { type Draft, settle } from './draft.ts';
import { createdAt, type RawRecord, standingIn, withoutDuplicates } from './duplicates.ts';
import { isMap } from './foreign.ts';
import { readJsonEdges } from './json-edges.ts';
import { readJsonFields } from './json-fields.ts';
import { Notebook, quoteSource } from './notebook.ts';
import { parseRecord } from './parse-json.ts';
import type { ImportOptions, ImportPlan, TransferFile } from './plan.ts';
import { SourceRecord } from './record.ts';

/**
 * Plans what a folder of JSON becomes in this ledger: an export of this program, or of one that keeps the same layout
 * (`active/ID.json`, `completed/YYYY/MM/ID.json`, …, `index.json`), whose times may have no zone and are then UTC.
 *
 * Ids stay where the ledger lets them. An item that the ledger has, by its own id and time of creation or by
 * `context.imported`, is counted and not planned, so a second run plans nothing. Never throws for what is in `files`: one that is
 * not an item is a note. History is kept under `context.imported.history`.
 */
export function planJsonImport(files: Iterable<TransferFile>, options: ImportOptions): ImportPlan {
  const notebook = new Notebook();
  const { raw, records } = readFiles(files, notebook);
  const unchanged = new Map<string, WorkId>();
  const drafts: Draft[] = [];
  for (const record of withoutDuplicates(raw, notebook)) {
    const id = findInLedger(record, options, notebook);
    if (id !== undefined) unchanged.set(record.source_id, id);
    else drafts.push(...toDraft(record, options, notebook));
  }
  const items = assemble(drafts, 'json', options, (source_id) => {
    const source = { from: 'json', id: source_id.toWellFormed() };
    const id = unchanged.get(source_id) ?? idFrom(options.ledger, source) ?? source_id;
    return isWorkId(id) && options.ledger.statusOf(id) !== undefined
      ? { kind: 'item', id }
      : { kind: 'unknown' };
  });
  return {
    items,
    records,
    unchanged: unchanged.size,
    present: [...unchanged].map(([source_id, id]) => ({ source_id, id })),
    tombstones: 0,
    unusable: records - items.length - unchanged.size,
    notes: notebook.notes,
  };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function readFiles(files: Iterable<TransferFile>, notebook: Notebook): { raw: RawRecord[]; records: number } {
  const raw: RawRecord[] = [];
  const names = new Set<string>();
  const indexes: TransferFile[] = [];
  let records = 0;
  for (const file of files) {
    const { path } = file;
    names.add(nameOf(path));
    if (nameOf(path) === 'index.json') indexes.push(file);
    else if (!path.endsWith('.json')) notebook.add({ path }, 'ignored_file', 'it is not a JSON file');
    else {
      records += 1;
      const record = readFile(file, notebook);
      if (record !== undefined) raw.push(record);
    }
  }
  for (const index of indexes) checkIndex(index, names, notebook);
  return { raw, records };
}

function readFile({ path, text }: TransferFile, notebook: Notebook): RawRecord | undefined {
  const parsed = parseRecord(text.replace(/^\ufeff/, ''));
  if (parsed.kind !== 'record') {
    notebook.add({ path }, parsed.kind, parsed.message);
    return undefined;
  }
  const { value, repairs } = parsed;
  const source_id = value.id;
  if (typeof source_id !== 'string' || source_id.trim() === '' || source_id.length > SOURCE_ID_LENGTH) {
    notebook.add({ path }, 'not_an_item', `it has no id of 1 to ${SOURCE_ID_LENGTH} characters`);
    return undefined;
  }
  const where = { path, source_id };
  if (repairs > 0) notebook.add(where, 'repaired_json', `${repairs} places that are not JSON were repaired`);
  if (nameOf(path) !== `${source_id}.json`) {
    notebook.add(where, 'misplaced_file', `it is named ${quoteSource(nameOf(path))}; the id inside counts`);
  }
  return { source_id, where, value };
}

/** The index says nothing that the files do not say themselves, but for which files there should be. */
function checkIndex({ path, text }: TransferFile, names: ReadonlySet<string>, notebook: Notebook): void {
  const parsed = parseRecord(text);
  if (parsed.kind !== 'record') {
    notebook.add({ path }, parsed.kind, `the index was not used: ${parsed.message}`);
    return;
  }
  const { items } = parsed.value;
  for (const [source_id, listed] of Object.entries(isMap(items) ? items : {})) {
    if (typeof listed === 'string' && names.has(nameOf(listed))) continue;
    notebook.add({ path, source_id }, 'missing_file', 'the index lists it, but its file is not there');
  }
}

/** The ledger's id of an item that is there already; another item that only has the same id is not it. */
function findInLedger(record: RawRecord, { ledger }: ImportOptions, notebook: Notebook): WorkId | undefined {
  const imported = standingIn(ledger, 'json', record, notebook);
  if (imported !== undefined) return imported;
  const { source_id, where, value } = record;
  const status = isWorkId(source_id) ? ledger.statusOf(source_id) : undefined;
  if (status === undefined) return undefined;
  if (status === 'damaged') {
    notebook.add(
      where,
      'damaged_item',
      'the ledger has an item of this id that cannot be read; it was left alone',
    );
    return source_id;
  }
  return ledger.find(source_id)?.created_at === createdAt(value) ? source_id : undefined;
}

const DIRECTORY = /(?:^|\/)(active|completed|failed|cancelled)\//;

/** One draft, or none and a note. */
function toDraft(
  { source_id, where, value }: RawRecord,
  options: ImportOptions,
  notebook: Notebook,
): Draft[] {
  const record = new SourceRecord(value, notebook, where);
  record.take('id');
  const fields = readJsonFields(record, options);
  const draft: Draft = { source_id, record, fields, edges: readJsonEdges(record, fields) };
  if (isWorkId(source_id)) draft.wanted_id = source_id;
  else record.note('id', 'its id is not one that this ledger can have');

  const directory = DIRECTORY.exec(where.path ?? '')?.[1];
  if (directory !== undefined && directory !== stateOf(fields.status as WorkStatus)) {
    record.note(
      'misplaced_file',
      `it stands in ${directory}/ but is ${String(fields.status)}; the status inside counts`,
    );
  }
  const problem = settle(draft);
  if (problem === undefined) return [draft];
  record.note(problem.rule, problem.message);
  return [];
}
