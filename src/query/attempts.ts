import { verbsThat } from '../domain/verbs.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';

/** One time that someone had an item. */
export interface Attempt {
  epoch: number;
  actor: string;
  execution_id: string | null;
  since: string;
  /** `null` while it lasts. */
  ended: { verb: string; at: string; by: string; reason: string | null } | null;
}

const CLAIMS: ReadonlySet<string> = verbsThat(({ claims }) => claims);
const HELD: ReadonlySet<string> = new Set(['in_progress', 'in_review', 'blocked']);

/** Who had the item, and how each time ended, oldest first, as its history tells. */
export function attemptsIn(history: readonly HistoryEntry[]): Attempt[] {
  const attempts: Attempt[] = [];
  for (const { verb, actor, at, to, epoch, execution_id, reason } of history) {
    const last = attempts.at(-1);
    const isClaim = CLAIMS.has(verb) && epoch !== null && epoch !== last?.epoch;
    if (isClaim) attempts.push({ epoch, actor, execution_id, since: at, ended: null });
    else if (last?.ended === null) {
      if (verb === 'link_execution') last.execution_id = execution_id;
      if (to === null || !HELD.has(to)) last.ended = { verb, at, by: actor, reason };
    } else if (verb === 'retry' && last?.ended?.verb === 'fail') {
      // Why work failed stands in its file; the commit that tries it again has it in a line.
      last.ended.reason ??= reason;
    }
  }
  return attempts;
}
