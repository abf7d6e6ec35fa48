import type { WorkId } from '../../domain/ids.ts';
import type { HistoryEntry } from '../../projection/history-entry.ts';
import {
  advance,
  agentOf,
  countBetween,
  type Flow,
  isOpen,
  type Life,
  type Measures,
  newLife,
  Tally,
} from './tally.ts';
import { type Throughput, throughputOf } from './throughput.ts';

/**
 * What was done in a period, by the times of the requests. An agent's is what it did as a holder; `created` and `cancelled` count for
 * who asked, `open` is what it holds at the end.
 *
 * @see docs/report.md
 */
export interface Report {
  since: string | null;
  until: string;
  totals: Flow;
  open: { at_start: number; at_end: number };
  /** From when an item was created to when it was completed; imported ones are left out. */
  lead: Measures['lead'];
  /** From the first claim, after it was reopened where it was, to when it was completed. */
  cycle: Measures['cycle'];
  attempts_per_completed: number | null;
  /** Transitions of this clone that lost a race in the period and are kept. */
  lost_races: number;
  /** What is open at the end, by how long it has been there. */
  open_by_age: Measures['open_by_age'];
  /** Findings that were acknowledged in the period, oldest first. */
  acknowledged: { commit: string; actor: string; at: string; what: string }[];
  throughput: Throughput;
  /** Completed items by how long they took. */
  times: SpanCount[];
  by_agent: (Measures & { agent: string })[];
  by_swarm: (Measures & { swarm: string })[];
}

/** A transition that lost its race, as the clone keeps it. */
export interface LostRace {
  id: WorkId | undefined;
  actor: string;
  at: string;
}

export interface ReportInput {
  /** All of history up to `until`, oldest first. */
  entries: readonly HistoryEntry[];
  /** The swarm of each item that has one now. */
  swarms: ReadonlyMap<WorkId, string>;
  lostRaces: readonly LostRace[];
  since: string | null;
  until: string;
}

/** Measures a period by its history alone; times are those of the requests. */
export function reportOn({ entries, swarms, lostRaces, since, until }: ReportInput): Report {
  const all = new Tally();
  const agents = new Map<string, Tally>();
  const byswarm = new Map<string, Tally>();
  const lives = new Map<WorkId, Life>();
  const tallies = (id: WorkId | undefined, agent: string | undefined): Tally[] => {
    const swarm = id === undefined ? undefined : swarms.get(id);
    return [
      all,
      ...(agent === undefined ? [] : [tallyOf(agents, agent)]),
      ...(swarm === undefined ? [] : [tallyOf(byswarm, swarm)]),
    ];
  };
  let openAtStart: number | undefined = since === null ? 0 : undefined;
  for (const entry of entries) {
    const { id, at } = entry;
    if (id === undefined || at > until) continue;
    const isIn = since === null || at >= since;
    if (isIn) openAtStart ??= [...lives.values()].filter(isOpen).length;
    const life = lives.get(id) ?? newLife(entry);
    lives.set(id, life);
    for (const tally of isIn ? tallies(id, agentOf(entry, life)) : []) tally.count(entry, life);
    advance(entry, life);
  }
  for (const [id, life] of lives) {
    for (const tally of isOpen(life) ? tallies(id, life.holder) : []) tally.open.push(life);
  }
  for (const { id, actor, at } of lostRaces) {
    if (at > until || (since !== null && at < since)) continue;
    for (const tally of tallies(id, actor)) tally.lost += 1;
  }
  const { open, lead, cycle, attempts_per_completed, lost_races, open_by_age } = all.measures(until);
  return {
    since,
    until,
    totals: all.flow,
    open: { at_start: openAtStart ?? open, at_end: open },
    lead,
    cycle,
    attempts_per_completed,
    lost_races,
    open_by_age,
    acknowledged: entries
      .filter(({ verb, at }) => verb === 'acknowledge' && at <= until && (since === null || at >= since))
      .map(({ commit, actor, at, reason }) => ({ commit, actor, at, what: reason ?? '' })),
    throughput: throughputOf(entries, since, until),
    times: bySpan(all.leads, all.cycles),
    by_agent: byName(agents, (agent, tally) => ({ agent, ...tally.measures(until) })),
    by_swarm: byName(byswarm, (swarm, tally) => ({ swarm, ...tally.measures(until) })),
  };
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? new Tally();
  tallies.set(name, tally);
  return tally;
}

/** What each did that did anything, in the order of their names. */
const byName = <T>(tallies: ReadonlyMap<string, Tally>, measure: (name: string, tally: Tally) => T): T[] =>
  [...tallies]
    .filter(([, tally]) => !tally.isEmpty)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tally]) => measure(name, tally));

/** How many completed items took so long. */
export interface SpanCount {
  span: string;
  lead: number;
  cycle: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Upper ends, in seconds. */
const SPANS: readonly [string, number][] = [
  ['under a minute', MINUTE],
  ['1 to 10 minutes', 10 * MINUTE],
  ['10 to 60 minutes', HOUR],
  ['1 to 8 hours', 8 * HOUR],
  ['8 to 24 hours', DAY],
  ['1 to 7 days', 7 * DAY],
  ['7 to 30 days', 30 * DAY],
  ['30 days and more', Number.POSITIVE_INFINITY],
];

/** How lead and cycle times are spread, from the shortest span to the longest. */
function bySpan(leads: readonly number[], cycles: readonly number[]): SpanCount[] {
  return SPANS.map(([span, end], index) => {
    const start = SPANS[index - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
    return { span, lead: countBetween(leads, start, end), cycle: countBetween(cycles, start, end) };
  });
}
