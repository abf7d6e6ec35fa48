import { expect, it } from 'vitest';
import { atLeast, atMost } from '../../bench/row.ts';
import { median, roundFigure } from '../../bench/statistics.ts';
import { renderRows } from '../../bench/table.ts';

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
  [[], Number.NaN],
])('given %j, when the median is asked for, then it is %d', (values, middle) => {
  expect(median(values)).toBe(middle);
});

it.each([
  [1234.5, 1235],
  [12.345, 12.3],
  [1.2345, 1.23],
  [0.012345, 0.0123],
])('given %d, when it is rounded, then three digits are left: %d', (value, rounded) => {
  expect(roundFigure(value)).toBe(rounded);
});

it('given a target, when a figure is held to it, then what was promised and whether it was kept are told', () => {
  expect(atMost(1.5, 1.5, '× node')).toEqual({ words: '≤ 1.5 × node', met: true });
  expect(atMost(1.51, 1.5, '× node').met).toBe(false);
  expect(atLeast(300, 300, 'a second')).toEqual({ words: '≥ 300 a second', met: true });
  expect(atLeast(Number.NaN, 1, 'a second').met).toBe(false);
});

it('given rows of two tables, when they are rendered, then each has its columns, aligned, and its notes', () => {
  const rows = [
    {
      table: 'One',
      what: 'wl ready',
      figures: { 'CPU ms': 41.26, '× node': 1.234 },
      target: atMost(1.234, 1.5, '×'),
    },
    { table: 'Two', what: 'a peer', figures: {}, note: 'does not install' },
    {
      table: 'One',
      what: 'wl search WORD',
      figures: { 'CPU ms': 1500 },
      target: atMost(9, 2, '×'),
      note: '3 runs',
    },
  ];
  expect(renderRows(rows)).toBe(`One

                CPU ms  × node  target
wl ready          41.3    1.23  ≤ 1.5 ×  ok
wl search WORD   1,500       –  ≤ 2 ×    MISSED  3 runs

Two

a peer  does not install
`);
});
