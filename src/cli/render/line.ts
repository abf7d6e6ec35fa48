import { styleText } from 'node:util';
import { escapeUnsafe } from '../../index.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of a line. Its text may come from anywhere: nothing but printing makes it safe, and printing always does. */
export type Span = string | { style: Style; text: string };
/** One line of output, without its break. */
export type Line = string | readonly Span[];

export const styled = (style: Style, text: string): Span => ({ style, text });
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

/** The line as it is written. */
export function printLine(line: Line, color: boolean): string {
  if (typeof line === 'string') return safe(line);
  const text = line.map(textOf).join('');
  if (!color && isPlain(text)) return text.trimEnd();
  return line
    .map((span) => {
      if (typeof span === 'string') return safe(span);
      return color ? styleText(span.style, safe(span.text), { validateStream: false }) : safe(span.text);
    })
    .join('')
    .trimEnd();
}

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
