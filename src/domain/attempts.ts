import type { WorkItem } from './item.ts';
import type { LedgerSettings } from './settings.ts';

/** What the error of an item begins with that was recovered and has no attempt left. */
export const EXHAUSTED = 'exhausted:';

/** How often an item may be claimed before someone has to decide. */
export const attemptsAllowed = (
  item: Pick<WorkItem, 'max_attempts'>,
  settings: Pick<LedgerSettings, 'max_attempts'>,
): number => item.max_attempts ?? settings.max_attempts;

export const isExhausted = (
  item: Pick<WorkItem, 'attempts' | 'max_attempts'>,
  settings: Pick<LedgerSettings, 'max_attempts'>,
): boolean => item.attempts >= attemptsAllowed(item, settings);

const LONGEST_BACKOFF_MS = 3_600_000;

/**
 * How long to wait after so many attempts, in milliseconds: between half and all of attempts⁴ seconds, an hour at most.
 *
 * @param chance from 0 up to 1: what failed together is not tried again together
 */
export function backoffMs(attempts: number, chance: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, attempts ** 4 * 1000);
  return Math.round(longest * (0.5 + chance / 2));
}
