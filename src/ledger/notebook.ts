import type { WorkId } from '../domain/ids.ts';
import { isTime } from '../domain/values.ts';

/** What this clone has itself seen of one claim. */
export interface Observation {
  epoch: number | null;
  execution_id: string | null;
  /** The revision up to which nothing more came from the holder. */
  rev: number;
  /** The last sign that the holder published beside the ledger; `null` where none was seen. */
  seen: string | null;
  /** Since when all of this stands, by this machine's clock. */
  since: string;
  /** True where it came while this clone was looking. Then it is no older than that, whatever its stamps say. */
  witnessed: boolean;
}

/** Everything in progress, as this clone saw it last. */
export interface Notebook {
  /** When it looked; `null` where it never did. */
  looked: string | null;
  items: Readonly<Record<WorkId, Observation>>;
}

/** Reads what was noted. What cannot be read was never seen: that delays, and harms nothing. */
export function readNotebook(text: string | undefined): Notebook {
  const { looked, items } = mapIn(parse(text));
  const entries = Object.entries(mapIn(items)).filter(isEntry);
  return { looked: isTimeText(looked) ? looked : null, items: Object.fromEntries(entries) };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}

const mapIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isTimeText = (value: unknown): value is string => typeof value === 'string' && isTime(value);

function isEntry(entry: [string, unknown]): entry is [string, Observation] {
  const { epoch, execution_id, rev, seen, since, witnessed } = mapIn(entry[1]);
  return (
    (epoch === null || typeof epoch === 'number') &&
    (execution_id === null || typeof execution_id === 'string') &&
    typeof rev === 'number' &&
    (seen === null || typeof seen === 'string') &&
    isTimeText(since) &&
    typeof witnessed === 'boolean'
  );
}
