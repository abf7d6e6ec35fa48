import type { HistoryEntry } from '../../index.ts';
import { columns, type Line, type Span, styled } from './line.ts';
import { shortTime } from './time.ts';

const SHORT_COMMIT = 10;

/** Transitions, one a line; `withId` where they are of several items. */
export function historyLines(entries: readonly HistoryEntry[], withId: boolean): Line[] {
  return columns(entries.map((entry) => [...toColumns(entry, withId), toChange(entry)]));
}

/** Transitions, a paragraph each: who did what to which item, when, on which machine and in which commit, from what to what, and why. */
export function longHistory(entries: readonly HistoryEntry[]): Line[] {
  return entries.flatMap((entry, index): Line[] => [
    ...(index === 0 ? [] : ['']),
    [styled('bold', entry.actor), ` · ${entry.verb} · `, styled('bold', entry.id ?? '-')],
    ...toParagraph(entry).map(([name, text]): Line => `    ${name.padEnd(NAME_WIDTH)}${text}`),
  ]);
}

const NAME_WIDTH = 11;

function toParagraph(entry: HistoryEntry): [string, string][] {
  const { at, from, to, reason, committed_at, machine, commit, epoch, execution_id, rev } = entry;
  const { merged_by, merged_at } = entry;
  const mergedBy = merged_at === null ? merged_by : `${merged_by} at ${shortTime(merged_at)}`;
  const rows: [string, string | number | null][] = [
    ['asked for', shortTime(at)],
    ['committed', `${shortTime(committed_at)} on ${machine}`],
    ['merged by', mergedBy],
    ['commit', commit],
    ['status', from === null && to === null ? null : `${from ?? 'none'} -> ${to ?? 'gone'}`],
    ['revision', rev],
    ['epoch', epoch],
    ['execution', execution_id],
    ['why', reason],
  ];
  return rows.flatMap(([name, text]): [string, string][] => (text === null ? [] : [[name, `${text}`]]));
}

function toColumns({ at, verb, id, actor, commit }: HistoryEntry, withId: boolean): Span[] {
  const first = [styled('dim', shortTime(at)), styled('dim', commit.slice(0, SHORT_COMMIT)), verb];
  return withId ? [...first, styled('id', id ?? '-'), actor] : [...first, actor];
}

function toChange({ from, to, reason, epoch, merged_by }: HistoryEntry): string {
  const status =
    to === null && from === null ? '' : from === to ? `${to}` : `${from ?? 'none'} -> ${to ?? 'gone'}`;
  const merged = merged_by === null ? '' : `merged by ${merged_by}`;
  return [status, merged, epoch === null ? '' : `epoch ${epoch}`, reason ?? '']
    .filter((part) => part !== '')
    .join('; ');
}
