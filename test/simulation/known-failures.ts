/** A failure of the protocol as it is, that the simulation found by itself. Whoever mends it takes it out. */
export interface KnownFailure {
  /** Oracle and kind. */
  name: string;
  /** A seed that shows it. */
  seed: number;
  why: string;
}

export const KNOWN_FAILURES: readonly KnownFailure[] = [];

const NAMES = new Set(KNOWN_FAILURES.map(({ name }) => name));

/** What is wrong in any case is so on moved ground as well: `groups: in part, by hand`. */
export const isKnown = (name: string): boolean =>
  NAMES.has(name) || KNOWN_FAILURES.some((known) => name.startsWith(`${known.name},`));
