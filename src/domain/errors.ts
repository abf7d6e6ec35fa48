import type { ErrorDetails } from './error-details.ts';

/**
 * Every way a caller can be refused, in one table. Codes are API: scripts and agents branch on them. Texts are not.
 *
 * `retryable` says whether the same request can succeed later without anyone changing it.
 */
export const ERROR_CODES = {
  INVALID_INPUT: { retryable: false },
  AMBIGUOUS_ID: { retryable: false },
  NOT_FOUND: { retryable: false },
  UNKNOWN_REFERENCE: { retryable: false },
  NO_REPOSITORY: { retryable: false },
  NO_LEDGER: { retryable: false },
  NO_REMOTE: { retryable: false },
  NO_GIT: { retryable: false },
  UNSUPPORTED_REPOSITORY: { retryable: false },
  UNSUPPORTED_LEDGER: { retryable: false },
  UPGRADE_REQUIRED: { retryable: false },
  PERMISSION_DENIED: { retryable: false },
  NOT_OWNER: { retryable: false },
  POLICY_DENIED: { retryable: false },
  REVIEW_REQUIRED: { retryable: false },
  CRITERIA_OPEN: { retryable: false },
  REMOTE_REFUSED: { retryable: false },
  PUSH_DENIED: { retryable: true },
  ALREADY_CLAIMED: { retryable: false },
  STALE_EPOCH: { retryable: false },
  CLAIMED_ELSEWHERE: { retryable: false },
  CONFLICT: { retryable: false },
  KEY_USED: { retryable: false },
  ID_TAKEN: { retryable: true },
  ILLEGAL_TRANSITION: { retryable: false },
  NOT_READY: { retryable: true },
  LIMIT_REACHED: { retryable: true },
  DEPENDENCY_CYCLE: { retryable: false },
  STILL_REFERENCED: { retryable: false },
  OUT_OF_REACH: { retryable: false },
  CHECKED_OUT: { retryable: true },
  TIMED_OUT: { retryable: true },
  REMOTE_UNREACHABLE: { retryable: true },
  REMOTE_STALE: { retryable: true },
  CONTENDED: { retryable: true },
  DAMAGED_ITEM: { retryable: false },
  VERIFICATION_FAILED: { retryable: false },
  IN_QUESTION: { retryable: false },
  HISTORY_REWRITTEN: { retryable: false },
  DIFFERENT_LEDGER: { retryable: false },
  DIFFERENT_REMOTES: { retryable: false },
  STORAGE_FAILED: { retryable: true },
  INTERNAL: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface LedgerErrorOptions<C extends ErrorCode = ErrorCode> {
  /** What to do next, safe to run as it stands: never a command that discards anything. */
  hint?: string | undefined;
  /** Facts for programs: ids, holders, limits. Plain JSON. */
  details?: ErrorDetails<C>;
  cause?: unknown;
}

/** Required where the code has details that are always there. */
type Options<C extends ErrorCode> =
  Record<never, never> extends ErrorDetails<C>
    ? [options?: LedgerErrorOptions<C>]
    : [options: LedgerErrorOptions<C> & { details: ErrorDetails<C> }];

/**
 * A request that was refused, with a stable code, one clear sentence, and what to do next.
 *
 * Thrown for a caller's mistake or a broken environment. A lost race is not an exception: see `Outcome`.
 */
export class LedgerError<
  C extends ErrorCode = ErrorCode,
  D extends object = Record<string, unknown>,
> extends Error {
  override readonly name = 'LedgerError';
  readonly code: C;
  readonly hint: string | undefined;
  /** What there is to know of it for programs; `isLedgerError(error, code)` tells its type. */
  readonly details: D;

  constructor(code: C, message: string, ...[options = {}]: Options<C>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = (options.details ?? {}) as D;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** The same refusal with more to tell: another hint, more details. */
  with({ hint = this.hint, details }: { hint?: string | undefined; details?: object }): LedgerError {
    const { code, message, cause = this } = this;
    return new LedgerError<ErrorCode>(code, message, {
      hint,
      details: { ...(this.details as object), ...details },
      cause,
    });
  }
}

/** Narrows an unknown failure to any refusal, or to one with `code`: then its `details` are those of that code. */
export function isLedgerError(error: unknown): error is LedgerError;
export function isLedgerError<C extends ErrorCode>(
  error: unknown,
  code: C,
): error is LedgerError<C, ErrorDetails<C>>;
export function isLedgerError(error: unknown, code?: ErrorCode): boolean {
  return error instanceof LedgerError && (code === undefined || error.code === code);
}

/** True for a failure that means "not now": the caller may be told and nothing is wrong with the ledger. */
export const isPassing = (error: unknown): error is LedgerError =>
  isLedgerError(error, 'REMOTE_UNREACHABLE') ||
  isLedgerError(error, 'REMOTE_STALE') ||
  isLedgerError(error, 'PUSH_DENIED') ||
  isLedgerError(error, 'CONTENDED');

/** What was thrown, as an error: anything can be. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
export const messageOf = (thrown: unknown): string => asError(thrown).message;
