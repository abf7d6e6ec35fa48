import { label as labelKind } from '../domain/fields.ts';
import type { JsonMap } from '../domain/item.ts';
import { schemaOf } from '../domain/schema.ts';
import { normalizeText, toName, toSafeLine } from '../domain/text.ts';
import { byteLength, cutText, isEmpty, keepable, toActor, toTime } from './foreign.ts';
import type { ImportNote, ImportRule } from './plan.ts';

const TEXT_BYTES = 64 * 1024;
/** What a plan itself writes beside the fields it keeps. */
const RESERVED: ReadonlySet<string> = new Set(['from', 'id', 'unresolved']);
/** How Go writes a time that was never set. */
const ZERO_TIME = /^0001-01-01T00:00:00(?:\.0+)?(?:Z|[+-]00:00)?$/;

/**
 * One foreign record that is being read field by field. Whatever is not read, or is not taken over exactly, ends in
 * `kept`, which becomes `context.imported`.
 */
export class SourceRecord {
  readonly kept: JsonMap = {};
  readonly #raw: Record<string, unknown>;
  readonly #read = new Set<string>();
  readonly #notes: ImportNotes;
  readonly #where: Where;

  constructor(raw: Record<string, unknown>, notes: ImportNotes, where: Where) {
    this.#raw = raw;
    this.#notes = notes;
    this.#where = where;
  }

  note(rule: ImportRule, message: string): void {
    this.#notes.add(this.#where, rule, message);
  }

  /** Keeps a field as it was, without a note. */
  keep(key: string): void {
    this.#read.add(key);
    const value = Object.hasOwn(this.#raw, key) ? this.#raw[key] : undefined;
    if (!isEmpty(value)) this.kept[keptName(key)] = keepable(value);
  }

  /** Keeps a field as it was and says why it was not taken over. */
  keepNoted(key: string, rule: ImportRule, message: string): void {
    this.keep(key);
    this.note(rule, message);
  }

  /** The field's value; `undefined` where it is absent, `null` or empty. */
  value(key: string): unknown {
    this.#read.add(key);
    const value = Object.hasOwn(this.#raw, key) ? this.#raw[key] : undefined;
    return isEmpty(value) ? undefined : value;
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    this.keepNoted(key, 'field', `${key} is not text`);
    return undefined;
  }

  /** Text of several lines; what is above 64 KiB is cut off, and the whole kept. */
  longText(key: string): string | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const text = normalizeText(value);
    if (byteLength(text) <= TEXT_BYTES) return text;
    this.keepNoted(key, 'text_cut', `${key} is longer than 64 KiB; its beginning was taken`);
    return cutText(text, TEXT_BYTES);
  }

  /** One line, as a title is. */
  line(key: string, max: number): string | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const line = toSafeLine(value, max);
    if (line !== value)
      this.keepNoted(key, 'title', `${key} was made one safe line of at most ${max} characters`);
    return line === '' ? undefined : line;
  }

  actor(key: string): string | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const actor = toActor(value);
    if (actor !== value)
      this.keepNoted(key, 'actor', `${key} was made a name that can act: ${actor ?? 'nobody'}`);
    return actor;
  }

  time(key: string): string | undefined {
    const value = this.text(key);
    if (value === undefined || ZERO_TIME.test(value)) return undefined;
    const time = toTime(value);
    if (time === undefined) this.keepNoted(key, 'time', `${key} is not a time: ${quoteSource(value)}`);
    return time;
  }

  /** A list's members; anything else is kept and noted. */
  list(key: string): unknown[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.keepNoted(key, 'field', `${key} is not a list`);
    return [];
  }

  /** The title, which every item has. */
  title(): string {
    const title = this.line('title', 500);
    if (title === undefined) this.note('title', 'it has no title');
    return title ?? '(untitled)';
  }

  /** Labels as the ledger has them: safe lines, sorted, each once; the list is kept as it was where that changes one. */
  labels(): string[] {
    const labels = new Set<string>();
    for (const raw of this.list('labels')) {
      if (schemaOf(labelKind).safeParse(raw).success) {
        labels.add(String(raw));
        continue;
      }
      const label = typeof raw === 'string' ? toName(raw, 100) : '';
      if (label !== '') labels.add(label);
      this.keepNoted(
        'labels',
        'label',
        `label ${quoteSource(String(raw))} became ${label === '' ? 'none' : label}`,
      );
    }
    return [...labels].sort();
  }

  /** The fields that nothing read and that say something. */
  rest(): string[] {
    return Object.keys(this.#raw).filter((key) => !this.#read.has(key) && !isEmpty(this.#raw[key]));
  }

  /** Keeps every field that nothing read, and names them in one note. */
  keepRest(): void {
    const rest = this.rest();
    for (const key of rest) this.keep(key);
    if (rest.length > 0)
      this.note('field', `kept under context.imported: ${rest.map(quoteSource).join(', ')}`);
  }
}

const keptName = (key: string): string => {
  if (key === '__proto__') return '(__proto__)';
  return RESERVED.has(key) ? `source_${key}` : key.toWellFormed();
};

/** Where in the source a note belongs. */
export type Where = Pick<ImportNote, 'line' | 'path' | 'source_id'>;

const MESSAGE_LENGTH = 400;

/** Collects what could not be taken over exactly, in words that a terminal may print. */
export class ImportNotes {
  readonly notes: ImportNote[] = [];

  add({ line, path, source_id }: Where, rule: ImportRule, message: string): void {
    this.notes.push({
      ...(line === undefined ? {} : { line }),
      ...(path === undefined ? {} : { path: quoteSource(path) }),
      ...(source_id === undefined ? {} : { source_id: quoteSource(source_id) }),
      rule,
      message: toSafeLine(message, MESSAGE_LENGTH),
    });
  }
}

/** Text of the source, short and on one line, as a message may quote it. */
export const quoteSource = (text: string): string => toSafeLine(text, 200);
