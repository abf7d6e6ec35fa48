import { parse, type Spec, View } from 'vega';

/** Bars, of one or more parts each, that stand beside each other or lie below each other. */
export interface BarChart {
  layout: 'columns' | 'rows';
  bars: readonly { label: string; parts: readonly number[] }[];
  /** What each part is, in the order of `parts`; at most four. */
  parts: readonly string[];
}

const WIDTH = 880;
const WIDEST_COLUMN = 160;
const COLUMNS_HEIGHT = 220;
const ROW_HEIGHT = 26;
/** More columns than this have no room for a number and a label each. */
const MOST_NUMBERED = 12;
const COLORS = ['var(--c0)', 'var(--c1)', 'var(--c2)', 'var(--c3)'];

/** A chart as SVG, the same for the same bars. It has no style and no script of its own: colors are those that the page sets. */
export const svgOf = (chart: BarChart): Promise<string> =>
  new View(parse(specOf(chart)), { renderer: 'none' }).toSVG();

function specOf({ layout, bars, parts }: BarChart): Spec {
  const isRows = layout === 'rows';
  const isCrowded = !isRows && bars.length > MOST_NUMBERED;
  const [along, across] = isRows ? (['y', 'x'] as const) : (['x', 'y'] as const);
  const most = Math.max(1, ...bars.map((bar) => sumOf(bar.parts)));
  return {
    width: isRows ? WIDTH : Math.min(WIDTH, (bars.length + 1) * WIDEST_COLUMN),
    height: isRows ? Math.max(1, bars.length) * ROW_HEIGHT : COLUMNS_HEIGHT,
    autosize: { type: 'fit-x', contains: 'padding' },
    padding: { left: 4, right: isRows ? 28 : 4, top: 4, bottom: 4 },
    config: {
      axis: { domainColor: 'var(--line)', gridColor: 'var(--line)', tickColor: 'var(--line)' },
      text: { font: 'system-ui, sans-serif' },
    },
    data: [
      { name: 'bars', values: bars.map(({ label, parts: its }, bar) => ({ bar, label, sum: sumOf(its) })) },
      {
        name: 'parts',
        values: bars.flatMap((bar, index) =>
          parts.map((part, n) => ({ bar: index, part, value: bar.parts[n] ?? 0 })),
        ),
        transform: [
          { type: 'filter', expr: 'datum.value > 0' },
          { type: 'stack', groupby: ['bar'], field: 'value', as: ['start', 'end'] },
        ],
      },
    ],
    scales: [
      {
        name: 'along',
        type: 'band',
        domain: { data: 'bars', field: 'bar' },
        range: isRows ? 'height' : 'width',
        padding: 0.2,
      },
      { name: 'across', domain: [0, most], nice: true, range: isRows ? 'width' : 'height' },
      { name: 'color', type: 'ordinal', domain: [...parts], range: COLORS },
    ],
    axes: [
      {
        scale: 'across',
        orient: isRows ? 'top' : 'left',
        grid: true,
        // Items are whole.
        tickCount: Math.min(5, most),
        format: 'd',
        ...LABELS,
      },
      {
        scale: 'along',
        orient: isRows ? 'left' : 'bottom',
        ticks: false,
        labelPadding: 6,
        labelOverlap: isCrowded ? 'greedy' : false,
        ...LABELS,
        encode: { labels: { update: { text: { signal: "data('bars')[datum.value].label" } } } },
      },
    ],
    legends:
      parts.length > 1
        ? [{ fill: 'color', orient: 'top', direction: 'horizontal', symbolType: 'square', ...LABELS }]
        : [],
    marks: [
      {
        type: 'rect',
        from: { data: 'parts' },
        encode: {
          enter: {
            [along]: { scale: 'along', field: 'bar' },
            [isRows ? 'height' : 'width']: { scale: 'along', band: 1 },
            [across]: { scale: 'across', field: 'start' },
            [`${across}2`]: { scale: 'across', field: 'end' },
            fill: { scale: 'color', field: 'part' },
          },
        },
      },
      {
        type: 'text',
        from: { data: 'bars' },
        encode: {
          enter: {
            [along]: { scale: 'along', field: 'bar', band: 0.5 },
            [across]: { scale: 'across', field: 'sum', offset: isRows ? 4 : -4 },
            text: { signal: isCrowded ? "''" : "datum.sum > 0 ? datum.sum : ''" },
            align: { value: isRows ? 'left' : 'center' },
            baseline: { value: isRows ? 'middle' : 'bottom' },
            fill: { value: 'var(--ink)' },
            fontSize: { value: 11 },
          },
        },
      },
    ],
  };
}

const LABELS = {
  labelColor: 'var(--ink)',
  labelFont: 'system-ui, sans-serif',
  labelFontSize: 11,
  labelLimit: 0,
};

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
