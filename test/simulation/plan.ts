import type { Verb } from '../../src/domain/verbs.ts';
import { Chance } from './chance.ts';
import type { Mishap } from './world/network.ts';

/** What a caller does next; `salt` decides what is left open, on what the caller then sees. */
export interface Step {
  /** Not before this time, in virtual milliseconds. */
  at: number;
  kind: StepKind;
  salt: number;
  /** What is asked for where it is not left to chance, and of the how manyth item. */
  ask?: readonly { verb: Verb; item: number }[] | undefined;
}

/**
 * `act`: a verb that suits an item. `pair`: two of them in one call. `group`: the same, all or nothing. `keyed`: a new item with an
 * idempotency key of few. `apply`: what was rejected, once more. `give back`: work whose holder was silent for a lease.
 * `work`: what a worker does until nothing is ready. `part`: an item of an item, or one that waits for another. `rule`: a setting or the
 * policy. `acknowledge`: what `verify` finds first.
 */
export type StepKind =
  | 'act'
  | 'create'
  | 'keyed'
  | 'pair'
  | 'group'
  | 'sync'
  | 'fetch'
  | 'apply'
  | 'give back'
  | 'work'
  | 'part'
  | 'rule'
  | 'acknowledge';

/** Someone who works with one process of a clone, step by step, and goes on with another one where it is killed. */
export interface Caller {
  clone: string;
  /** Who acts; as the clone is called where nobody is named. */
  actor?: string | undefined;
  /** Whether calls wait for the remote. */
  mode: 'push' | 'local';
  steps: Step[];
}

export type Fault =
  | { kind: 'kill'; process: string; call: number; when: 'before' | 'after'; back_after_ms: number }
  | { kind: 'message'; process: string; message: number; mishap: Mishap }
  | { kind: 'refusal'; clone: string; refs: 'branch' | 'beside' | 'all'; from: number; until: number }
  | { kind: 'lag'; from: number; until: number; by_ms: number }
  | { kind: 'skew'; clone: string; from: number; ahead_ms: number }
  | { kind: 'stop'; process: string; from: number; until: number }
  | { kind: 'slow'; process: string; times: number }
  /** The clone's machine sleeps, with all that runs there; `counted` where its clock that only goes forward goes on meanwhile. */
  | { kind: 'sleep'; clone: string; from: number; until: number; counted: boolean }
  /** A person moves the clone's branch, or commits there, beside the program. */
  | { kind: 'by hand'; clone: string; at: number; what: 'sets it on the remote' | 'commits' | 'amends' }
  /** The clone is put back in place as it was before. */
  | { kind: 'restored'; clone: string; from: number; at: number }
  /** A copy of the clone is made beside it, or its disk is restored on another machine; callers of the plan work in both. */
  | { kind: 'copied'; clone: string; as: string; at: number; to: 'beside it' | 'another machine' }
  /** The clone has no rights to write. */
  | { kind: 'denied'; clone: string; from: number; until: number }
  /** Somebody puts a commit on the branch that is no transition. */
  | { kind: 'forged'; at: number }
  /** What no ref of the clone reaches is gone. */
  | { kind: 'pruned'; clone: string; at: number }
  /** A person at the server moves the branch as no push can. */
  | { kind: 'rewritten'; at: number; what: 'set back' | 'emptied' | 'replaced' }
  | { kind: 'disk full'; clone: string; from: number; until: number }
  /** Nobody reaches the remote. */
  | { kind: 'outage'; from: number; until: number }
  /** It takes what it is sent, and does not answer. */
  | { kind: 'silence'; from: number; until: number };

/** All that a run does: who does what when, and what goes wrong. The rest is chance by the seed, occasion for occasion. */
export interface Plan {
  seed: number;
  /** How many clones there are. */
  clones: number;
  /** How many items there are when it begins. */
  items: number;
  callers: Caller[];
  faults: Fault[];
}

export interface PlanOptions {
  clones?: number | undefined;
  /** Instead of the one that the seed draws. */
  theme?: ThemeName | undefined;
}

const NAMES = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal'];

/** What a run is mostly about. Chance alone comes too seldom to what takes several things at once. */
interface Theme {
  /** How often it is taken. */
  weight: number;
  steps: Readonly<Record<StepKind, number>>;
  /** Pauses between steps, in milliseconds: bursts bring clones together, and in pauses a view of the remote grows old. */
  pauses: readonly number[];
  /** How many more processes there are than clones. */
  beside: readonly number[];
  /** How likely a caller is not to wait for the remote. */
  offline: number;
  /** How many faults; some runs are calm, so that what is wrong without any is told as that. */
  faults: readonly number[];
  /** `one`: clones always act under one name. */
  actors?: 'one';
  kinds: Readonly<Partial<Record<Fault['kind'], number>>>;
}

const STEPS = {
  act: 14,
  create: 2,
  keyed: 1,
  pair: 2,
  group: 2,
  sync: 3,
  fetch: 1,
  apply: 1,
  'give back': 0,
  work: 0,
  part: 0,
  rule: 0,
  acknowledge: 0,
} as const;
const KINDS = {
  kill: 5,
  message: 6,
  refusal: 4,
  outage: 2,
  silence: 1,
  lag: 1,
  skew: 2,
  stop: 1,
  slow: 2,
} as const;
const ANY: Theme = {
  weight: 6,
  steps: STEPS,
  pauses: [0, 20, 60, 200, 600, 2_500],
  beside: [0, 0, 1],
  offline: 0.15,
  faults: [0, 0, 1, 1, 1, 2, 2, 4],
  kinds: KINDS,
};

const THEMES = {
  any: ANY,
  // Lost once or twice, then refused: what was offered meanwhile is in other hands.
  refused: {
    ...ANY,
    weight: 3,
    steps: { ...STEPS, apply: 3, sync: 1 },
    pauses: [10, 60, 150, 400],
    faults: [1, 2, 3],
    kinds: { refusal: 5, denied: 2, message: 1 },
  },
  // Nobody waits for the remote, or it is away.
  apart: {
    ...ANY,
    weight: 2,
    steps: { ...STEPS, create: 5, keyed: 4, sync: 4 },
    offline: 0.6,
    kinds: { outage: 4, silence: 2, kill: 2, message: 2 },
  },
  // Several processes of few clones, of which one dies or stands still.
  beside: {
    ...ANY,
    weight: 3,
    steps: { ...STEPS, create: 5, pair: 3, sync: 1 },
    pauses: [0, 5, 20, 100],
    beside: [1, 2, 3],
    offline: 0.3,
    faults: [1, 2, 3],
    kinds: { kill: 6, stop: 3, message: 2, silence: 3 },
  },
  // What all stands on moves: the branch, the clone, the disk.
  moved: {
    ...ANY,
    weight: 2,
    offline: 0.3,
    faults: [1, 1, 2],
    kinds: { 'by hand': 4, restored: 3, rewritten: 1, 'disk full': 2 },
  },
  // A clone is there twice, and each goes on.
  copied: {
    ...ANY,
    weight: 1,
    steps: { ...STEPS, act: 20, sync: 4 },
    pauses: [0, 20, 60, 200],
    offline: 0.2,
    faults: [2, 3, 4],
    kinds: { copied: 4, message: 2, kill: 2 },
  },
  // Several clones act under one name, and take work from each other.
  namesakes: {
    ...ANY,
    weight: 1,
    steps: { ...STEPS, act: 20, group: 0, 'give back': 1, sync: 2 },
    pauses: [0, 20, 60, 200],
    offline: 0.4,
    actors: 'one',
  },
  // Objects go that nothing points to.
  pruned: {
    ...ANY,
    weight: 1,
    offline: 0.3,
    faults: [2, 3, 4],
    kinds: { pruned: 4, 'by hand': 1, refusal: 2, message: 2, kill: 1, outage: 1 },
  },
  // What is read is old, and who could tell does not answer.
  lagging: { ...ANY, weight: 1, faults: [2, 3], kinds: { lag: 4, silence: 3, outage: 1 } },
  // Who looks after work that others hold, by a clock that may be wrong.
  watched: {
    ...ANY,
    weight: 2,
    steps: { ...STEPS, act: 10, group: 0, 'give back': 4 },
    faults: [0, 1, 1, 2],
    kinds: { skew: 4, stop: 1 },
  },
  // Machines that sleep: who holds work there, and who watches others that do.
  asleep: {
    ...ANY,
    weight: 2,
    steps: { ...STEPS, act: 6, pair: 0, group: 0, sync: 1, 'give back': 10, work: 4 },
    pauses: [0, 5_000, 60_000, 120_000],
    beside: [0, 0, 1],
    offline: 0.05,
    faults: [1, 2, 2, 3],
    kinds: { sleep: 8, skew: 1, kill: 1, outage: 1, message: 1 },
  },
  // Clocks that are off, each by as much as a ledger allows, or by more.
  clocks: { ...ANY, weight: 2, faults: [2, 3, 3], kinds: { skew: 6, message: 1 } },
  // Items that are parts of others, or wait for them.
  parts: { ...ANY, weight: 2, steps: { ...STEPS, act: 16, part: 7 }, offline: 0.3 },
  // Who may do what changes meanwhile.
  ruled: { ...ANY, weight: 2, steps: { ...STEPS, act: 16, rule: 5 }, offline: 0.3 },
  // Somebody pushes what is wrong, and others answer for it.
  audited: {
    ...ANY,
    weight: 1,
    steps: { ...STEPS, act: 8, acknowledge: 5 },
    faults: [1, 2, 3],
    kinds: { forged: 6, message: 1, skew: 1 },
  },
  // Workers, of which some die, stand still, or cannot tell that they live.
  workers: {
    ...ANY,
    weight: 3,
    steps: {
      ...STEPS,
      act: 2,
      create: 4,
      keyed: 0,
      pair: 0,
      group: 0,
      apply: 0,
      sync: 1,
      'give back': 1,
      work: 8,
    },
    pauses: [0, 200, 5_000, 60_000],
    beside: [0, 1, 2],
    offline: 0.05,
    faults: [0, 1, 2, 3],
    kinds: {
      kill: 6,
      stop: 3,
      outage: 2,
      silence: 2,
      refusal: 2,
      denied: 2,
      message: 2,
      slow: 1,
      skew: 1,
      sleep: 1,
      pruned: 1,
    },
  },
  // Answers that are lost, late, twice.
  broken: {
    ...ANY,
    weight: 2,
    faults: [2, 3, 5],
    kinds: { message: 8, outage: 1, kill: 2, lag: 3, silence: 2 },
  },
} satisfies Record<string, Theme>;

export type ThemeName = keyof typeof THEMES;
export const THEME_NAMES = Object.keys(THEMES) as ThemeName[];

/** Makes up a run. */
export function planOf(seed: number, { clones = 0, theme: named }: PlanOptions = {}): Plan {
  const chance = new Chance(seed, 'plan');
  const weights = Object.entries(THEMES).map(([name, { weight }]) => [name, weight] as const);
  const drawn = chance.weighted(Object.fromEntries(weights)) as ThemeName;
  const theme: Theme = THEMES[named ?? drawn];
  const count = clones || chance.pick([2, 2, 2, 3, 3, 4]);
  const names = NAMES.slice(0, count);
  const callers = names.map((clone) => callerOf(chance, clone, theme));
  const crowded = chance.pick(names);
  for (let more = chance.pick(theme.beside); more > 0; more -= 1)
    callers.push(callerOf(chance, crowded, theme));
  // Sometimes clones act under one name.
  if (chance.happens(0.12) || theme.actors === 'one') for (const caller of callers) caller.actor = names[0];
  const times = callers.flatMap(({ steps }) => steps.map(({ at }) => at));
  const faults = Array.from({ length: chance.pick(theme.faults) }, () =>
    faultOf(chance, { callers, times, theme }),
  );
  for (const fault of faults)
    if (fault.kind === 'copied' && !callers.some((caller) => caller.clone === fault.as))
      callers.push(inCopy(fault, callerOf(chance, fault.as, theme)));
  return { seed, clones: count, items: chance.pick([1, 1, 2, 3]), callers, faults };
}

function callerOf(chance: Chance, clone: string, { steps: kinds, pauses, offline }: Theme): Caller {
  const steps: Step[] = [];
  let at = 0;
  for (let left = 2 + chance.below(9); left > 0; left -= 1) {
    at += chance.pick(pauses) * chance.next();
    steps.push({ at: Math.round(at), kind: chance.weighted(kinds), salt: chance.below(1_000_000) });
  }
  return { clone, mode: chance.happens(offline) ? 'local' : 'push', steps };
}

/** Who works in a copy, under the name that it was copied with. */
const inCopy = ({ clone, at }: Extract<Fault, { kind: 'copied' }>, caller: Caller): Caller => ({
  ...caller,
  actor: clone,
  steps: caller.steps.map((step) => ({ ...step, at: step.at + at })),
});

interface Scene {
  callers: readonly Caller[];
  /** When callers begin their steps. */
  times: readonly number[];
  theme: Theme;
}

function faultOf(chance: Chance, { callers, times, theme }: Scene): Fault {
  // Sooner a clone that has several processes.
  const clone = chance.pick(callers).clone;
  const started = callers.filter((caller) => caller.clone === clone).length;
  const process = `${clone}.${1 + chance.below(started)}`;
  // While somebody is at work.
  const from = chance.pick(times) + chance.below(300);
  const until = from + Math.round(chance.pick([200, 1_500, 5_000]) * chance.between(0.5, 1.5));
  const kind = chance.weighted(theme.kinds as Record<Fault['kind'], number>);
  switch (kind) {
    case 'kill':
      return {
        kind,
        process,
        call: 1 + chance.below(chance.pick([50, 120, 400, 1_500])),
        when: chance.pick(['before', 'after'] as const),
        back_after_ms: Math.round(chance.between(50, 3_000)),
      };
    case 'message':
      return { kind, process, message: 1 + chance.below(chance.pick([4, 10, 25])), mishap: mishapOf(chance) };
    case 'refusal':
      return {
        kind,
        clone,
        refs: chance.pick(['branch', 'branch', 'beside', 'all'] as const),
        from,
        until: until + chance.pick([0, 0, 0, 100_000]),
      };
    case 'lag':
      return { kind, from, until, by_ms: Math.round(chance.between(100, 3_000)) };
    case 'skew':
      return {
        kind,
        clone,
        from: chance.pick([0, from]),
        ahead_ms: Math.round(chance.pick([280, 400, 8_000]) * chance.between(-1, 1)) * 1_000,
      };
    case 'stop':
      return { kind, process, from, until: from + Math.round(chance.between(1_000, 200_000)) };
    case 'sleep':
      return {
        kind,
        clone,
        ...sleepAfter(from, chance),
      };
    case 'slow':
      return { kind, process, times: Math.round(chance.between(2, 40)) };
    case 'by hand':
      return {
        kind,
        clone,
        at: from,
        what: chance.pick(['sets it on the remote', 'commits', 'amends'] as const),
      };
    case 'denied':
      return {
        kind,
        clone,
        from,
        until: from + chance.pick([1_500, 5_000, 150_000]) * chance.between(0.5, 1.5),
      };
    case 'forged':
      return { kind, at: from };
    case 'copied':
      return {
        kind,
        clone,
        as: `${clone}Copy`,
        at: from,
        to: chance.pick(['beside it', 'another machine'] as const),
      };
    case 'pruned':
      return { kind, clone, at: from };
    case 'restored':
      return { kind, clone, from, at: until };
    case 'rewritten':
      return { kind, at: from, what: chance.pick(['set back', 'emptied', 'replaced'] as const) };
    case 'disk full':
      return { kind, clone, from, until };
    case 'outage':
      return { kind, from, until };
    case 'silence':
      return { kind, from, until: from + Math.round(chance.pick([1_000, 100_000, 300_000]) * chance.next()) };
    default:
      return kind satisfies never;
  }
}

/** Over a lease of a worker, or over one of whoever works by commands. */
function sleepAfter(time: number, chance: Chance): { from: number; until: number; counted: boolean } {
  const from = time + Math.round(chance.pick([0, 5_000, 60_000]) * chance.next());
  const ms = Math.round(chance.pick([60_000, 300_000, 6_000_000, 6_000_000]) * chance.between(0.5, 1.5));
  return { from, until: from + ms, counted: chance.happens(0.3) };
}

function mishapOf(chance: Chance): Mishap {
  const kind = chance.pick([
    'cut off',
    'cut off',
    'answer lost',
    'never arrives',
    'torn',
    'arrives twice',
    'late',
  ] as const);
  switch (kind) {
    case 'cut off':
      return { kind, messages: 1 + chance.below(4) };
    case 'arrives twice':
      return { kind, again_after_ms: Math.round(chance.between(50, 5_000)) };
    case 'late':
      return {
        kind,
        there_ms: Math.round(chance.pick([0, 500, 20_000]) * chance.next()),
        back_ms: Math.round(chance.pick([0, 500, 20_000]) * chance.next()),
      };
    default:
      return { kind };
  }
}
