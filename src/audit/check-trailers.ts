import { describeMisread, encodeMessage, type Trailers } from '../codec/message.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import { keyedBy } from '../domain/decide.ts';
import type { WorkItem } from '../domain/item.ts';
import { isProposal } from '../domain/verbs/approve.ts';
import { verbOf } from '../domain/verbs.ts';
import type { CommitFindings } from './findings.ts';

type Said = string | number | undefined;

/**
 * Holds the trailers against the files.
 *
 * @returns the event as the files tell it, so that a trailer that lies is one finding and not the cause of others
 */
export function checkTrailers(
  event: TransitionEvent,
  subject: WorkItem,
  before: WorkItem | undefined,
  after: WorkItem | undefined,
  findings: CommitFindings,
): TransitionEvent {
  // Where the verb ends or needs no claim, the message is silent about it; `checkOutcome` knows when it must not be.
  const { epoch, execution_id } = subject.claim ?? {};
  const fact: TransitionEvent = {
    ...event,
    id: subject.id,
    title: subject.title,
    from: before?.status,
    to: after?.status,
    rev: after?.rev ?? subject.rev + 1,
    op: after?.last_op ?? event.op,
    // An import keeps the times of where it comes from.
    at: after === undefined || event.verb === 'import' ? event.at : after.updated_at,
    epoch: event.epoch === undefined ? undefined : epoch,
    execution_id: event.execution_id === undefined ? undefined : execution_id,
    reason: reasonIn(event, after),
    keyed: before === undefined ? keyedBy(after) : undefined,
  };
  const compare = comparison(findings);
  compare('Work-Item', event.id, fact.id);
  compare('Work-Status', statusOf(event), statusOf(fact));
  compare('Work-Rev', event.rev, fact.rev);
  compare('Work-Op', event.op, fact.op);
  compare('Work-At', event.at, fact.at);
  compare('Work-Epoch', event.epoch, fact.epoch);
  compare('Work-Execution', event.execution_id, fact.execution_id);
  compare('Work-Reason', event.reason, fact.reason);
  compare('Work-Key', keyOf(event), keyOf(fact));
  return fact;
}

/** Holds the event as the files tell it against the one that the command is recorded with. */
export function checkOutcome(
  fact: TransitionEvent,
  decided: TransitionEvent,
  findings: CommitFindings,
): void {
  const compare = comparison(findings);
  compare('Work-Item', fact.id, decided.id);
  compare('Work-Status', statusOf(fact), statusOf(decided));
  compare('Work-Expects', fact.if_rev, decided.if_rev);
  compare('Work-Epoch', fact.epoch, decided.epoch);
  compare('Work-Execution', fact.execution_id, decided.execution_id);
  compare('Work-Reason', fact.reason, decided.reason);
}

/**
 * Holds the form of trailers against what git's own parser makes of them: a reader with plain git sees what is decided on, or the
 * commit is found.
 */
export function checkWritten(trailers: Trailers, findings: CommitFindings): boolean {
  const wrong = describeMisread(trailers);
  if (wrong !== undefined) findings.add(trailers.repeated.length > 0 ? 'repeated' : 'message', wrong);
  return wrong === undefined;
}

/**
 * Holds a message against the one that the transition gives. A host that accepts a proposal writes its own first line, adds lines
 * below, and may break the others where it squashes; nobody else changes a byte.
 */
export function checkWords(message: string, event: TransitionEvent, findings: CommitFindings): void {
  const expected = encodeMessage(event);
  if (!isProposal(event)) return checkSame(message, expected, findings);
  const title = expected.split('\n')[2]?.trim() ?? '';
  if (!inOneLine(message).includes(inOneLine(title)))
    findings.add('message', `the title should be: ${title}`);
}

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Tells the first line in which a message is another than it should be. */
export function checkSame(message: string, expected: string, findings: CommitFindings): void {
  if (message === expected) return;
  const [lines, wanted] = [message.split('\n'), expected.split('\n')];
  const at = lines.findIndex((line, index) => line !== wanted[index]);
  const line = wanted[at];
  if (at < 0) return findings.add('message', 'it has no end of a line at its end');
  if (line === undefined)
    return findings.add('message', `nothing should stand below line ${wanted.length - 1}`);
  findings.add('message', `line ${at + 1} should be: ${line === '' ? 'empty' : line}`);
}

function reasonIn({ verb, reason }: TransitionEvent, after: WorkItem | undefined): string | undefined {
  const { noted } = verbOf(verb);
  return noted === undefined ? reason : after && noted(after);
}

const comparison =
  (findings: CommitFindings) =>
  (key: string, stated: Said, found: Said): void => {
    if (stated !== found) findings.add(`trailer:${key}`, describe(key, stated, found));
  };

const keyOf = ({ keyed }: TransitionEvent): string | undefined => keyed && `${keyed.digest} ${keyed.key}`;

const statusOf = ({ from, to }: TransitionEvent): string =>
  from === to ? `${from}` : `${from ?? 'none'} -> ${to ?? 'deleted'}`;

function describe(key: string, stated: Said, found: Said): string {
  if (stated === undefined) return `${key} is missing; it should be ${found}`;
  if (found === undefined) return `${key} is ${stated}; it should not be there`;
  return `${key} is ${stated}; by the files it is ${found}`;
}
