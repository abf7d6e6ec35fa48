/** A disagreement that the fuzzer found by itself, and that stands. Whoever mends it takes it out. */
export interface KnownFailure {
  name: string;
  /** A seed that shows it. */
  seed: number;
  why: string;
}

export const KNOWN_FAILURES: readonly KnownFailure[] = [];

const NAMES = new Set(KNOWN_FAILURES.map(({ name }) => name));

export const isKnown = (name: string): boolean => NAMES.has(name);
