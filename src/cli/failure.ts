import { escapeUnsafe, type LedgerError } from '../index.ts';
import { kindOf, type Leavings, type LeftBehind, leavingsOf, toRefusal } from '../operations/refusal.ts';
import { EXIT } from './exit-codes.ts';
import type { Writer } from './process.ts';
import { columns, printLine, safe } from './render/line.ts';

export const exitStatus = (failure: unknown): number => EXIT[kindOf(failure)].status;

/** Reports what went wrong, each thing once: in words, or one JSON object a line. */
export function reportFailures(failures: readonly unknown[], json: boolean, stderr: Writer): void {
  const reports = new Set(failures.map(toRefusal).map((error) => (json ? toJson(error) : toText(error))));
  for (const report of reports) stderr.write(`${report}\n`);
}

function toText(error: LedgerError): string {
  const lines = [`wl: ${error.message}`];
  const { fitting, saved, sent, withdrawn, kept } = leavingsOf(error);
  lines.push(...fittingLines(fitting));
  if (saved.length > 0) lines.push(`saved in this clone only: ${saved.map(describeLeft).join(', ')}`);
  if (sent.length > 0) lines.push(`sent, and not known to be accepted: ${sent.map(describeLeft).join(', ')}`);
  if (withdrawn.length > 0) lines.push(`not made: the claim of ${withdrawn.join(', ')}`);
  if (kept) lines.push('kept: wl rejected');
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  return lines.map((line) => safe(line)).join('\n');
}

/** Items that what was typed fits, as they were found. */
function fittingLines({ items, more }: Leavings['fitting']): string[] {
  const rows = items.map(({ id, status, title }) => [
    `  ${id}`,
    status,
    title ?? '(its file cannot be read)',
  ]);
  return [
    ...columns(rows).map((line) => printLine(line, false)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

const describeLeft = ({ verb, what }: LeftBehind): string => `${verb} ${what}`.trim();

function toJson(error: LedgerError): string {
  const { code, message, hint, retryable } = error;
  // Whole items are for programs that hold the library in their hands; here their ids are enough.
  const { outcomes: _, ...details } = error.details;
  return escapeUnsafe(JSON.stringify({ error: { code, message, hint: hint ?? null, retryable, details } }));
}

/** Says something beside a result: in words, or as one line of JSON. */
export function writeNotice(message: string, json: boolean, stderr: Writer): void {
  const said = json ? escapeUnsafe(JSON.stringify({ notice: { message } })) : safe(message);
  stderr.write(`${said}\n`);
}
