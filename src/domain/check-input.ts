import { LedgerError } from './errors.ts';

/** What an option may be: how it is told from anything else, how a message calls it, and the type of it. */
export interface Kind<T, Needed extends boolean = boolean> {
  /** As in "is to be a text". */
  readonly what: string;
  readonly is: (value: unknown) => boolean;
  /** True where the option cannot be left out. */
  readonly needed: Needed;
  /** For the type alone: no value has it. */
  readonly type?: T;
}

/** The options of a call, by name. */
export type Table = Readonly<Record<string, Kind<unknown>>>;

type TypeOf<K> = K extends Kind<infer T> ? T : never;
type IsNeeded<K> = K extends Kind<unknown, true> ? true : false;

/** What a caller gives where a call has these options. */
export type Inputs<T extends Table> = Flat<
  {
    [K in keyof T as IsNeeded<T[K]> extends true ? never : K]?: TypeOf<T[K]> | undefined;
  } & { [K in keyof T as IsNeeded<T[K]> extends true ? K : never]: TypeOf<T[K]> }
>;
type Flat<T> = { [K in keyof T]: T[K] };

const kind = <T>(what: string, is: (value: unknown) => boolean): Kind<T, false> => ({
  what,
  is,
  needed: false,
});

export const text = kind<string>('a text', (value) => typeof value === 'string');
export const flag = kind<boolean>('true or false', (value) => typeof value === 'boolean');
export const seconds = kind<number>('a number of seconds', Number.isFinite);
export const whole = kind<number>('a whole number', Number.isSafeInteger);
/** Also without end: `Infinity`. */
export const count = kind<number>(
  'a whole number from 0 on',
  (value) =>
    typeof value === 'number' &&
    value >= 0 &&
    (value === Number.POSITIVE_INFINITY || Number.isSafeInteger(value)),
);
export const time = kind<string>(
  'a time such as 2026-01-03T10:30:00.000Z',
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
);
export const signal = kind<AbortSignal>('an AbortSignal', (value) => value instanceof AbortSignal);
/** Anything with keys that is no list: what it holds is checked where it is read. */
export const map = <T extends object>(): Kind<T, false> => kind<T>('an object', isMap);
export const callback = <T>(): Kind<T, false> =>
  kind<T>('a function', (value) => typeof value === 'function');
/** Whatever it is: for what only the caller's own code reads. */
export const anything = <T>(): Kind<T, false> => kind<T>('anything', () => true);

export const oneOf = <const T extends string>(values: readonly T[]): Kind<T, false> =>
  kind<T>(`one of ${values.join(', ')}`, (value) => (values as readonly unknown[]).includes(value));
export const listOf = <T>({ what, is }: Kind<T>): Kind<readonly T[], false> =>
  kind<readonly T[]>(`a list, each part of it ${what}`, (value) => Array.isArray(value) && value.every(is));
export const orNull = <T>({ what, is }: Kind<T>): Kind<T | null, false> =>
  kind<T | null>(`${what}, or null`, (value) => value === null || is(value));
/** An option that cannot be left out. */
export const needed = <T>(one: Kind<T>): Kind<T, true> => ({ ...one, needed: true });

/**
 * Holds the options of a call against its table, so that nothing that was meant is passed over.
 *
 * @throws LedgerError `INVALID_INPUT`: no object; `key` is none of the call's, and `near` may have been meant; or of another kind
 */
export function checkOptions(call: string, table: Table, options: unknown): void {
  if (!isMap(options)) throw wrong(call, 'options', 'an object', options);
  const given = options as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    const one = Object.hasOwn(table, key) ? table[key] : undefined;
    if (one === undefined) throw unknownKey(call, key, Object.keys(table));
    if (value !== undefined && !one.is(value)) throw wrong(call, key, one.what, value);
  }
  const missing = Object.keys(table).find((key) => table[key]?.needed && given[key] === undefined);
  if (missing !== undefined) throw wrong(call, missing, table[missing]?.what ?? '', undefined);
}

/** Holds one argument against its kind. @throws LedgerError `INVALID_INPUT` that names it */
export function checkArgument(call: string, name: string, { what, is }: Kind<unknown>, value: unknown): void {
  if (!is(value)) throw wrong(call, name, what, value);
}

const isMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function wrong(call: string, key: string, what: string, value: unknown): LedgerError {
  const given = value === undefined ? 'it is missing' : `it is ${describe(value)}`;
  return new LedgerError('INVALID_INPUT', `${call}: ${key} is to be ${what}; ${given}.`, {
    details: { call, key },
  });
}

function unknownKey(call: string, key: string, known: readonly string[]): LedgerError {
  const near = nearest(key, known);
  const also = near === undefined ? '' : `; did you mean \`${near}\`?`;
  return new LedgerError('INVALID_INPUT', `${call}: unknown option \`${key}\`${also || '.'}`, {
    hint: known.length === 0 ? `${call} takes no options.` : `It takes: ${known.join(', ')}.`,
    details: { call, key, near },
  });
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

/** Words that say who acts, in other libraries and in the design that this one began with. */
const WHO = ['owner', 'full_name', 'created_by', 'asker', 'by', 'user', 'agent'];

/** The name that was most likely meant: one that has the other in it, or differs in a few of its letters. */
function nearest(typed: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const key = plain(typed);
  const within = known.find((name) => plain(name).startsWith(key) || key.startsWith(plain(name)));
  if (within !== undefined) return within;
  const byDistance = known
    .map((name) => ({ name, far: distance(key, plain(name)) }))
    .toSorted((one, other) => one.far - other.far)[0];
  if (byDistance !== undefined && byDistance.far <= Math.max(1, key.length / 2.5)) return byDistance.name;
  return WHO.includes(typed) && known.includes('actor') ? 'actor' : undefined;
}

/** How many letters are to be set, added or taken away to make one word the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [index, char] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, against] of [...other].entries()) {
      const [left = 0, above = 0, before = 0] = [next[at], row[at + 1], row[at]];
      next.push(Math.min(left + 1, above + 1, before + (char === against ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
