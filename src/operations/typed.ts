import { LedgerError, type WorkPriority, type WorkStatus } from '../index.ts';

// Values as people and agents type them, whatever they type them into. Each refuses with `INVALID_INPUT`, and names the option.

export const refuse = (message: string, hint?: string): LedgerError =>
  new LedgerError('INVALID_INPUT', message, hint === undefined ? {} : { hint });

/** Statuses as lists show them, and as options accept them too. */
export const SHORT_STATUS = {
  pending: 'pend',
  in_progress: 'prog',
  blocked: 'block',
  in_review: 'review',
  completed: 'done',
  failed: 'fail',
  cancelled: 'canc',
} as const satisfies Record<WorkStatus, string>;

export const SHORT_PRIORITY = {
  low: 'low',
  medium: 'med',
  high: 'high',
  critical: 'crit',
} as const satisfies Record<WorkPriority, string>;

/** One of `allowed`, or a short name of one. */
export function oneOf<T extends string>(
  typed: string,
  allowed: readonly T[],
  option: string,
  short?: Readonly<Partial<Record<T, string>>>,
): T {
  const found = allowed.find((one) => one === typed || short?.[one] === typed);
  if (found !== undefined) return found;
  throw refuse(`${option} cannot be ${JSON.stringify(typed)}.`, `It can be: ${allowed.join(', ')}`);
}

/** The format that `--format` names, of those that there are. */
export function pickFormat<T extends Readonly<Record<string, unknown>>>(
  formats: T,
  typed: string,
): T[keyof T & string] {
  return formats[oneOf(typed, Object.keys(formats) as (keyof T & string)[], '--format')];
}

/** As `oneOf`, for options that take several; `undefined` where none was given. */
export function someOf<T extends string>(
  typed: readonly string[],
  allowed: readonly T[],
  option: string,
  short?: Readonly<Partial<Record<T, string>>>,
): T[] | undefined {
  return typed.length === 0 ? undefined : typed.map((one) => oneOf(one, allowed, option, short));
}

/** @throws LedgerError `INVALID_INPUT` where nothing but spaces was given */
export function required(value: string | undefined, what: string, hint: string): string {
  if (value !== undefined && value.trim() !== '') return value;
  throw refuse(`${what} is required.`, hint);
}

/** A time as the ledger writes it. A time without a zone is UTC. */
export function readTime(typed: string, option: string): string {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(typed) || !typed.includes(':');
  const [day] = /^\d{4}-\d\d-\d\d/.exec(typed) ?? [];
  const time = day === undefined ? Number.NaN : Date.parse(zoned ? typed : `${typed}Z`);
  if (Number.isNaN(time) || day === undefined || !isCalendarDay(day))
    throw refuse(`${option} needs an ISO time such as 2026-01-31T09:00Z, not ${typed}.`);
  return new Date(time).toISOString();
}

/** A day past the end of its month would become one of the next. */
function isCalendarDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

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
  throw refuse(
    `--as-of cannot be ${JSON.stringify(typed)}.`,
    'It can be a commit of the ledger, as wl log shows them, or a date such as 2026-01-31 or 2026-01-31T09:00Z.',
  );
}
