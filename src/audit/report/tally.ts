import { isTerminal, type WorkStatus } from '../../domain/item.ts';
import { verbsThat } from '../../domain/verbs.ts';
import type { HistoryEntry } from '../../projection/history-entry.ts';

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

/** What one agent or one swarm did, and what of it is open at the end. */
export interface Measures extends Flow {
  open: number;
  lead: Spread;
  cycle: Spread;
  /** Claims that a completed item took, on average; `null` where none was completed. */
  attempts_per_completed: number | null;
  lost_races: number;
  open_by_age: { age: string; items: number }[];
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
export class Tally {
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
  readonly open: Life[] = [];
  attempts = 0;
  lost = 0;

  /** Takes in what was done to an item that stood as `life` says. */
  count(entry: HistoryEntry, life: Life): void {
    const { verb, from, to, at } = entry;
    const { flow } = this;
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
    this.attempts += life.claims;
    if (!life.imported) this.leads.push(seconds(life.created, at));
    if (life.begun !== undefined) this.cycles.push(seconds(life.begun, at));
  }

  /** True where it did nothing in the period and has nothing left. */
  get isEmpty(): boolean {
    return this.lost + this.open.length + Object.values(this.flow).reduce((sum, one) => sum + one, 0) === 0;
  }

  measures(until: string): Measures {
    const { flow, leads, cycles, open, attempts, lost } = this;
    return {
      ...flow,
      open: open.length,
      lead: spread(leads),
      cycle: spread(cycles),
      attempts_per_completed:
        flow.completed === 0 ? null : Math.round((100 * attempts) / flow.completed) / 100,
      lost_races: lost,
      open_by_age: byAge(open, until),
    };
  }
}

function byAge(open: readonly Life[], until: string): Measures['open_by_age'] {
  const days = open.map(({ created }) => seconds(created, until) / DAY_S);
  return AGES.map(([age, end], index) => {
    const start = AGES[index - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
    return { age, items: countBetween(days, start, end) };
  });
}

export const countBetween = (values: readonly number[], start: number, end: number): number =>
  values.filter((one) => one >= start && one < end).length;

const seconds = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 1000);

/** The median and the ninetieth percentile, by nearest rank. */
function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { count: sorted.length, median_s: at(0.5), p90_s: at(0.9) };
}

/** An item as history up to now has it. */
export interface Life {
  status: WorkStatus | null;
  created: string;
  imported: boolean;
  /** The first claim since it was created or reopened. */
  begun: string | undefined;
  holder: string | undefined;
  claims: number;
}

export const newLife = ({ at, verb }: HistoryEntry): Life => ({
  status: null,
  created: at,
  imported: verb === 'import',
  begun: undefined,
  holder: undefined,
  claims: 0,
});

export const isOpen = ({ status }: Life): boolean => status !== null && !isTerminal(status);

const CLAIMS: ReadonlySet<string> = verbsThat(({ claims }) => claims);
/** A claim raises the epoch; who takes up blocked work again goes on with the one that there was. */
const isClaim = ({ verb, from }: HistoryEntry): boolean => CLAIMS.has(verb) && from === 'pending';

/** How work ends is its holder's, whoever approved it or took it away. */
export function agentOf({ verb, actor, to }: HistoryEntry, { holder }: Life): string {
  const isHolders = verb === 'recover' || to === 'completed' || to === 'failed';
  return (isHolders ? holder : undefined) ?? actor;
}

/** Takes the item a step further. */
export function advance(entry: HistoryEntry, life: Life): void {
  const { verb, actor, at, to } = entry;
  if (verb === 'unknown') return;
  life.status = to;
  if (verb === 'reopen') life.begun = undefined;
  if (to === 'pending') life.holder = undefined;
  if (!isClaim(entry)) return;
  life.begun ??= at;
  life.holder = actor;
  life.claims += 1;
}
