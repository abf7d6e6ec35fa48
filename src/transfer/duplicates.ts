import { toTime } from './foreign.ts';
import { type Notebook, quoteSource, type Where } from './notebook.ts';

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
