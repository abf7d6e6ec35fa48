const LONGEST_MS = 6 * 3_600_000;

/** How long to wait after so many attempts: the fourth power of them in seconds, with `chance` (0 to 1) a fifth more or less. */
export const backoff_ms = (attempts: number, chance: number): number =>
  Math.round(Math.min(LONGEST_MS, Math.max(1, attempts) ** 4 * 1000) * (0.8 + 0.4 * chance));
