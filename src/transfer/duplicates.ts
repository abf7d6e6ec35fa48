import type { WorkId } from '../domain/ids.ts';
import { idFrom } from '../domain/provenance.ts';
import { toTime } from './foreign.ts';
import type { ImportLedger, ImportSource } from './plan.ts';
import { type Notebook, quoteSource, type Where } from './record.ts';

/** One record of a source before it is read: its raw fields and where they stood. */
export interface RawRecord {
  source_id: string;
  where: Where;
  value: Record<string, unknown>;
}

/** The last word on each id: of records with one id the one that was updated last, the others with a note each. */
export function withoutDuplicates(records: readonly RawRecord[], notebook: Notebook): RawRecord[] {
  const latest = new Map<string, RawRecord>();
  for (const record of records) {
    const other = latest.get(record.source_id);
    const wins = other === undefined || updatedAt(record) >= updatedAt(other);
    if (wins) latest.set(record.source_id, record);
    const loser = wins ? other : record;
    if (loser === undefined) continue;
    const winner = wins ? record : other;
    const place = winner?.where.line === undefined ? (winner?.where.path ?? '') : `line ${winner.where.line}`;
    notebook.add(
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
export function standingIn(
  ledger: ImportLedger,
  from: ImportSource,
  { source_id, where, value }: RawRecord,
  notebook: Notebook,
): WorkId | undefined {
  const id = idFrom(ledger, { from, id: source_id.toWellFormed() });
  const created_at = createdAt(value);
  if (id === undefined || created_at === undefined) return id;
  if (ledger.find(id)?.created_at !== created_at) {
    notebook.add(
      where,
      'same_id',
      `${id} came from this id of ${from} and was created at another time; where this is another project's, it was not imported`,
    );
  }
  return id;
}

export const createdAt = ({ created_at }: RawRecord['value']): string | undefined =>
  typeof created_at === 'string' ? toTime(created_at) : undefined;
