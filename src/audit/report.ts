import type { WorkId } from '../domain/ids.ts';
import { isTerminal, type WorkStatus } from '../domain/item.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';

/** Spans of time in seconds; `null` where there are none. */
export interface Spread {
  count: number;
  median_s: number | null;
  p90_s: number | null;
}

/** What was done in a period. */
export interface Flow {
  created: number;
  completed: number;
  failed: number;
  cancelled: number;
  reopened: number;
  claims: number;
  /** Claims that were given back or taken from their holder. */
  released: number;
  recovered: number;
}

export interface Report {
  since: string | null;
  until: string;
  totals: Flow;
  open: { at_start: number; at_end: number };
  /** From when an item was created to when it was completed; imported ones are left out. */
  lead: Spread;
  /** From the first claim, after it was reopened where it was, to when it was completed. */
  cycle: Spread;
  /** Claims that a completed item took, on average; `null` where none was completed. */
  attempts_per_completed: number | null;
  /** Transitions of this clone that lost a race in the period and are kept. */
  lost_races: number;
  /** What is open at the end, by how long it has been there. */
  open_by_age: { age: string; items: number }[];
  /** What each did as a holder; `created` and `cancelled` by who asked. */
  by_agent: (Flow & { agent: string; cycle: Spread })[];
  by_swarm: (Flow & { swarm: string; open: number; lead: Spread; cycle: Spread })[];
}

export interface ReportInput {
  /** All of history up to `until`, oldest first. */
  entries: readonly HistoryEntry[];
  /** The swarm of each item that has one now. */
  swarms: ReadonlyMap<WorkId, string>;
  lostRaces: number;
  since: string | null;
  until: string;
}

const DAY_S = 86_400;
/** Upper ends, in days. */
const AGES: readonly [string, number][] = [
  ['under a day', 1],
  ['1 to 7 days', 7],
  ['7 to 30 days', 30],
  ['30 days and more', Number.POSITIVE_INFINITY],
];

/** What one agent, one swarm or everyone did. */
class Tally {
  readonly flow: Flow = {
    created: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    reopened: 0,
    claims: 0,
    released: 0,
    recovered: 0,
  };
  readonly leads: number[] = [];
  readonly cycles: number[] = [];
  attempts = 0;
  open = 0;
}

/** An item as history up to now has it. */
interface Life {
  status: WorkStatus | null;
  created: string;
  imported: boolean;
  /** The first claim since it was created or reopened. */
  begun: string | undefined;
  holder: string | undefined;
  claims: number;
}

/** Measures a period by its history alone; times are those of the requests. */
export function reportOn({ entries, swarms, lostRaces, since, until }: ReportInput): Report {
  const all = new Tally();
  const agents = new Map<string, Tally>();
  const byswarm = new Map<string, Tally>();
  const lives = new Map<WorkId, Life>();
  let openAtStart: number | undefined = since === null ? 0 : undefined;
  for (const entry of entries) {
    const { id, at } = entry;
    if (id === undefined || at > until) continue;
    const isIn = since === null || at >= since;
    if (isIn) openAtStart ??= openIn(lives).length;
    const life = lives.get(id) ?? newLife(entry);
    lives.set(id, life);
    const swarm = swarms.get(id);
    const agent = agentOf(entry, life);
    const tallies = [all, tallyOf(agents, agent), ...(swarm === undefined ? [] : [tallyOf(byswarm, swarm)])];
    for (const tally of isIn ? tallies : []) count(entry, life, tally);
    advance(entry, life);
  }
  for (const [id, { status }] of lives) {
    const swarm = swarms.get(id);
    if (isOpen(status) && swarm !== undefined) tallyOf(byswarm, swarm).open += 1;
  }
  const open = openIn(lives);
  return {
    since,
    until,
    totals: all.flow,
    open: { at_start: openAtStart ?? open.length, at_end: open.length },
    lead: spread(all.leads),
    cycle: spread(all.cycles),
    attempts_per_completed:
      all.flow.completed === 0 ? null : Math.round((100 * all.attempts) / all.flow.completed) / 100,
    lost_races: lostRaces,
    open_by_age: byAge(open, until),
    by_agent: [...agents]
      .filter(([, { flow }]) => Object.values(flow).some((number) => number > 0))
      .sort(byName)
      .map(([agent, { flow, cycles }]) => ({ agent, ...flow, cycle: spread(cycles) })),
    by_swarm: [...byswarm].sort(byName).map(([swarm, { flow, open: left, leads, cycles }]) => ({
      swarm,
      ...flow,
      open: left,
      lead: spread(leads),
      cycle: spread(cycles),
    })),
  };
}

const newLife = ({ at, verb }: HistoryEntry): Life => ({
  status: null,
  created: at,
  imported: verb === 'import',
  begun: undefined,
  holder: undefined,
  claims: 0,
});

/** A claim raises the epoch; who takes up blocked work again goes on with the one that there was. */
const isClaim = ({ verb, from }: HistoryEntry): boolean =>
  verb === 'claim' || (verb === 'start' && from === 'pending');

/** How work ends is its holder's, whoever approved it or took it away. */
function agentOf({ verb, actor, to }: HistoryEntry, { holder }: Life): string {
  const isHolders = verb === 'recover' || to === 'completed' || to === 'failed';
  return (isHolders ? holder : undefined) ?? actor;
}

function count(entry: HistoryEntry, life: Life, tally: Tally): void {
  const { verb, from, to, at } = entry;
  const { flow, leads, cycles } = tally;
  if (from === null && to !== null) flow.created += 1;
  if (isClaim(entry)) flow.claims += 1;
  if (verb === 'release') flow.released += 1;
  if (verb === 'recover') flow.recovered += 1;
  if (verb === 'reopen') flow.reopened += 1;
  if (to === from) return;
  if (to === 'failed') flow.failed += 1;
  if (to === 'cancelled') flow.cancelled += 1;
  if (to !== 'completed') return;
  flow.completed += 1;
  tally.attempts += life.claims;
  if (!life.imported) leads.push(seconds(life.created, at));
  if (life.begun !== undefined) cycles.push(seconds(life.begun, at));
}

function advance(entry: HistoryEntry, life: Life): void {
  const { verb, actor, at, to } = entry;
  if (verb === 'unknown') return;
  life.status = to;
  if (verb === 'reopen') life.begun = undefined;
  if (!isClaim(entry)) return;
  life.begun ??= at;
  life.holder = actor;
  life.claims += 1;
}

const isOpen = (status: WorkStatus | null): boolean => status !== null && !isTerminal(status);
const openIn = (lives: ReadonlyMap<WorkId, Life>): Life[] =>
  [...lives.values()].filter(({ status }) => isOpen(status));

function byAge(open: readonly Life[], until: string): Report['open_by_age'] {
  const days = open.map(({ created }) => seconds(created, until) / DAY_S);
  return AGES.map(([age, end], index) => {
    const start = AGES[index - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
    return { age, items: days.filter((one) => one >= start && one < end).length };
  });
}

function tallyOf(tallies: Map<string, Tally>, name: string): Tally {
  const tally = tallies.get(name) ?? new Tally();
  tallies.set(name, tally);
  return tally;
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
const seconds = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 1000);

/** The median and the ninetieth percentile, by nearest rank. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { count: sorted.length, median_s: at(0.5), p90_s: at(0.9) };
}
