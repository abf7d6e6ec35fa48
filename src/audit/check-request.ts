import type { Request } from '../domain/commands.ts';
import type { CommitRecord } from '../store/port.ts';
import type { CommitFindings } from './findings.ts';

/** Holds the author line against who asked and when. */
export function checkRequest(
  { actor, at }: Request,
  { author }: CommitRecord,
  findings: CommitFindings,
): void {
  if (author.name !== actor) findings.add('author', `the author is ${author.name}, the actor ${actor}`);
  if (author.at !== Math.floor(Date.parse(at) / 1000)) {
    const date = new Date(author.at * 1000);
    const told = Number.isNaN(date.getTime()) ? author.at : date.toISOString();
    findings.add('date', `the author's date is ${told}, and Work-At ${at}`);
  }
}
