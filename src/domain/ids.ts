import { LedgerError } from './errors.ts';

declare const named: unique symbol;
/** A text that names a thing of one sort. Any text can stand for it, but for one that is known to name a thing of another sort. */
type NameOf<Sort extends string> = string & { readonly [named]?: Sort };

/** A work item's id: `WRK-20260103-0001`. The one thing a path is ever built from. */
export type WorkId = NameOf<'work item'>;
/** One run of a holder: what holds a claim. */
export type ExecutionId = NameOf<'execution'>;
/** A transition: a UUID of version 7, made once, and kept by all that becomes of it. */
export type OpId = NameOf<'transition'>;

export const WORK_ID = /^[A-Z]{2,8}-\d{8}-[0-9a-z]{4,16}$/;
const NUMBERED = /^\d{4,16}$/;
const ID_PREFIX = /^[A-Z]{2,8}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export const isWorkId = (text: string): boolean => WORK_ID.test(text);
export const isIdPrefix = (text: string): boolean => ID_PREFIX.test(text);
export const isOp = (text: string): boolean => UUID_V7.test(text);

export interface IdParts {
  prefix: string;
  /** `YYYYMMDD`, UTC. */
  date: string;
  suffix: string;
  /** The number, where the suffix is one; `undefined` for the random suffix of an id made offline. */
  number: number | undefined;
}

/** @throws LedgerError `INVALID_INPUT` where `id` has not the form of an id */
export function parseId(id: WorkId): IdParts {
  if (!WORK_ID.test(id)) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(id)} is not a work item id.`, {
      hint: 'An id looks like WRK-20260103-0001; `wl list` shows them.',
      details: { id },
    });
  }
  const [prefix = '', date = '', suffix = ''] = id.split('-');
  return { prefix, date, suffix, number: NUMBERED.test(suffix) ? Number(suffix) : undefined };
}

/** `YYYYMMDD` of an ISO time. */
export const idDate = (at: string): string => at.slice(0, 10).replaceAll('-', '');

export function numberedId(prefix: string, date: string, number: number): WorkId {
  return `${prefix}-${date}-${String(number).padStart(4, '0')}`;
}

/** True for an id whose suffix was drawn at random, which no other clone can have taken. */
export const isOfflineId = (id: WorkId): boolean => parseId(id).number === undefined;
