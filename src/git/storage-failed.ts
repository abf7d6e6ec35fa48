import { LedgerError } from '../domain/errors.ts';
import { errorCode } from './fs-like.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Runs a step that writes; what the system reports becomes a refusal that says what was being done. */
export async function storing<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw error instanceof LedgerError ? error : storageFailure(what, error);
  }
}

function storageFailure(what: string, cause: unknown): LedgerError {
  const code = errorCode(cause) ?? '';
  if (FULL.has(code)) {
    return new LedgerError('STORAGE_FAILED', `The disk is full; ${lower(what)} was not done.`, {
      hint: 'Free some space and try again.',
      cause,
    });
  }
  if (NOT_ALLOWED.has(code)) {
    return new LedgerError(
      'PERMISSION_DENIED',
      `The repository cannot be written; ${lower(what)} was not done.`,
      {
        hint: 'Check who owns the repository, and whether its disk is read-only.',
        cause,
      },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LedgerError('STORAGE_FAILED', `${what} failed: ${reason}`, { cause });
}

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
