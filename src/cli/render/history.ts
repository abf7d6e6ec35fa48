import type { FieldChange, HistoryEntry, Json } from '../../index.ts';
import { columns, indented, type Line, SHORT_COMMIT, type Span, shortTime, styled } from './line.ts';

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

const LONGEST = 80;

/** A value in a few words; `undefined` where it takes more than that. */
export function onLine(value: Json): string | undefined {
  if (value === null) return '-';
  if (typeof value === 'object') return undefined;
  const text = String(value);
  return text.length > LONGEST || text.includes('\n') ? undefined : text;
}

/** A field that changed: on one line where that is enough. */
export function fieldLines({ field, before, after }: FieldChange): Line[] {
  const [old, now] = [onLine(before), onLine(after)];
  if (old !== undefined && now !== undefined) return [[styled('bold', field), `: ${old} -> ${now}`]];
  return [[styled('bold', field), ':'], ...changedLines(before, after)];
}

/** What went and what came: of lists by members, else all of it. */
function changedLines(before: Json, after: Json): Line[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  return [
    ...old.filter((part) => !now.includes(part)).flatMap((part) => marked('-', part)),
    ...now.filter((part) => !old.includes(part)).flatMap((part) => marked('+', part)),
  ];
}

/** Every line begins with the mark, so that none can pass for the program's own. */
const marked = (mark: string, text: string): Line[] =>
  indented(
    text
      .split('\n')
      .map((line) => `${mark} ${line}`)
      .join('\n'),
  );

function partsOf(value: Json): string[] {
  if (value === null) return [];
  return Array.isArray(value) ? value.map(textOf) : [textOf(value)];
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
