import type { Measures, Report, Spread } from '../../index.ts';
import { age, shortTime } from '../render/line.ts';

export type Value = string | number | null;

export interface ReportTable {
  title: string;
  head: readonly string[];
  rows: readonly (readonly Value[])[];
}

/** What a person reads of a report: a sum of all, then one table for each way to look at it. */
export interface ReportTables {
  title: string;
  sum: ReportTable;
  throughput: ReportTable;
  times: ReportTable;
  open: ReportTable;
  agents: ReportTable;
  swarms: ReportTable;
  /** Left out where nothing was acknowledged. */
  acknowledged?: ReportTable;
}

const FLOW = [
  'created',
  'claims',
  'completed',
  'failed',
  'cancelled',
  'released',
  'recovered',
  'reopened',
] as const;
const STEP = ['created', 'completed', 'failed', 'cancelled'] as const;

export function tablesOf(report: Report): ReportTables {
  const { since, until, totals, open, throughput } = report;
  const period = `${since === null ? 'the beginning' : shortTime(since)} to ${shortTime(until)}`;
  return {
    title: `Work from ${period}`,
    sum: {
      title: 'In all',
      head: ['measure', 'value'],
      rows: [
        ...FLOW.map((name): Value[] => [name, totals[name]]),
        ['open at the start', open.at_start],
        ['open at the end', open.at_end],
        ['lead time, median and p90', inWords(report.lead)],
        ['cycle time, median and p90', inWords(report.cycle)],
        ['claims per completed item', report.attempts_per_completed],
        ['lost races kept in this clone', report.lost_races],
      ],
    },
    throughput: {
      title: `Throughput, by ${throughput.per}`,
      head: [`${throughput.per} from`, ...STEP],
      rows: throughput.steps
        .filter((step) => STEP.some((name) => step[name] > 0))
        .map((step) => [step.from, ...STEP.map((name) => step[name])]),
    },
    times: {
      title: 'Completed, by lead and cycle time',
      head: ['time', 'lead', 'cycle'],
      rows: report.times.map(({ span, lead, cycle }) => [span, lead, cycle]),
    },
    open: {
      title: 'Open at the end, by age',
      head: ['whose', ...report.open_by_age.map((one) => one.age)],
      rows: [
        ['all', ...itemsOf(report)],
        ...report.by_agent.filter(hasOpen).map((one) => [`held by ${one.agent}`, ...itemsOf(one)]),
        ...report.by_swarm.filter(hasOpen).map((one) => [`in swarm ${one.swarm}`, ...itemsOf(one)]),
      ],
    },
    agents: measures(
      'agent',
      report.by_agent.map((one) => [one.agent, one]),
    ),
    swarms: measures(
      'swarm',
      report.by_swarm.map((one) => [one.swarm, one]),
    ),
    ...(report.acknowledged.length > 0 && {
      acknowledged: {
        title: 'Findings that were acknowledged',
        head: ['at', 'by', 'what'],
        rows: report.acknowledged.map(({ at, actor, what }) => [shortTime(at), actor, what]),
      },
    }),
  };
}

const hasOpen = ({ open }: Measures): boolean => open > 0;
const itemsOf = ({ open_by_age }: Pick<Measures, 'open_by_age'>): number[] =>
  open_by_age.map(({ items }) => items);

function measures(whose: string, of: readonly (readonly [string, Measures])[]): ReportTable {
  return {
    title: `By ${whose}`,
    head: [whose, ...FLOW, 'open', 'lost races', 'claims per completed', 'lead time', 'cycle time'],
    rows: of.map(([name, one]) => [
      name,
      ...FLOW.map((flow) => one[flow]),
      one.open,
      one.lost_races,
      one.attempts_per_completed,
      inWords(one.lead),
      inWords(one.cycle),
    ]),
  };
}

function inWords({ median_s, p90_s }: Spread): string | null {
  return median_s === null || p90_s === null ? null : `${age(median_s * 1000)}, ${age(p90_s * 1000)}`;
}
