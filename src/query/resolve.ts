import { LedgerError } from '../domain/errors.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import { type IndexView, Unread } from '../projection/index-view.ts';
import { DATE, MONTH_DAY, SUFFIX } from '../projection/schema.ts';

/** What may be typed for an id. Never an option or a path. */
const TYPED = /^[A-Za-z0-9][\w.-]{0,199}$/;
/** Digits alone are a number; before it may stand its day, or its date. Above 15 digits no number is exact. */
const NUMBER = /^(?:(\d{4}|\d{8})-)?0*(\d{1,15})$/;
/** Characters of a beginning: fewer would soon fit several items. */
const BEGINNING = 4;
/** How many of those that fit are named; the newest. */
const LISTED = 20;
const SUGGESTIONS = 3;

/** A condition on `items`, for which there is an index. */
interface Condition {
  where: string;
  values: readonly (string | number)[];
}

/** A way to understand what was typed: items that any of `fits` holds for, among which those of `exact` go first. */
interface Reading {
  exact?: readonly Condition[];
  fits: readonly Condition[];
  /** Where the id from before an import is asked about: it stands in the item's file. */
  imported: boolean;
}

const is = (column: string, text: string, more = ''): Condition => ({
  where: `${column} = ?${more}`,
  values: [text],
});

/** By code points, as SQLite compares: nothing that begins with `text` comes after it and the highest of them. */
const begins = (column: string, text: string, more = ''): Condition => ({
  where: `${column} >= ? AND ${column} < ?${more}`,
  values: [text, `${text}\u{10ffff}`],
});

const IS_RANDOM = ' AND number IS NULL';

/**
 * What `typed` can mean, likeliest first; the first that any item fits decides.
 *
 * - Digits alone: an item's number, zeros in front or not; else the whole id that an imported item had.
 * - `MMDD-N` and `YYYYMMDD-N`: the number N of that day; else as above.
 * - With a letter: the whole or the beginning, from four characters on, of a random part or of the id that an imported item had.
 */
function readingsOf(typed: string): Reading[] {
  const whole = is('imported_id', typed);
  const [, day = '', number] = NUMBER.exec(typed) ?? [];
  if (number !== undefined) {
    const numbered: Condition = {
      where: `number = ?${day === '' ? '' : ` AND ${MONTH_DAY} = ?`}${day.length === 8 ? ` AND ${DATE} = ?` : ''}`,
      values: [Number(number), ...(day === '' ? [] : [day.slice(-4)]), ...(day.length === 8 ? [day] : [])],
    };
    return [
      { fits: [numbered], imported: false },
      { fits: [whole], imported: true },
    ];
  }
  if (!/[A-Za-z]/.test(typed)) return [{ fits: [whole], imported: true }];
  const random = typed.toLowerCase();
  const exact = [is(SUFFIX, random, IS_RANDOM), whole];
  if (typed.length < BEGINNING) return [{ fits: exact, imported: true }];
  const fits = [begins(SUFFIX, random, IS_RANDOM), begins('imported_id', typed)];
  return [{ exact, fits, imported: true }];
}

/**
 * The id that `typed` stands for: a whole one, or a short form that only one item fits. Where several fit, the one that is open is
 * meant if it is the only one and it is to be `open`.
 *
 * @see readingsOf, for the short forms
 * @throws LedgerError `INVALID_INPUT` where it cannot be one; `AMBIGUOUS_ID` with those that fit; `NOT_FOUND` with near ones
 */
export function resolveId(view: IndexView, typed: string, open = false): WorkId {
  if (!TYPED.test(typed) || typed.includes('..')) {
    throw new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} is not a work item id.`, {
      hint: 'An id looks like WRK-20260103-0001. Its number is enough where no other item has it: 1, or 0103-1.',
      details: { id: typed },
    });
  }
  const id = inCase(typed);
  if (isWorkId(id) && view.wasUsed(id)) return id;
  for (const reading of isWorkId(typed) ? [] : readingsOf(typed)) {
    const found = resolveBy(view, typed, reading, open);
    if (found !== undefined) return found;
  }
  throw notFound(typed, nearest(view, id));
}

/** An id as it is written, whatever the case it was typed in. */
function inCase(typed: string): string {
  const suffix = typed.lastIndexOf('-') + 1;
  return typed.slice(0, suffix).toUpperCase() + typed.slice(suffix).toLowerCase();
}

function resolveBy(
  view: IndexView,
  typed: string,
  { exact, fits, imported }: Reading,
  needed: boolean,
): WorkId | undefined {
  const first = tally(view, exact ?? fits);
  // What is open is known; what has ended must be read first where the old ids of imported items matter.
  if (needed && first.open === 1) return first.openOne();
  if (imported) view.requireAllRead();
  for (const conditions of exact === undefined ? [fits] : [exact, fits]) {
    const { found, one, open, openOne } = tally(view, conditions);
    if (found === 1) return one();
    if (needed && open === 1) return openOne();
    if (found > 1)
      throw ambiguous(view, typed, conditions, needed && open > 1 ? open : found, needed && open > 1);
  }
  return undefined;
}

/** How many items fit; of one alone, which it is. The same of open ones. */
function tally(view: IndexView, conditions: readonly Condition[]) {
  const [row] = view.rows(
    `SELECT count(*) AS found, max(n) AS one, count(*) FILTER (WHERE state = 'active') AS open,
      max(n) FILTER (WHERE state = 'active') AS open_one FROM (${anyOf(conditions)})`,
    ...valuesOf(conditions),
  );
  const idOf = (n: unknown): WorkId =>
    view.rows('SELECT id FROM items WHERE n = ?', Number(n))[0]?.id as WorkId;
  return {
    found: Number(row?.found),
    one: () => idOf(row?.one),
    open: Number(row?.open),
    openOne: () => idOf(row?.open_one),
  };
}

/** One `SELECT` for each, so that each is answered from its index alone. */
const anyOf = (conditions: readonly Condition[]): string =>
  conditions.map(({ where }) => `SELECT n, state FROM items WHERE ${where}`).join(' UNION ');

const valuesOf = (conditions: readonly Condition[]): (string | number)[] =>
  conditions.flatMap(({ values }) => values);

function ambiguous(
  view: IndexView,
  typed: string,
  conditions: readonly Condition[],
  found: number,
  open: boolean,
): LedgerError {
  const rows = view.rows(
    `SELECT id, status, oid, item ->> '$.title' AS title FROM items
      WHERE n IN (SELECT n FROM (${anyOf(conditions)}))${open ? " AND state = 'active'" : ''}
      ORDER BY ${DATE} DESC, number DESC, created_at DESC, id DESC LIMIT ${LISTED}`,
    ...valuesOf(conditions),
  );
  const unread = rows.flatMap(({ id, oid }) => (oid === null ? [] : [String(id)]));
  if (unread.length > 0) throw new Unread(unread);
  const candidates = rows.map(({ id }) => String(id));
  const short = shortIds(view, candidates);
  const items = rows.map(({ id, status, title }) => ({
    id,
    short: short.get(String(id)) ?? id,
    status,
    title,
  }));
  return new LedgerError('AMBIGUOUS_ID', `${typed} fits ${found}${open ? ' open' : ''} items.`, {
    hint: `Type what one of them alone has: ${items
      .slice(0, SUGGESTIONS)
      .map((one) => one.short)
      .join(', ')}`,
    details: { id: typed, found, candidates, items },
  });
}

export function notFound(typed: string, near: readonly WorkId[]): LedgerError {
  return new LedgerError('NOT_FOUND', `There is no item ${typed}.`, {
    hint: near.length === 0 ? '`wl list --all` shows every item.' : `Did you mean ${near.join(' or ')}?`,
    details: { id: typed, near },
  });
}

/** Ids that differ least from a whole id that no item has, among those beside it: of the same day, number or beginning. */
function nearest(view: IndexView, id: string): WorkId[] {
  const at = id.lastIndexOf('-');
  const [series, suffix] = [id.slice(0, Math.max(at, 0)), id.slice(at + 1)];
  if (series === '') return [];
  const around = /^\d{1,15}$/.test(suffix)
    ? [
        ...someOf(view, 'series = ? AND number < ? ORDER BY number DESC', series, Number(suffix)),
        ...someOf(view, 'series = ? AND number > ? ORDER BY number', series, Number(suffix)),
        ...someOf(view, `number = ? ORDER BY ${DATE} DESC`, Number(suffix)),
      ]
    : someBeginning(view, suffix.slice(0, BEGINNING));
  const scored = [...new Set(around)].map((one) => ({ id: one, distance: editDistance(one, id) }));
  scored.sort((a, b) => a.distance - b.distance || (a.id < b.id ? 1 : -1));
  return scored
    .filter(({ distance }) => distance <= 3)
    .slice(0, SUGGESTIONS)
    .map((one) => one.id);
}

function someOf(view: IndexView, which: string, ...values: (string | number)[]): WorkId[] {
  const rows = view.rows(`SELECT id FROM items WHERE ${which} LIMIT ${LISTED}`, ...values);
  return rows.map(({ id }) => String(id));
}

function someBeginning(view: IndexView, text: string): WorkId[] {
  const { where, values } = begins(SUFFIX, text, IS_RANDOM);
  return someOf(view, where, ...values);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What can be typed for an id, by how the items are found that it fits; `value` is the text. */
const FITTING = {
  number: 'SELECT 1 FROM items WHERE number = CAST(value AS INTEGER)',
  day: `SELECT 1 FROM items WHERE number = CAST(substr(value, 6) AS INTEGER) AND ${MONTH_DAY} = substr(value, 1, 4)`,
  date: `SELECT 1 FROM items WHERE number = CAST(substr(value, 10) AS INTEGER)
    AND ${MONTH_DAY} = substr(value, 5, 4) AND ${DATE} = substr(value, 1, 8)`,
  beginning: `SELECT 1 FROM items WHERE ${SUFFIX} >= value AND ${SUFFIX} < value || char(1114111)${IS_RANDOM}
    UNION ALL SELECT 1 FROM items WHERE imported_id >= value AND imported_id < value || char(1114111)`,
  random: `SELECT 1 FROM items WHERE ${SUFFIX} = value${IS_RANDOM}
    UNION ALL SELECT 1 FROM items WHERE imported_id = value`,
} as const;

/** What can be typed for an id but the whole of it, shortest first; `undefined` where there is no more. */
function formOf(id: WorkId, nth: number): { kind: keyof typeof FITTING; text: string } | undefined {
  const [, date = '', suffix = ''] = id.split('-');
  const at = suffix.search(/[a-z]/);
  if (at < 0) {
    const number = Number(suffix);
    if (number >= 1e15) return undefined;
    if (nth === 0) return { kind: 'number', text: `${number}` };
    if (nth === 1) return { kind: 'day', text: `${date.slice(4)}-${number}` };
    return nth === 2 ? { kind: 'date', text: `${date}-${number}` } : undefined;
  }
  const length = Math.max(BEGINNING, at + 1) + nth;
  if (length < suffix.length) return { kind: 'beginning', text: suffix.slice(0, length) };
  return length === suffix.length ? { kind: 'random', text: suffix } : undefined;
}

/**
 * The shortest text for each id that `resolveId` takes for it and for no other item, whatever the purpose: `1`, `0103-1`,
 * `20260103-1`, the beginning of a random part, or the whole id. What finished work was called before an import is looked at as far
 * as it was read. Nothing for ids that no item has.
 */
export function shortIds(view: IndexView, ids: readonly WorkId[]): Map<WorkId, string> {
  const asked = [...new Set(ids)].filter(isWorkId);
  const gone = among(view, asked, 'NOT EXISTS (SELECT 1 FROM items WHERE id = value)');
  let left = gone.size === 0 ? asked : asked.filter((id) => !gone.has(id));
  const short = new Map(left.map((id) => [id, id]));
  for (let nth = 0; left.length > 0; nth += 1) {
    const texts = new Map<keyof typeof FITTING, Set<string>>();
    const forms = left.flatMap((id) => {
      const form = formOf(id, nth);
      if (form === undefined) return [];
      const same = texts.get(form.kind);
      if (same === undefined) texts.set(form.kind, new Set([form.text]));
      else same.add(form.text);
      return [{ id, ...form }];
    });
    const shared = new Map(
      [...texts].map(([kind, of]) => [
        kind,
        among(view, [...of], `(SELECT count(*) FROM (${FITTING[kind]} LIMIT 2)) > 1`),
      ]),
    );
    left = [];
    for (const { id, kind, text } of forms) {
      if (shared.get(kind)?.has(text)) left.push(id);
      else short.set(id, text);
    }
  }
  return short;
}

/** Those of `texts` that a condition on `value` holds for. */
function among(view: IndexView, texts: readonly string[], condition: string): Set<string> {
  const rows = view.rows(`SELECT value FROM json_each(?) WHERE ${condition}`, JSON.stringify(texts));
  return new Set(rows.map(({ value }) => String(value)));
}
