import { readTrailers } from '../codec/message.ts';
import type { Request } from '../domain/commands.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord } from '../store/port.ts';
import type { CommitFindings } from './findings.ts';

type Clocks = Pick<LedgerSettings, 'clock_skew_s'>;

/** Seconds since 1970 of what a commit records: when its transition was asked for; where it records nothing, its own date. */
export function requestedAt(
  { message, committer }: Pick<CommitRecord, 'message' | 'committer'>,
  { values } = readTrailers(message),
): number {
  const at = Date.parse(values.get('Work-At') ?? '');
  return Number.isNaN(at) ? committer.at : Math.floor(at / 1000);
}

/**
 * A commit is built after its parents, whatever was asked for how long ago: a clone that was offline brings old requests in new
 * commits.
 *
 * @param recorded what the latest of its parents records
 */
export function checkOrder(
  { committer }: CommitRecord,
  recorded: number,
  { clock_skew_s }: Clocks,
  findings: CommitFindings,
): void {
  if (committer.at >= recorded - clock_skew_s) return;
  findings.add(
    'clock',
    `it is dated ${describeTime(committer.at)}, and its parent records ${describeTime(recorded)}`,
  );
}

/**
 * Nothing is dated ahead, or every honest commit after it would seem back-dated.
 *
 * @param requested what it records, as `requestedAt` tells
 * @param now seconds since 1970, by the clock of who judges
 */
export function checkAhead(
  { committer }: CommitRecord,
  requested: number,
  now: number,
  { clock_skew_s }: Clocks,
  findings: CommitFindings,
): void {
  const newest = Math.max(committer.at, requested);
  if (newest > now + clock_skew_s)
    findings.add('clock', `it is dated ${describeTime(newest)}, and here it is ${describeTime(now)}`);
}

/** A time of git's, in seconds since 1970, for messages; also one that no calendar has. */
function describeTime(at: number): string {
  const date = new Date(at * 1000);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

/** Holds the author line against who asked and when. */
export function checkRequest(
  { actor, at }: Request,
  { author }: CommitRecord,
  findings: CommitFindings,
): void {
  if (author.name !== actor) findings.add('author', `the author is ${author.name}, the actor ${actor}`);
  if (author.at !== secondsOf(at))
    findings.add('date', `the author's date is ${describeTime(author.at)}, and Work-At ${at}`);
}

/**
 * As `checkRequest`, for a proposal, which a host may have squashed: it writes the author line anew, with the name of a person
 * or of the proposal, and the time of the merge. That is after it was asked for, and not after the commit was made, as far as
 * clocks agree.
 *
 * @param skew seconds
 */
export function checkProposal(
  { at }: Request,
  { author, committer }: CommitRecord,
  skew: number,
  findings: CommitFindings,
): void {
  if (author.at >= secondsOf(at) - skew && author.at <= Math.max(secondsOf(at), committer.at + skew)) return;
  const between = `it should be between Work-At ${at} and the committer's ${describeTime(committer.at)}`;
  findings.add('date', `the author's date is ${describeTime(author.at)}; ${between}`);
}

const secondsOf = (at: string): number => Math.floor(Date.parse(at) / 1000);
