import type { Request } from '../domain/commands.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { CommitRecord } from '../store/port.ts';
import { CommitFindings } from './findings.ts';
import type { Finding } from './rules.ts';
import { type Dated, follow, type Lead, type Timeline } from './timeline.ts';

type Clocks = Pick<LedgerSettings, 'clock_skew_s'>;

/**
 * Holds a commit against the times that those before it tell. Whatever was asked for how long ago, a commit is made after its
 * parents: a clone that was offline brings old requests in new commits.
 *
 * @param time as its parents leave it
 * @returns what it leaves, and what it shows to be wrong of commits before it
 */
export function checkOrder(
  commit: Dated,
  time: Timeline,
  { clock_skew_s }: Clocks,
  findings: CommitFindings,
): { time: Timeline; before: Finding[] } {
  const { time: left, late, ahead } = follow(time, commit, clock_skew_s);
  if (late !== undefined)
    findings.add(
      'clock',
      `it is dated ${describeTime(commit.made)}, and those before it tell ${describeTime(late)}`,
    );
  return { time: left, before: ahead.flatMap((lead) => aheadOf(lead, commit)) };
}

function aheadOf(lead: Lead, { oid, made }: Dated): Finding[] {
  const findings = new CommitFindings({ oid: lead.oid, message: lead.subject });
  findings.id = lead.id;
  const then = `${oid.slice(0, 12)}, which builds on it, is dated ${describeTime(made)}`;
  findings.add('clock', `it is dated ${describeTime(lead.recorded)}, and ${then}`);
  return findings.found;
}

/**
 * Nothing is dated ahead, or every honest commit after it would seem back-dated.
 *
 * @param now seconds since 1970, by the clock of who judges
 */
export function checkAhead(
  { recorded }: Dated,
  now: number,
  { clock_skew_s }: Clocks,
  findings: CommitFindings,
): void {
  if (recorded > now + clock_skew_s)
    findings.add('clock', `it is dated ${describeTime(recorded)}, and here it is ${describeTime(now)}`);
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
