/** A disagreement that the fuzzer found by itself, and that stands. Whoever mends it takes it out. */
export interface KnownFailure {
  name: string;
  /** A seed that shows it. */
  seed: number;
  why: string;
}

export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    name: 'what a clone writes is found by verify: reused',
    seed: 3_947,
    why: 'a commit that deletes an item, and whose message cannot be read, does not say to a clone that lost what it checked that the id was used',
  },
];

const NAMES = new Set(KNOWN_FAILURES.map(({ name }) => name));

export const isKnown = (name: string): boolean => NAMES.has(name);
