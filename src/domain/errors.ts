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
  PERMISSION_DENIED: { retryable: false },
  NOT_OWNER: { retryable: false },
  POLICY_DENIED: { retryable: false },
  REVIEW_REQUIRED: { retryable: false },
  REMOTE_REFUSED: { retryable: false },
  ALREADY_CLAIMED: { retryable: false },
  STALE_EPOCH: { retryable: false },
  CLAIMED_ELSEWHERE: { retryable: false },
  ID_TAKEN: { retryable: true },
  ILLEGAL_TRANSITION: { retryable: false },
  NOT_READY: { retryable: true },
  LIMIT_REACHED: { retryable: true },
  DEPENDENCY_CYCLE: { retryable: false },
  STILL_REFERENCED: { retryable: false },
  OUT_OF_REACH: { retryable: false },
  TIMED_OUT: { retryable: true },
  REMOTE_UNREACHABLE: { retryable: true },
  REMOTE_STALE: { retryable: true },
  CONTENDED: { retryable: true },
  DAMAGED_ITEM: { retryable: false },
  VERIFICATION_FAILED: { retryable: false },
  HISTORY_REWRITTEN: { retryable: false },
  DIFFERENT_LEDGER: { retryable: false },
  DIFFERENT_REMOTES: { retryable: false },
  STORAGE_FAILED: { retryable: true },
  INTERNAL: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface LedgerErrorOptions {
  /** What to do next, safe to run as it stands: never a command that discards anything. */
  hint?: string;
  /** Facts for programs: ids, holders, limits. Plain JSON. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * A request that was refused, with a stable code, one clear sentence, and what to do next.
 *
 * Thrown for a caller's mistake or a broken environment. A lost race is not an exception: see `Outcome`.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: LedgerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** Narrows an unknown failure to a refusal with `code`, or to any refusal. */
export function isLedgerError(error: unknown, code?: ErrorCode): error is LedgerError {
  return error instanceof LedgerError && (code === undefined || error.code === code);
}
