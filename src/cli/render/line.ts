import { styleText } from 'node:util';
import { escapeUnsafe, type OpenOptions } from '../../index.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/**
 * A piece of a line. Its text may come from anywhere: nothing but printing makes it safe, and printing always does. Of an `id` in a
 * list, the shortest part that is enough to type is marked.
 */
export type Span = string | { style: Style | 'id'; text: string };
/** One line of output, without its break. */
export type Line = string | readonly Span[];

/** How much of a commit's name is shown. */
export const SHORT_COMMIT = 10;

export const styled = (style: Style | 'id', text: string): Span => ({ style, text });
const textOf = (span: Span): string => (typeof span === 'string' ? span : span.text);

/** True for text that needs no more looking at, as nearly all of a list does. */
const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** Text that a terminal shows as it is: what would move the cursor, hide or reorder is replaced by its `\u….` form. */
export const safe = (text: string): string =>
  isPlain(text)
    ? text
    : text
        .split('\t')
        .map((part) => escapeUnsafe(part))
        .join('\t');

/** How many characters a span takes when it is printed. */
function lengthOf(span: Span): number {
  const text = textOf(span);
  return isPlain(text) ? text.length : [...safe(text)].length;
}

/** Ids that stand in lists. */
export const idsIn = (lines: readonly Line[]): string[] =>
  lines.flatMap((line) =>
    typeof line === 'string'
      ? []
      : line.flatMap((span) => (typeof span !== 'string' && span.style === 'id' ? [span.text] : [])),
  );

/** An id of which only what is enough to be typed is bold: day and number, the number, or the beginning of the random part. */
function markId(id: string, short: string): { style: Style; text: string }[] {
  if (short === id) return [{ style: 'bold', text: id }];
  const suffix = id.lastIndexOf('-') + 1;
  const day = short.lastIndexOf('-') + 1;
  const rest = short.slice(day);
  const at = /^\d+$/.test(rest) ? id.length - rest.length : suffix;
  const from = day === 0 ? at : suffix;
  const parts: { style: Style; text: string }[] = [
    { style: 'dim', text: id.slice(0, from - day) },
    { style: 'bold', text: id.slice(from - day, from) },
    { style: 'dim', text: id.slice(from, at) },
    { style: 'bold', text: id.slice(at, at + rest.length) },
    { style: 'dim', text: id.slice(at + rest.length) },
  ];
  return parts.filter(({ text }) => text !== '');
}

/** The line as it is written. @param short what is enough of the ids in it, where that is known */
export function printLine(line: Line, color: boolean, short?: ReadonlyMap<string, string>): string {
  if (typeof line === 'string') return safe(line);
  const text = line.map(textOf).join('');
  if (!color && isPlain(text)) return text.trimEnd();
  return line
    .map((span) => {
      if (typeof span === 'string') return safe(span);
      if (!color) return safe(span.text);
      const { style, text: own } = span;
      const parts = style === 'id' ? markId(own, short?.get(own) ?? own) : [{ style, text: own }];
      return parts.map((part) => styleText(part.style, safe(part.text), { validateStream: false })).join('');
    })
    .join('')
    .trimEnd();
}

/** How many columns a terminal has. One that does not know says nothing, or 0. */
export const widthOf = ({ columns: width }: { columns?: number | undefined }, otherwise: number): number =>
  width || otherwise;

/** Cuts a line to a terminal's width, and says so with an ellipsis. */
export function fitLine(line: Line, width: number): Line {
  let left = width;
  const spans: Span[] = [];
  for (const span of typeof line === 'string' ? [line] : line) {
    const characters = [...safe(textOf(span))];
    const kept =
      characters.length <= left ? characters : [...characters.slice(0, Math.max(0, left - 1)), '…'];
    const text = kept.join('');
    if (left > 0) spans.push(typeof span === 'string' ? text : { ...span, text });
    left -= characters.length;
  }
  return spans;
}

/** Lines of text of any origin, set off so that they cannot be taken for the program's own. */
export function indented(text: string, by = 4): Line[] {
  return text.split('\n').map((line) => (line.trim() === '' ? '' : ' '.repeat(by) + line));
}

/** Columns of equal width, two spaces apart; the last one is as long as it is. */
export function columns(rows: readonly (readonly Span[])[]): Span[][] {
  const lengths = rows.map((row) => row.map(lengthOf));
  const widths: number[] = [];
  for (const row of lengths) {
    row.forEach((length, index) => {
      widths[index] = Math.max(widths[index] ?? 0, length);
    });
  }
  return rows.map((row, line) =>
    row.flatMap((span, index): Span[] => {
      if (index === row.length - 1) return [span];
      const gap = (widths[index] ?? 0) - (lengths[line]?.[index] ?? 0) + 2;
      return [span, ' '.repeat(gap)];
    }),
  );
}

/** A count as people write it: `2,069`. By hand, since the language data behind `toLocaleString` takes longer to load than a list. */
export function grouped(count: number): string {
  const digits = String(Math.abs(count));
  const first = digits.length % 3 || 3;
  const groups = [digits.slice(0, first)];
  for (let at = first; at < digits.length; at += 3) groups.push(digits.slice(at, at + 3));
  return (count < 0 ? '-' : '') + groups.join(',');
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of time in the largest unit that fits, as in `25 min`. */
export function age(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} days`;
}

/** A time to the second; milliseconds only take place. */
export const shortTime = (at: string): string => at.replace(/\.\d+Z$/, 'Z');

const STEPS = { items: 'reading open work', finished: 'reading finished work', history: 'reading history' };
/** How far a long reading is. */
export function describeProgress({
  step,
  done,
  total,
}: Parameters<NonNullable<OpenOptions['onProgress']>>[0]): string {
  const of = total === undefined ? '' : ` of ${grouped(total)}`;
  return `${STEPS[step]}: ${grouped(done)}${of}`;
}
