import { Chance } from './chance.ts';
import type { Mishap } from './world/connection.ts';

/** What a caller does next; `salt` decides what is left open, on what the caller then sees. */
export interface Step {
  /** Not before this time, in virtual milliseconds. */
  at: number;
  kind: StepKind;
  salt: number;
}

/**
 * `act`: a verb that suits an item. `pair`: two of them in one call. `group`: the same, all or nothing. `keyed`: a new item with an
 * idempotency key of few. `apply`: what was rejected once more. `once more`: the last command again, on what is seen now.
 */
export type StepKind = 'act' | 'create' | 'keyed' | 'pair' | 'group' | 'sync' | 'fetch' | 'apply';

/** Someone who works with one process of a clone, step by step, and goes on with another one where it is killed. */
export interface Caller {
  clone: string;
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
  | { kind: 'outage'; from: number; until: number };

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
}

const NAMES = ['ada', 'bob', 'cy', 'dan', 'eve', 'fay', 'gus', 'hal'];

/** How often each kind of step is taken. */
const STEPS: Readonly<Record<StepKind, number>> = {
  act: 14,
  create: 2,
  keyed: 2,
  pair: 2,
  group: 3,
  sync: 3,
  fetch: 1,
  apply: 2,
};

/** Some runs are calm, so that what is wrong without any fault is told as that. */
const FAULTS = { none: 2, one: 4, two: 3, several: 2 } as const;
const HOW_MANY = { none: 0, one: 1, two: 2, several: 5 } as const;

const FAULT_KINDS: Readonly<Record<Fault['kind'], number>> = {
  kill: 5,
  message: 6,
  refusal: 5,
  outage: 2,
  lag: 1,
  skew: 2,
  stop: 1,
  slow: 2,
};

/** Makes up a run. */
export function planOf(seed: number, { clones = 0 }: PlanOptions = {}): Plan {
  const chance = new Chance(seed, 'plan');
  const count = clones || chance.pick([2, 2, 2, 3, 3, 4]);
  const names = NAMES.slice(0, count);
  const callers = names.map((clone) => callerOf(chance, clone));
  // Sometimes a second process beside the first one.
  if (chance.happens(0.35)) callers.push(callerOf(chance, chance.pick(names)));
  const end = Math.max(...callers.flatMap(({ steps }) => steps.map(({ at }) => at)));
  const faults = Array.from({ length: HOW_MANY[chance.weighted(FAULTS)] }, () => faultOf(chance, names, end));
  return { seed, clones: count, items: chance.pick([1, 1, 2, 3]), callers, faults };
}

function callerOf(chance: Chance, clone: string): Caller {
  const steps: Step[] = [];
  let at = 0;
  for (let left = 2 + chance.below(9); left > 0; left -= 1) {
    // Bursts bring clones together; pauses let a view of the remote grow old.
    at += chance.pick([0, 20, 60, 200, 600, 2_500]) * chance.next();
    steps.push({ at: Math.round(at), kind: chance.weighted(STEPS), salt: chance.below(1_000_000) });
  }
  return { clone, mode: chance.happens(0.15) ? 'local' : 'push', steps };
}

function faultOf(chance: Chance, clones: readonly string[], end: number): Fault {
  const clone = chance.pick(clones);
  const process = `${clone}.1`;
  const from = Math.round(end * chance.next());
  const until = from + Math.round(chance.pick([200, 1_500, 5_000]) * chance.between(0.5, 1.5));
  const kind = chance.weighted(FAULT_KINDS);
  switch (kind) {
    case 'kill':
      return {
        kind,
        process,
        call: 1 + chance.below(chance.pick([80, 250, 600])),
        when: chance.pick(['before', 'after'] as const),
        back_after_ms: Math.round(chance.between(50, 3_000)),
      };
    case 'message':
      return { kind, process, message: 1 + chance.below(chance.pick([4, 10, 25])), mishap: mishapOf(chance) };
    case 'refusal':
      return { kind, clone, refs: chance.pick(['branch', 'branch', 'beside', 'all'] as const), from, until };
    case 'lag':
      return { kind, from, until, by_ms: Math.round(chance.between(100, 3_000)) };
    case 'skew':
      return {
        kind,
        clone,
        from: chance.pick([0, from]),
        ahead_ms: Math.round(chance.between(-400, 400)) * 1_000,
      };
    case 'stop':
      return { kind, process, from, until: from + Math.round(chance.between(1_000, 200_000)) };
    case 'slow':
      return { kind, process, times: Math.round(chance.between(2, 40)) };
    case 'outage':
      return { kind, from, until };
    default:
      return kind satisfies never;
  }
}

function mishapOf(chance: Chance): Mishap {
  const kind = chance.pick(['answer lost', 'never arrives', 'torn', 'arrives twice', 'late'] as const);
  switch (kind) {
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
