import type { Report, Spread } from '../../index.ts';
import { age, shortTime } from './time.ts';

type Value = string | number | null;

const SUMS = [
  'created',
  'claims',
  'completed',
  'failed',
  'cancelled',
  'released',
  'recovered',
  'reopened',
] as const;

/** A report as a page. */
export function markdownReport(report: Report): string[] {
  const { since, until, totals, open, lead, cycle, attempts_per_completed, lost_races } = report;
  const period = `${since === null ? 'the beginning' : shortTime(since)} to ${shortTime(until)}`;
  return [
    `# Work from ${period}`,
    '',
    ...mdTable(
      ['measure', 'value'],
      [
        ...SUMS.map((name): Value[] => [name, totals[name]]),
        ['open at the start', open.at_start],
        ['open at the end', open.at_end],
        ['lead time, median and p90', inWords(lead)],
        ['cycle time, median and p90', inWords(cycle)],
        ['claims to a completed item', attempts_per_completed ?? '-'],
        ['lost races kept in this clone', lost_races],
      ],
    ),
    '',
    '## Open at the end, by age',
    '',
    ...mdTable(
      ['age', 'items'],
      report.open_by_age.map((one) => [one.age, one.items]),
    ),
    '',
    '## By agent',
    '',
    ...mdTable(
      ['agent', ...SUMS, 'cycle time'],
      report.by_agent.map((one) => [one.agent, ...SUMS.map((name) => one[name]), inWords(one.cycle)]),
    ),
    '',
    '## By swarm',
    '',
    ...mdTable(
      ['swarm', ...SUMS, 'open', 'lead time', 'cycle time'],
      report.by_swarm.map((one) => [
        one.swarm,
        ...SUMS.map((name) => one[name]),
        one.open,
        inWords(one.lead),
        inWords(one.cycle),
      ]),
    ),
  ];
}

function inWords({ median_s, p90_s }: Spread): string {
  return median_s === null || p90_s === null ? '-' : `${age(median_s * 1000)}, ${age(p90_s * 1000)}`;
}

function mdTable(head: readonly string[], rows: readonly (readonly Value[])[]): string[] {
  const line = (cells: readonly Value[]): string => `| ${cells.map(mdCell).join(' | ')} |`;
  return rows.length === 0
    ? ['none']
    : [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}

/** Names come from commits: nothing in them is to be read as markup. */
const mdCell = (value: Value): string => `${value ?? '-'}`.replaceAll(/[\\|<>[\]`*_]/g, '\\$&');

/** A report as rows of one measure each; times are in seconds. */
export function csvReport(report: Report): string[] {
  const { totals, open, lead, cycle, attempts_per_completed, lost_races } = report;
  const of = (scope: string, name: string, values: Record<string, Value>): Value[][] =>
    Object.entries(values).map(([measure, value]) => [scope, name, measure, value]);
  const rows = [
    ...of('all', '', {
      since: report.since,
      until: report.until,
      ...totals,
      open_at_start: open.at_start,
      open_at_end: open.at_end,
      ...spreadColumns('lead', lead),
      ...spreadColumns('cycle', cycle),
      attempts_per_completed,
      lost_races,
    }),
    ...report.open_by_age.flatMap((one) => of('age', one.age, { items: one.items })),
    ...report.by_agent.flatMap(({ agent, cycle: own, ...flow }) =>
      of('agent', agent, { ...flow, ...spreadColumns('cycle', own) }),
    ),
    ...report.by_swarm.flatMap(({ swarm, lead: its, cycle: own, ...flow }) =>
      of('swarm', swarm, { ...flow, ...spreadColumns('lead', its), ...spreadColumns('cycle', own) }),
    ),
  ];
  return ['scope,name,measure,value', ...rows.map((row) => row.map(csvCell).join(','))];
}

const spreadColumns = (name: string, { median_s, p90_s }: Spread): Record<string, Value> => ({
  [`${name}_median_s`]: median_s,
  [`${name}_p90_s`]: p90_s,
});

/** A text that a spreadsheet would take for a formula is set off. */
function csvCell(value: Value): string {
  if (typeof value !== 'string') return `${value ?? ''}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
