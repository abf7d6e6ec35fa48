import { escapeUnsafe, LedgerError } from '../index.ts';
import {
  kindOf,
  type Leavings,
  leavingsOf,
  leftLines,
  type RefusalKind,
  toRefusal,
} from '../operations/refusal.ts';
import { INTERRUPTED, type World, type Writer } from './process.ts';
import { columns, printLine, safe } from './render/line.ts';

// What a call that failed says, and its exit status.

/** Exit statuses and what each means, for people and for scripts: one for each kind of refusal, and for other ends. */
export const EXIT = {
  ok: { status: 0, meaning: 'It is done.' },
  internal: { status: 1, meaning: 'The program, git or the disk failed.' },
  usage: { status: 2, meaning: 'The call or its input is not valid.' },
  not_found: { status: 3, meaning: 'There is no such item, ledger or repository.' },
  permission: { status: 4, meaning: 'It is not yours to do, or the remote refused it.' },
  lost_race: { status: 5, meaning: 'Someone else was first; the message names the holder.' },
  precondition: { status: 6, meaning: 'The item or the ledger is not in a state that allows it.' },
  unreachable: {
    status: 7,
    meaning: 'The remote cannot be reached, or is behind; the message says what is saved in this clone.',
  },
  contended: { status: 8, meaning: 'Others kept being first until the time was up; try again.' },
  damaged: { status: 9, meaning: 'Something in the ledger does not verify.' },
  decision: {
    status: 10,
    meaning:
      'A person has to decide: a question was asked, the shared history was replaced, a remote is two repositories, or the program does not know the rules of the ledger.',
  },
  work_failed: { status: 11, meaning: 'Work was run, and some of it failed.' },
  timeout: { status: 12, meaning: 'What was waited for did not come about in the time that was given.' },
  interrupted: { status: INTERRUPTED, meaning: 'It was interrupted.' },
} as const satisfies Record<RefusalKind | 'ok' | 'work_failed' | 'interrupted', object>;

export const exitStatus = (failure: unknown): number => EXIT[kindOf(failure)].status;

/** Reports what went wrong, each thing once: in words, or one JSON object a line. */
export function reportFailures(failures: readonly unknown[], json: boolean, stderr: Writer): void {
  const reports = new Set(failures.map(toRefusal).map((error) => (json ? toJson(error) : toText(error))));
  for (const report of reports) stderr.write(`${report}\n`);
}

function toText(error: LedgerError): string {
  const lines = [`wl: ${error.message}`];
  lines.push(...fittingLines(leavingsOf(error).fitting), ...leftLines(error));
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}${more(error)}`);
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

/** What only `--json` shows. */
const more = ({ code, details }: LedgerError): string =>
  code === 'INTERNAL' && 'stack' in details ? ' With --json the error says where it happened.' : '';

function toJson(error: LedgerError): string {
  const { code, message, hint, retryable } = error;
  // Whole items are for programs that hold the library in their hands; here their ids are enough.
  const { outcomes: _, ...details } = error.details;
  return escapeUnsafe(JSON.stringify({ error: { code, message, hint: hint ?? null, retryable, details } }));
}

/** An argument that is no text is refused before anything is read of the others. @returns the exit status */
export function refuseGarbled(
  number: number,
  argv: readonly string[],
  { stderr }: Pick<World, 'stderr'>,
): number {
  const failure = new LedgerError(
    'INVALID_INPUT',
    `Argument ${number} is not UTF-8 text; nothing was done.`,
    {
      hint: 'Set the terminal, or what calls this program, to UTF-8.',
    },
  );
  reportFailures([failure], argv.includes('--json'), stderr);
  return exitStatus(failure);
}
