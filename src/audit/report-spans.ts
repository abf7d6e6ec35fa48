import { countBetween } from './report-tally.ts';

/** How many completed items took so long. */
export interface SpanCount {
  span: string;
  lead: number;
  cycle: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Upper ends, in seconds. */
const SPANS: readonly [string, number][] = [
  ['under a minute', MINUTE],
  ['1 to 10 minutes', 10 * MINUTE],
  ['10 to 60 minutes', HOUR],
  ['1 to 8 hours', 8 * HOUR],
  ['8 to 24 hours', DAY],
  ['1 to 7 days', 7 * DAY],
  ['7 to 30 days', 30 * DAY],
  ['30 days and more', Number.POSITIVE_INFINITY],
];

/** How lead and cycle times are spread, from the shortest span to the longest. */
export function bySpan(leads: readonly number[], cycles: readonly number[]): SpanCount[] {
  return SPANS.map(([span, end], index) => {
    const start = SPANS[index - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
    return { span, lead: countBetween(leads, start, end), cycle: countBetween(cycles, start, end) };
  });
}
