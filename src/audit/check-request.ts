import type { Request } from '../domain/commands.ts';
import type { CommitRecord } from '../store/port.ts';
import { tellTime } from './dates.ts';
import type { CommitFindings } from './findings.ts';

/** Holds the author line against who asked and when. */
export function checkRequest(
  { actor, at }: Request,
  { author }: CommitRecord,
  findings: CommitFindings,
): void {
  if (author.name !== actor) findings.add('author', `the author is ${author.name}, the actor ${actor}`);
  if (author.at !== secondsOf(at))
    findings.add('date', `the author's date is ${tellTime(author.at)}, and Work-At ${at}`);
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
  const between = `it should be between Work-At ${at} and the committer's ${tellTime(committer.at)}`;
  findings.add('date', `the author's date is ${tellTime(author.at)}; ${between}`);
}

const secondsOf = (at: string): number => Math.floor(Date.parse(at) / 1000);
