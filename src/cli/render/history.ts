import type { HistoryEntry } from '../../index.ts';
import { columns, type Line, type Span, styled } from './line.ts';
import { shortTime } from './time.ts';

const SHORT_COMMIT = 10;

/** Transitions, one a line; `withId` where they are of several items. */
export function historyLines(entries: readonly HistoryEntry[], withId: boolean): Line[] {
  return columns(entries.map((entry) => [...toColumns(entry, withId), toChange(entry)]));
}

function toColumns({ at, verb, id, actor, commit }: HistoryEntry, withId: boolean): Span[] {
  const first = [styled('dim', shortTime(at)), styled('dim', commit.slice(0, SHORT_COMMIT)), verb];
  return withId ? [...first, styled('bold', id ?? '-'), actor] : [...first, actor];
}

function toChange({ from, to, reason, epoch }: HistoryEntry): string {
  const status =
    to === null && from === null ? '' : from === to ? `${to}` : `${from ?? 'none'} -> ${to ?? 'gone'}`;
  return [status, epoch === null ? '' : `epoch ${epoch}`, reason ?? '']
    .filter((part) => part !== '')
    .join('; ');
}
