import { LedgerError } from '../index.ts';
import { readTime } from './input.ts';

/** A time as the ledger writes it; a day stands for its end. */
export function readUntil(typed: string, option: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(typed)
    ? readTime(`${typed}T23:59:59.999Z`, option)
    : readTime(typed, option);
}

/** What `--as-of` was given: a commit as it was typed, or the time that a date stands for. */
export function readMoment(typed: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(typed)) return readUntil(typed, '--as-of');
  if (/^[0-9a-f]{4,64}$/.test(typed)) return typed;
  throw new LedgerError('INVALID_INPUT', `--as-of cannot be ${JSON.stringify(typed)}.`, {
    hint: 'It can be a commit of the ledger, as wl log shows them, or a date such as 2026-01-31 or 2026-01-31T09:00Z.',
  });
}
