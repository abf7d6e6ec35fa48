import type { WorkId } from '../domain/ids.ts';
import { idFrom, SOURCE_ID_LENGTH } from '../domain/provenance.ts';
import { assemble } from './assemble.ts';
import { readBeadsEdges } from './beads-edges.ts';
import { readBeadsFields } from './beads-fields.ts';
import type { Resolved } from './connect.ts';
import { type Draft, settle } from './draft.ts';
import { type RawRecord, standingIn, withoutDuplicates } from './duplicates.ts';
import { Notebook } from './notebook.ts';
import { parseRecord } from './parse-json.ts';
import type { ImportOptions, ImportPlan } from './plan.ts';
import { SourceRecord } from './record.ts';

/**
 * Plans what a Beads export (`issues.jsonl`, one issue a line) becomes in this ledger. Pure, and repeatable: issues that the
 * ledger has already are counted, not planned, so a second run plans nothing.
 *
 * Never throws for what is in `text`: a line that is not an issue is a note, and what an item has no field for is kept
 * under its `context.imported`. Tombstones are counted and left out.
 */
export function planBeadsImport(text: string, options: ImportOptions): ImportPlan {
  const notebook = new Notebook();
  const { records, lines } = readLines(text, notebook);
  const latest = withoutDuplicates(records, notebook);
  const tombstones = new Set(latest.filter(isTombstone).map(({ source_id }) => source_id));
  const present: { source_id: string; id: WorkId }[] = [];
  const drafts: Draft[] = [];
  for (const raw of latest) {
    if (tombstones.has(raw.source_id)) continue;
    const id = standingIn(options.ledger, 'beads', raw, notebook);
    if (id !== undefined) present.push({ source_id: raw.source_id, id });
    else drafts.push(...toDraft(raw, options.now, notebook));
  }
  const items = assemble(drafts, 'beads', options, (source_id): Resolved => {
    const id = idFrom(options.ledger, { from: 'beads', id: source_id.toWellFormed() });
    if (id !== undefined) return { kind: 'item', id };
    return { kind: tombstones.has(source_id) ? 'tombstone' : 'unknown' };
  });
  const placed = items.length + present.length + tombstones.size;
  return {
    items,
    records: lines,
    unchanged: present.length,
    present,
    tombstones: tombstones.size,
    unusable: lines - placed,
    notes: notebook.notes,
  };
}

const isTombstone = ({ value }: RawRecord): boolean => value.status === 'tombstone';

function readLines(text: string, notebook: Notebook): { records: RawRecord[]; lines: number } {
  const records: RawRecord[] = [];
  let lines = 0;
  for (const [index, source] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (source.trim() === '') continue;
    lines += 1;
    const line = index + 1;
    const parsed = parseRecord(source);
    if (parsed.kind !== 'record') {
      notebook.add({ line }, parsed.kind, parsed.message);
      continue;
    }
    const { value, repairs } = parsed;
    const source_id = value.id;
    if (typeof source_id !== 'string' || source_id.trim() === '' || source_id.length > SOURCE_ID_LENGTH) {
      notebook.add({ line }, 'not_an_item', `it has no id of 1 to ${SOURCE_ID_LENGTH} characters`);
      continue;
    }
    const where = { line, source_id };
    if (repairs > 0) {
      notebook.add(
        where,
        'repaired_json',
        `${repairs} backslashes that JSON does not allow were read as themselves`,
      );
    }
    records.push({ source_id, where, value });
  }
  return { records, lines };
}

/** One draft, or none and a note. */
function toDraft({ source_id, where, value }: RawRecord, now: string, notebook: Notebook): Draft[] {
  const record = new SourceRecord(value, notebook, where);
  record.take('id');
  const draft: Draft = {
    source_id,
    record,
    fields: readBeadsFields(record, now),
    edges: readBeadsEdges(record, source_id),
  };
  record.keepRest();
  const problem = settle(draft);
  if (problem === undefined) return [draft];
  record.note(problem.rule, problem.message);
  return [];
}
