import type { Row } from './row.ts';
import { roundFigure } from './statistics.ts';

/** Rows as aligned text: a table for each title, in the order of first occurrence, with a column for each figure. */
export function renderRows(rows: readonly Row[]): string {
  const tables = Map.groupBy(rows, ({ table }) => table);
  return [...tables].map(([title, members]) => `${title}\n\n${renderTable(members)}\n`).join('\n');
}

function renderTable(rows: readonly Row[]): string {
  const figures = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))];
  const judged = rows.some(({ target }) => target !== undefined);
  const head = ['', ...figures, ...(judged ? ['target', ''] : [])];
  const lines = rows.map(({ what, figures: values, target }) => [
    what,
    ...figures.map((name) => cell(values[name])),
    ...(judged ? [target?.words ?? '', verdict(target)] : []),
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const numbers = (column: number): boolean => column > 0 && column <= figures.length;
  const draw = (line: readonly string[], note = ''): string =>
    [...line.map((text, column) => pad(text, widths[column] ?? 0, numbers(column))), note]
      .join('  ')
      .trimEnd();
  const heading = head.some((text) => text !== '') ? [draw(head)] : [];
  return [...heading, ...lines.map((line, index) => draw(line, rows[index]?.note))].join('\n');
}

const cell = (value: number | undefined): string =>
  value === undefined ? '–' : roundFigure(value).toLocaleString('en', { maximumFractionDigits: 6 });

const verdict = (target: Row['target']): string => (target === undefined ? '' : target.met ? 'ok' : 'MISSED');

const pad = (text: string, width: number, right: boolean): string =>
  right ? text.padStart(width) : text.padEnd(width);
