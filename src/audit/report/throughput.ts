import type { HistoryEntry } from '../../projection/history-entry.ts';

export interface Step {
  /** Its first day in UTC, as in `2026-01-31`; weeks begin on Mondays. */
  from: string;
  created: number;
  completed: number;
  failed: number;
  cancelled: number;
}

/** What came in and what ended, step by step; steps in which nothing did are there too. */
export interface Throughput {
  per: 'day' | 'week' | 'month' | 'year';
  steps: Step[];
}

const DAY_MS = 86_400_000;
/** The longest time, in days, that is told in such steps: none gives more bars than a page can show. */
const LONGEST: readonly [Throughput['per'], number][] = [
  ['day', 62],
  ['week', 2 * 366],
  ['month', 10 * 366],
];

/**
 * Counts what was created and what ended between `since` and `until`. It begins with the first entry where `since` is before it or
 * is not given. Without any entry there are no steps.
 */
export function throughputOf(
  entries: readonly HistoryEntry[],
  since: string | null,
  until: string,
): Throughput {
  const isIn = ({ id, at }: HistoryEntry): boolean =>
    id !== undefined && at <= until && (since === null || at >= since);
  const first = entries.reduce<string | undefined>(
    (least, { id, at }) => (id !== undefined && at <= until && (least ?? at) >= at ? at : least),
    undefined,
  );
  if (first === undefined) return { per: 'day', steps: [] };
  const start = since !== null && since > first ? since : first;
  const days = (Date.parse(until) - Date.parse(start)) / DAY_MS;
  const per = LONGEST.find(([, most]) => days <= most)?.[0] ?? 'year';
  const steps = emptySteps(start, until, per);
  for (const entry of entries.filter(isIn)) {
    const step = steps.get(stepOf(entry.at, per));
    if (step !== undefined) countInto(step, entry);
  }
  return { per, steps: [...steps.values()] };
}

function countInto(step: Step, { from, to }: HistoryEntry): void {
  if (from === null && to !== null) step.created += 1;
  if (to === from) return;
  if (to === 'completed' || to === 'failed' || to === 'cancelled') step[to] += 1;
}

function emptySteps(start: string, until: string, per: Throughput['per']): Map<string, Step> {
  const steps = new Map<string, Step>();
  const last = firstDay(new Date(until), per);
  for (let date = firstDay(new Date(start), per); date <= last; date = after(date, per)) {
    const from = dayOf(date);
    steps.set(from, { from, created: 0, completed: 0, failed: 0, cancelled: 0 });
  }
  return steps;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

const stepOf = (at: string, per: Throughput['per']): string => dayOf(firstDay(new Date(at), per));

function firstDay(date: Date, per: Throughput['per']): Date {
  const day = new Date(date);
  day.setUTCHours(0, 0, 0, 0);
  if (per === 'year') day.setUTCMonth(0, 1);
  if (per === 'month') day.setUTCDate(1);
  if (per === 'week') day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day;
}

function after(date: Date, per: Throughput['per']): Date {
  const next = new Date(date);
  if (per === 'year') next.setUTCFullYear(next.getUTCFullYear() + 1);
  if (per === 'month') next.setUTCMonth(next.getUTCMonth() + 1);
  if (per === 'week') next.setUTCDate(next.getUTCDate() + 7);
  if (per === 'day') next.setUTCDate(next.getUTCDate() + 1);
  return next;
}
