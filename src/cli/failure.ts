import { escapeUnsafe, isLedgerError, LedgerError, type LostRace } from '../index.ts';
import { EXIT, exitStatusOf } from './exit-codes.ts';
import { columns, printLine, safe } from './render/line.ts';
import type { Writer } from './world.ts';

/**
 * A transition that is not on the shared branch although it was legal here: someone else was first, or the remote's own
 * rules refused it. An answer to a program, a failure to whoever waits for it.
 */
export class RaceLost extends LedgerError {
  constructor({ code, message, hint, details, kept }: LostRace) {
    super(code, message, {
      ...(hint === undefined ? {} : { hint }),
      details: kept === undefined ? details : { ...details, kept },
    });
  }
}

export function exitStatus(failure: unknown): number {
  if (failure instanceof RaceLost && !NO_RACE.has(failure.code)) return EXIT.lost_race.status;
  return isLedgerError(failure) ? exitStatusOf(failure.code) : EXIT.internal.status;
}

/** What was refused on arrival though nobody was first. */
const NO_RACE: ReadonlySet<string> = new Set([
  'REMOTE_REFUSED',
  'POLICY_DENIED',
  'REVIEW_REQUIRED',
  'VERIFICATION_FAILED',
]);

/** Reports what went wrong, each thing once: in words, or one JSON object a line. */
export function reportFailures(failures: readonly unknown[], json: boolean, stderr: Writer): void {
  const reports = new Set(failures.map(toLedgerError).map((error) => (json ? toJson(error) : toText(error))));
  for (const report of reports) stderr.write(`${report}\n`);
}

function toLedgerError(failure: unknown): LedgerError {
  if (isLedgerError(failure)) return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  const stack = failure instanceof Error ? failure.stack : undefined;
  return new LedgerError('INTERNAL', `The program failed: ${message}`, {
    hint: 'This is a defect; with --json the error says where it happened.',
    details: stack === undefined ? {} : { stack },
  });
}

function toText(error: LedgerError): string {
  const lines = [`wl: ${error.message}`];
  const { saved, sent, withdrawn, kept, items, found } = error.details;
  if (error.code === 'AMBIGUOUS_ID' && Array.isArray(items))
    lines.push(...fittingLines(items, Number(found)));
  if (Array.isArray(saved) && saved.length > 0)
    lines.push(`saved in this clone only: ${saved.map(describeLeft).join(', ')}`);
  if (Array.isArray(sent) && sent.length > 0)
    lines.push(`sent, and not known to be accepted: ${sent.map(describeLeft).join(', ')}`);
  if (Array.isArray(withdrawn) && withdrawn.length > 0)
    lines.push(`not made: the claim of ${withdrawn.join(', ')}`);
  if (kept !== undefined) lines.push('kept: wl rejected');
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines.map((line) => safe(line)).join('\n');
}

/** Items that what was typed fits, as they were found. */
function fittingLines(items: readonly unknown[], found: number): string[] {
  const rows = items.map((entry) => {
    const { id, status, title } = (entry ?? {}) as { id?: unknown; status?: unknown; title?: unknown };
    return [`  ${id}`, `${status}`, `${title ?? '(its file cannot be read)'}`];
  });
  const left = found - items.length;
  return [
    ...columns(rows).map((line) => printLine(line, false)),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ];
}

function describeLeft(entry: unknown): string {
  const { verb, id, title } = (entry ?? {}) as { verb?: unknown; id?: unknown; title?: unknown };
  return `${verb} ${id ?? title ?? ''}`.trim();
}

function toJson(error: LedgerError): string {
  const { code, message, hint, retryable } = error;
  // Whole items are for programs that hold the library in their hands; here their ids are enough.
  const { outcomes: _, ...details } = error.details;
  return escapeUnsafe(JSON.stringify({ error: { code, message, hint: hint ?? null, retryable, details } }));
}
