import type { Measures, Report, Spread } from '../../index.ts';
import type { OptionSpec } from '../command.ts';
import { type ReportTable, tablesOf, type Value } from './report-tables.ts';

/** A way to write a report. */
interface ReportFormat {
  extension: string;
  media_type: string;
  render(report: Report): readonly string[] | Promise<readonly string[]>;
}

export const REPORT_FORMATS = {
  md: { extension: 'md', media_type: 'text/markdown', render: markdownReport },
  html: {
    extension: 'html',
    media_type: 'text/html',
    // Brings a library along that nothing else needs.
    render: async (report) => (await import('./report-html.ts')).htmlReport(report),
  },
  csv: { extension: 'csv', media_type: 'text/csv', render: csvReport },
  json: {
    extension: 'json',
    media_type: 'application/json',
    render: (report) => JSON.stringify(report, null, 2).split('\n'),
  },
} as const satisfies Record<string, ReportFormat>;

const NAMES = Object.keys(REPORT_FORMATS);
export const REPORT_FORMAT = {
  kind: 'text',
  flags: '--format <format>',
  help: `${NAMES.slice(0, -1).join(', ')} or ${NAMES.at(-1)} (default: md)`,
} as const satisfies OptionSpec;

/** A report as a page. */
function markdownReport(report: Report): string[] {
  const { title, sum, ...rest } = tablesOf(report);
  return [
    `# ${title}`,
    '',
    ...mdTable(sum),
    ...Object.values(rest).flatMap((table) => ['', `## ${table.title}`, '', ...mdTable(table)]),
  ];
}

function mdTable({ head, rows }: ReportTable): string[] {
  const line = (cells: readonly Value[]): string => `| ${cells.map(mdCell).join(' | ')} |`;
  return rows.length === 0
    ? ['none']
    : [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}

/** Names come from commits: nothing in them is to be read as markup. */
const mdCell = (value: Value): string => `${value ?? '-'}`.replaceAll(/[\\|<>[\]`*_]/g, '\\$&');

/** A report as rows of one measure each; times are in seconds. */
function csvReport(report: Report): string[] {
  const { since, until, totals, open, throughput, times, by_agent, by_swarm, acknowledged, ...measures } =
    report;
  const all = { since, until, ...totals, open_at_start: open.at_start, open_at_end: open.at_end };
  const rows = [
    ...rowsOf('all', '', all),
    ...rowsOfMeasures('all', '', measures),
    ...throughput.steps.flatMap(({ from, ...counts }) => rowsOf(throughput.per, from, counts)),
    ...acknowledged.map(({ commit, what }): Value[] => ['acknowledged', commit, 'what', what]),
    ...times.flatMap(({ span, ...counts }) => rowsOf('time', span, counts)),
    ...by_agent.flatMap(({ agent, ...its }) => rowsOfMeasures('agent', agent, its)),
    ...by_swarm.flatMap(({ swarm, ...its }) => rowsOfMeasures('swarm', swarm, its)),
  ];
  return ['scope,name,measure,value', ...rows.map((row) => row.map(csvCell).join(','))];
}

const rowsOf = (scope: string, name: string, values: Readonly<Record<string, Value>>): Value[][] =>
  Object.entries(values).map(([measure, value]) => [scope, name, measure, value]);

type Measured = Pick<Measures, 'lead' | 'cycle' | 'open_by_age'> & Record<string, unknown>;

function rowsOfMeasures<T extends Measured>(
  scope: string,
  name: string,
  { lead, cycle, open_by_age, ...values }: T,
): Value[][] {
  return [
    ...rowsOf(scope, name, values as Record<string, Value>),
    ...rowsOf(scope, name, spreadColumns('lead', lead)),
    ...rowsOf(scope, name, spreadColumns('cycle', cycle)),
    ...open_by_age.map(({ age, items }) => [scope, name, `open ${age}`, items]),
  ];
}

const spreadColumns = (name: string, { count, median_s, p90_s }: Spread): Record<string, Value> => ({
  [`${name}_count`]: count,
  [`${name}_median_s`]: median_s,
  [`${name}_p90_s`]: p90_s,
});

/** A text that a spreadsheet would take for a formula is set off. */
function csvCell(value: Value): string {
  if (typeof value !== 'string') return `${value ?? ''}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
