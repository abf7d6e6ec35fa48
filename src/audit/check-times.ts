import { readTrailers } from '../codec/message.ts';
import type { CommitRecord } from '../store/port.ts';
import type { Refusal } from './push-rules.ts';

/** What a commit is dated after, and before, by a clock that may be wrong by so many seconds. */
export interface Times {
  /** What the parent records as asked for, or where it records nothing, its own date. */
  parent: number | undefined;
  /** The clock of who judges. */
  now: number;
  skew: number;
}

/** Seconds since 1970 of what a commit records: when its transition was asked for. */
export function requestedAt({ message, committer }: Pick<CommitRecord, 'message' | 'committer'>): number {
  const at = Date.parse(readTrailers(message).values.get('Work-At') ?? '');
  return Number.isNaN(at) ? committer.at : Math.floor(at / 1000);
}

/**
 * A commit is built after its parent, whatever was asked for how long ago: a clone that was offline brings old requests in new
 * commits. And nothing is dated ahead, or every honest commit after it would seem back-dated.
 */
export function checkTimes(record: CommitRecord, { parent, now, skew }: Times): Refusal | undefined {
  const { oid: commit, committer } = record;
  const refusal = (message: string): Refusal => ({ rule: 'clock', message, commit });
  if (parent !== undefined && committer.at < parent - skew)
    return refusal(`it is dated ${told(committer.at)}, and its parent records ${told(parent)}`);
  const newest = Math.max(committer.at, requestedAt(record));
  if (newest > now + skew) return refusal(`it is dated ${told(newest)}, and here it is ${told(now)}`);
  return undefined;
}

function told(at: number): string {
  const date = new Date(at * 1000);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}
