import { type ErrorCode, isLedgerError, LedgerError, type LostRace } from '../index.ts';

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

/** What whoever asked can do about a refusal, which is all that a shell has to tell apart: each has an exit status. */
const KIND_OF = {
  INTERNAL: 'internal',
  STORAGE_FAILED: 'internal',
  NO_GIT: 'internal',
  UNSUPPORTED_REPOSITORY: 'internal',
  INVALID_INPUT: 'usage',
  AMBIGUOUS_ID: 'usage',
  NO_REMOTE: 'usage',
  NOT_FOUND: 'not_found',
  NO_REPOSITORY: 'not_found',
  NO_LEDGER: 'not_found',
  UNKNOWN_REFERENCE: 'not_found',
  PERMISSION_DENIED: 'permission',
  NOT_OWNER: 'permission',
  POLICY_DENIED: 'permission',
  REVIEW_REQUIRED: 'permission',
  REMOTE_REFUSED: 'permission',
  PUSH_DENIED: 'permission',
  ALREADY_CLAIMED: 'lost_race',
  STALE_EPOCH: 'lost_race',
  CLAIMED_ELSEWHERE: 'lost_race',
  CONFLICT: 'lost_race',
  KEY_USED: 'lost_race',
  ILLEGAL_TRANSITION: 'precondition',
  NOT_READY: 'precondition',
  CRITERIA_OPEN: 'precondition',
  LIMIT_REACHED: 'precondition',
  DEPENDENCY_CYCLE: 'precondition',
  STILL_REFERENCED: 'precondition',
  ID_TAKEN: 'precondition',
  OUT_OF_REACH: 'precondition',
  CHECKED_OUT: 'precondition',
  TIMED_OUT: 'timeout',
  REMOTE_UNREACHABLE: 'unreachable',
  REMOTE_STALE: 'unreachable',
  CONTENDED: 'contended',
  DAMAGED_ITEM: 'damaged',
  VERIFICATION_FAILED: 'damaged',
  IN_QUESTION: 'damaged',
  UNSUPPORTED_LEDGER: 'decision',
  UPGRADE_REQUIRED: 'decision',
  HISTORY_REWRITTEN: 'decision',
  DIFFERENT_LEDGER: 'decision',
  DIFFERENT_REMOTES: 'decision',
} as const satisfies Record<ErrorCode, string>;
export type RefusalKind = (typeof KIND_OF)[ErrorCode];

/** Codes of one kind, for the documentation. */
export const codesOf = (kind: string): string[] =>
  Object.entries(KIND_OF).flatMap(([code, of]) => (of === kind ? [code] : []));

/** What was refused on arrival though nobody was first. */
const NO_RACE: ReadonlySet<string> = new Set([
  'REMOTE_REFUSED',
  'POLICY_DENIED',
  'REVIEW_REQUIRED',
  'CRITERIA_OPEN',
  'VERIFICATION_FAILED',
  'IN_QUESTION',
]);

export function kindOf(failure: unknown): RefusalKind {
  if (failure instanceof RaceLost && !NO_RACE.has(failure.code)) return 'lost_race';
  return isLedgerError(failure) ? KIND_OF[failure.code] : 'internal';
}

/** Whatever was thrown, as a refusal: what is none is a defect of the program. */
export function toRefusal(failure: unknown): LedgerError {
  if (isLedgerError(failure)) return failure;
  if (isOutOfFiles(failure))
    return new LedgerError(
      'STORAGE_FAILED',
      `This process may not open as many files as it needs: ${failure.message}.`,
      {
        hint: 'Allow it more, as with: ulimit -n 256',
        cause: failure,
      },
    );
  const message = failure instanceof Error ? failure.message : String(failure);
  const stack = failure instanceof Error ? failure.stack : undefined;
  return new LedgerError('INTERNAL', `The program failed: ${message}`, {
    hint: 'This is a defect of the program.',
    details: stack === undefined ? {} : { stack },
  });
}

/** The limit is of this process (`EMFILE`), or of the whole system. SQLite says only that it cannot open a file. */
const isOutOfFiles = (failure: unknown): failure is Error =>
  failure instanceof Error && 'code' in failure && (failure.code === 'EMFILE' || failure.code === 'ENFILE');

/** A transition that a refusal left somewhere. One that makes an item may have a title alone. */
export interface LeftBehind {
  verb: string;
  what: string;
}

/** What became of what was asked, as far as the refusal tells. */
export interface Leavings {
  /** Committed in this clone, and not shared. */
  saved: LeftBehind[];
  /** Sent, and not known to be accepted. */
  sent: LeftBehind[];
  /** Ids of items of which a claim was not made. */
  withdrawn: string[];
  /** Whether it is among the rejected ones. */
  kept: boolean;
  /** Items that an ambiguous id fits, and how many more there are. */
  fitting: { items: { id: string; status: string; title: string | undefined }[]; more: number };
}

/** Reads the details of a refusal, which are plain JSON. */
export function leavingsOf({ code, details }: LedgerError): Leavings {
  const { saved, sent, withdrawn, kept, items, found } = details;
  const fitting = code === 'AMBIGUOUS_ID' ? listOf(items).map(toFitting) : [];
  return {
    saved: listOf(saved).map(toLeft),
    sent: listOf(sent).map(toLeft),
    withdrawn: listOf(withdrawn).map(String),
    kept: kept !== undefined,
    fitting: { items: fitting, more: fitting.length === 0 ? 0 : Math.max(0, Number(found) - fitting.length) },
  };
}

/** The same in words, a line each: what is saved, what was sent, what was not made. */
export function leftLines(error: LedgerError): string[] {
  const { saved, sent, withdrawn, kept } = leavingsOf(error);
  const lines: string[] = [];
  if (saved.length > 0) lines.push(`saved in this clone only: ${saved.map(describeLeft).join(', ')}`);
  if (sent.length > 0) lines.push(`sent, and not known to be accepted: ${sent.map(describeLeft).join(', ')}`);
  if (withdrawn.length > 0) lines.push(`not made: the claim of ${withdrawn.join(', ')}`);
  if (kept) lines.push('kept: wl rejected');
  return lines;
}

const describeLeft = ({ verb, what }: LeftBehind): string => `${verb} ${what}`.trim();

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function toLeft(entry: unknown): LeftBehind {
  const { verb, id, title } = (entry ?? {}) as { verb?: unknown; id?: unknown; title?: unknown };
  return { verb: String(verb), what: String(id ?? title ?? '') };
}

function toFitting(entry: unknown): Leavings['fitting']['items'][number] {
  const { id, status, title } = (entry ?? {}) as { id?: unknown; status?: unknown; title?: unknown };
  return { id: String(id), status: String(status), title: title == null ? undefined : String(title) };
}
