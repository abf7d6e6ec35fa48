/** Who calls in one measurement: `clones`, each with `processes`, each with `callers` that wait for their own transitions. */
export interface Shape {
  clones: number;
  processes: number;
  callers: number;
  /** Milliseconds that every connection to the remote takes longer. */
  delay: number;
}

/** What issue 3 asks of the slowest caller: times the median, or milliseconds. */
export type Slowest = { times_median: number } | { ms: number };

export interface Scenario {
  name: string;
  title: string;
  shape: Shape;
  /** The naive loop that stands beside it. */
  beside: Shape;
  /** Accepted transitions a second, as a multiple of the naive loop's. */
  ratio: number;
  slowest: Slowest;
}

export const MAX_PUSHES = 2.5;

const shape = (clones: number, processes: number, callers: number, delay = 0): Shape => ({
  clones,
  processes,
  callers,
  delay,
});
const ONE = shape(1, 1, 1);
const EIGHT = shape(8, 1, 1);

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'quiet',
    title: '1 clone, 1 caller',
    shape: ONE,
    beside: ONE,
    ratio: 1,
    slowest: { times_median: 5 },
  },
  {
    name: 'callers',
    title: '1 clone, 1 process, 32 callers',
    shape: shape(1, 1, 32),
    beside: ONE,
    ratio: 15,
    slowest: { times_median: 5 },
  },
  {
    name: 'processes',
    title: '1 clone, 32 processes',
    shape: shape(1, 32, 1),
    beside: ONE,
    ratio: 3,
    slowest: { times_median: 5 },
  },
  {
    name: 'clones',
    title: '8 clones, 1 caller each',
    shape: EIGHT,
    beside: EIGHT,
    ratio: 1,
    slowest: { times_median: 10 },
  },
  {
    name: 'clones-callers',
    title: '8 clones, 8 callers each in 1 process',
    shape: shape(8, 1, 8),
    beside: EIGHT,
    ratio: 8,
    slowest: { ms: 5_000 },
  },
  {
    name: 'clones-processes',
    title: '8 clones, 8 processes each',
    shape: shape(8, 8, 1),
    beside: EIGHT,
    ratio: 3,
    slowest: { ms: 10_000 },
  },
  {
    name: 'far',
    title: '8 clones, 8 callers each, 150 ms on each connection',
    shape: shape(8, 1, 8, 150),
    beside: shape(8, 1, 1, 150),
    ratio: 8,
    slowest: { ms: 10_000 },
  },
];
