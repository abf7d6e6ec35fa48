import { createHash } from 'node:crypto';
import { escapeUnsafe, type Measures, type Report } from '../../index.ts';
import { type BarChart, svgOf } from './report-charts.ts';
import { type ReportTable, tablesOf, type Value } from './report-tables.ts';

/** More bars than this are left to the table. */
const MOST_BARS = 20;
const LONGEST_LABEL = 28;

/**
 * A report as one file that asks nothing of anyone: no script, no address, one style, which the page's own policy names by its hash.
 * The same report gives the same bytes.
 */
export async function htmlReport(report: Report): Promise<string[]> {
  const { title, sum, ...tables } = tablesOf(report);
  const sections = await Promise.all([
    section(tables.throughput, [['What ended', throughputChart(report)]]),
    section(tables.times, [
      ['Lead time: from creation to completion', timesChart(report, 'lead')],
      ['Cycle time: from the first claim to completion', timesChart(report, 'cycle')],
    ]),
    section(tables.open, [['Items that are open', ageChart(report)]]),
    section(tables.agents, [
      ['What came of what each held', nameChart(report.by_agent, 'agent', ENDED_BY_HOLDER)],
    ]),
    section(tables.swarms, [['What each came to', nameChart(report.by_swarm, 'swarm', ENDED_IN_SWARM)]]),
    ...(tables.acknowledged === undefined ? [] : [section(tables.acknowledged, [])]),
  ]);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${STYLE_HASH}'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${html(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${html(title)}</h1>`,
    ...htmlTable(sum),
    ...sections.flat(),
    '<p class="note">Times are in UTC, and are those at which things were asked for. Steps in which nothing was created and nothing ended are left out of the table.</p>',
    '</main>',
    '</body>',
    '</html>',
  ].flatMap((part) => part.split('\n'));
}

/** How the report looks: light or dark as the reader's system is, and light on paper. */
const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1f24; --faint: #5d6673; --line: #d9dee5;
  --c0: #2f6fb5; --c1: #c2452d; --c2: #8a8f98; --c3: #b98200; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --ink: #e7eaee; --faint: #a2abb7; --line: #333a44;
    --c0: #6aa9ef; --c1: #f08a73; --c2: #8f96a1; --c3: #e2b23e; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
figure { margin: 0 0 1rem; }
figcaption, .note { color: var(--faint); font-size: .85rem; }
svg { display: block; height: auto; max-width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .4rem; text-align: right; vertical-align: top; }
td { white-space: nowrap; }
th { color: var(--faint); font-weight: 600; }
th:first-child { color: var(--ink); font-weight: 400; max-width: 22rem; min-width: 9rem;
  overflow-wrap: anywhere; padding-left: 0; text-align: left; }
@page { margin: 1.2cm; size: landscape; }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  figure, tr, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  .wide { overflow: visible; }
  th, td { font-size: 7.5pt; padding: .15rem .3rem; }
}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const ENDED_BY_HOLDER = ['completed', 'failed', 'recovered', 'released'] as const;
const ENDED_IN_SWARM = ['completed', 'failed', 'cancelled', 'open'] as const;

async function section(
  table: ReportTable,
  charts: readonly (readonly [string, BarChart])[],
): Promise<string[]> {
  const shown = charts.filter(([, { bars }]) => bars.some(({ parts }) => parts.some((n) => n > 0)));
  const figures = await Promise.all(shown.map(([caption, chart]) => figure(caption, chart)));
  return ['<section>', `<h2>${html(table.title)}</h2>`, ...figures.flat(), ...htmlTable(table), '</section>'];
}

/** A reader who does not see the chart is told what it shows; its numbers are in the table below it. */
async function figure(caption: string, chart: BarChart): Promise<string[]> {
  const shown = chart.bars.slice(0, MOST_BARS_OF[chart.layout]);
  const more = chart.bars.length - shown.length;
  const said = more > 0 ? `${caption}; ${more} more are in the table only` : caption;
  const bars = shown.map(({ label, parts }) => ({ label: cut(escapeUnsafe(label)), parts }));
  return [
    '<figure>',
    `<figcaption>${html(said)}</figcaption>`,
    `<div role="img" aria-label="${html(`Bar chart. ${said}. The table that follows has the numbers.`)}">`,
    await svgOf({ ...chart, bars }),
    '</div>',
    '</figure>',
  ];
}

const MOST_BARS_OF = { rows: MOST_BARS, columns: Number.POSITIVE_INFINITY };

const throughputChart = ({ throughput }: Report): BarChart => ({
  layout: 'columns',
  parts: ['completed', 'failed', 'cancelled'],
  bars: throughput.steps.map(({ from, completed, failed, cancelled }) => ({
    label: from,
    parts: [completed, failed, cancelled],
  })),
});

const timesChart = ({ times }: Report, name: 'lead' | 'cycle'): BarChart => ({
  layout: 'columns',
  parts: [name],
  bars: times.map((one) => ({ label: one.span, parts: [one[name]] })),
});

const ageChart = ({ open_by_age }: Report): BarChart => ({
  layout: 'columns',
  parts: ['open'],
  bars: open_by_age.map(({ age, items }) => ({ label: age, parts: [items] })),
});

/** The longest bars first; those of one length in the order of the table. */
function nameChart<K extends 'agent' | 'swarm'>(
  of: readonly (Measures & Record<K, string>)[],
  name: K,
  parts: readonly Exclude<keyof Measures, 'lead' | 'cycle' | 'attempts_per_completed' | 'open_by_age'>[],
): BarChart {
  const bars = of.map((one) => ({ label: one[name], parts: parts.map((part) => one[part]) }));
  const length = (bar: { parts: readonly number[] }): number => bar.parts.reduce((sum, n) => sum + n, 0);
  return { layout: 'rows', parts, bars: bars.toSorted((a, b) => length(b) - length(a)) };
}

function htmlTable({ title, head, rows }: ReportTable): string[] {
  if (rows.length === 0) return ['<p>none</p>'];
  const line = ([first, ...rest]: readonly Value[]): string =>
    `<tr><th scope="row">${cell(first)}</th>${rest.map((value) => `<td>${cell(value)}</td>`).join('')}</tr>`;
  return [
    '<div class="wide">',
    `<table aria-label="${html(title)}">`,
    `<thead><tr>${head.map((name) => `<th scope="col">${html(name)}</th>`).join('')}</tr></thead>`,
    `<tbody>${rows.map(line).join('\n')}</tbody>`,
    '</table>',
    '</div>',
  ];
}

const cell = (value: Value | undefined): string => html(`${value ?? '–'}`);

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST_LABEL ? text : `${characters.slice(0, LONGEST_LABEL - 1).join('')}…`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of any origin, as it is shown: nothing in it is markup, and nothing hides or reorders what is around it. */
const html = (text: string): string =>
  escapeUnsafe(text).replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
