import { type ErrorCode, isLedgerError } from '../../domain/errors.ts';
import type { WaitingFor } from './worker-event.ts';

/** Events after which an item is no longer worked on. */
export const ENDINGS: ReadonlySet<string> = new Set([
  'completed',
  'submitted',
  'failed',
  'deferred',
  'blocked',
  'settled',
  'released',
  'superseded',
  'stopped',
]);

/** What passes by itself, and what is waited for meanwhile. */
export const PASSING: ReadonlyMap<ErrorCode, WaitingFor> = new Map([
  ['REMOTE_UNREACHABLE', 'remote'],
  ['REMOTE_STALE', 'remote'],
  ['CONTENDED', 'remote'],
  ['STORAGE_FAILED', 'storage'],
]);

/** What only a person can put right. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'HISTORY_REWRITTEN',
  'DIFFERENT_LEDGER',
  'DIFFERENT_REMOTES',
  'NO_LEDGER',
  'PERMISSION_DENIED',
]);

export const isFatal = (error: unknown): boolean => isLedgerError(error) && FATAL.has(error.code);
