import type { Json } from '../domain/item.ts';

/**
 * Writes the small part of YAML that a ledger needs, always the same way: block maps and lists, plain scalars where every
 * YAML reader agrees that they are text, block literals for text of several lines, JSON's quoting for the rest. A library's
 * next version can lay text out differently; the bytes of a ledger must not.
 */
export function emitYaml(map: Record<string, unknown>): string {
  return emitEntries(Object.entries(map));
}

/** The same for keys in an order of the caller's, which a map cannot give to keys that look like numbers. */
export function emitEntries(entries: readonly (readonly [string, unknown])[]): string {
  return emitMap(entries as readonly [string, Json | undefined][], 0);
}

/** Text that no reader, of YAML 1.1 or 1.2, takes for a number, a date, a boolean or syntax. */
const PLAIN = /^[A-Za-z_/](?:[\w ./@+()-]*[\w./@+()-])?$/;
const RESERVED = /^(?:y|n|yes|no|true|false|on|off|null|nan|inf)$/i;
/** A block literal holds printable text; anything else is quoted, where it can be escaped. */
const LITERAL =
  /^[\t\n\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** A last line of white space is text to some readers of block literals and nothing to others. */
const BLANK_END = /(?:^|\n)[ \t]+\n*$/;

function isPlain(text: string): boolean {
  return PLAIN.test(text) && !RESERVED.test(text);
}

/** JSON's strings are YAML's double-quoted ones, but for line separators that YAML 1.1 breaks at. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** YAML ends a simple key at 1024 characters; a longer one needs the explicit form. */
const SIMPLE_KEY_LENGTH = 1000;

function emitKey(key: string, indent: number): string {
  const pad = ' '.repeat(indent);
  const name = isPlain(key) && !key.includes(' ') ? key : quote(key);
  return name.length <= SIMPLE_KEY_LENGTH ? `${pad}${name}:` : `${pad}? ${name}\n${pad}:`;
}

function emitText(text: string, indent: number): string {
  if (!text.includes('\n')) return isPlain(text) ? text : quote(text);
  const lines = text.split('\n');
  const firstText = lines.find((line) => line !== '');
  if (!LITERAL.test(text) || firstText === undefined || BLANK_END.test(text)) return quote(text);
  const chomp = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') ? '+' : '';
  // Only where the first line of text begins with white space must the indentation be told.
  const indicator = /^[ \t]/.test(firstText) || lines[0] === '' ? '2' : '';
  const body = chomp === '-' ? lines : lines.slice(0, -1);
  const pad = ' '.repeat(indent + 2);
  return `|${indicator}${chomp}\n${body.map((line) => (line === '' ? '' : pad + line)).join('\n')}`;
}

/** JSON has no word for the numbers that are none; a key that is not ours may hold one. */
function emitNumber(value: number): string {
  if (Number.isFinite(value)) return JSON.stringify(value);
  return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
}

function emitScalar(value: Json, indent: number): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'string') return emitText(value, indent);
  if (typeof value === 'number') return emitNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : undefined;
  return Object.keys(value).length === 0 ? '{}' : undefined;
}

function emitMap(entries: readonly (readonly [string, Json | undefined])[], indent: number): string {
  let out = '';
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    const start = emitKey(key, indent);
    const scalar = emitScalar(value, indent);
    if (scalar !== undefined) out += `${start} ${scalar}\n`;
    else if (Array.isArray(value)) out += `${start}\n${emitList(value, indent + 2)}`;
    else out += `${start}\n${emitMap(Object.entries(value as { [key: string]: Json }), indent + 2)}`;
  }
  return out;
}

function emitList(list: Json[], indent: number): string {
  const pad = ' '.repeat(indent);
  let out = '';
  for (const value of list) {
    const scalar = emitScalar(value, indent);
    if (scalar !== undefined) out += `${pad}- ${scalar}\n`;
    // A nested list or map starts on the dash's own line: its first line's indentation becomes "- ".
    else if (Array.isArray(value)) out += `${pad}- ${emitList(value, indent + 2).slice(indent + 2)}`;
    else
      out += `${pad}- ${emitMap(Object.entries(value as { [key: string]: Json }), indent + 2).slice(indent + 2)}`;
  }
  return out;
}

/** Levels of lists and maps in one another that are followed: fewer than `readYaml` takes, which is left to judge the rest. */
const MAX_DEPTH = 90;

const QUOTED = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
const PLAIN_KEY = /^[A-Za-z_/][\w./@+()-]*:(?: |$)/;

/**
 * Reads back what `emitYaml` writes, many times faster than a library that knows all of YAML.
 *
 * What it gives for any other text is a guess: trust it only where writing it again gives the same text.
 *
 * @returns `undefined` where the text is surely something else
 */
export function readCanonical(text: string): Record<string, unknown> | undefined {
  if (!text.endsWith('\n')) return undefined;
  try {
    return new CanonicalReader(text).read();
  } catch {
    return undefined;
  }
}

class CanonicalReader {
  readonly #lines: string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.slice(0, -1).split('\n');
  }

  read(): Record<string, unknown> {
    const map = this.#map(0);
    if (this.#at < this.#lines.length) throw new SyntaxError('more lines than a map has');
    return map;
  }

  get #line(): string {
    return this.#lines[this.#at] ?? '';
  }

  /** True where the present line's text begins after exactly `indent` spaces. */
  #isAt(indent: number): boolean {
    const line = this.#line;
    return line.length > indent && line[indent] !== ' ' && line.startsWith(' '.repeat(indent));
  }

  #map(indent: number): Record<string, unknown> {
    if (indent > 2 * MAX_DEPTH) throw new RangeError('too deep');
    const entries: [string, unknown][] = [];
    while (this.#isAt(indent) && !this.#line.startsWith('- ', indent)) {
      const { key, end } = this.#key(indent);
      entries.push([key, this.#value(end, indent)]);
    }
    return Object.fromEntries(entries);
  }

  #list(indent: number): unknown[] {
    if (indent > 2 * MAX_DEPTH) throw new RangeError('too deep');
    const list: unknown[] = [];
    while (this.#isAt(indent) && this.#line.startsWith('- ', indent)) {
      const rest = this.#line.slice(indent + 2);
      if (!isNested(rest)) {
        list.push(this.#scalar(rest, indent));
        continue;
      }
      this.#lines[this.#at] = ' '.repeat(indent + 2) + rest;
      list.push(this.#nested(indent + 2));
    }
    return list;
  }

  #nested(indent: number): unknown {
    return this.#line.startsWith('- ', indent) ? this.#list(indent) : this.#map(indent);
  }

  /** A key, and where in the present line its colon is. */
  #key(indent: number): { key: string; end: number } {
    const line = this.#line;
    if (line.startsWith('? ', indent)) {
      this.#at += 1;
      return { key: textOf(line.slice(indent + 2)), end: indent };
    }
    const end = line[indent] === '"' ? endOfQuoted(line, indent) : line.indexOf(':', indent);
    return { key: textOf(line.slice(indent, end)), end };
  }

  #value(colon: number, indent: number): unknown {
    const line = this.#line;
    if (line[colon] !== ':') throw new SyntaxError('a key without a colon');
    if (line.length > colon + 1) return this.#scalar(line.slice(colon + 2), indent);
    this.#at += 1;
    return this.#nested(indent + 2);
  }

  #scalar(text: string, indent: number): unknown {
    this.#at += 1;
    if (text.startsWith('|')) return this.#literal(text, indent + 2);
    return scalarOf(text);
  }

  #literal(header: string, indent: number): string {
    const pad = ' '.repeat(indent);
    const first = this.#at;
    while (this.#at < this.#lines.length && (this.#line === '' || this.#line.startsWith(pad))) this.#at += 1;
    const lines = this.#lines.slice(first, this.#at).map((line) => line.slice(indent));
    return lines.join('\n') + (header.endsWith('-') ? '' : '\n');
  }
}

/** True for what stands behind a list's dash where that is a list or a map of its own. */
function isNested(rest: string): boolean {
  if (rest.startsWith('- ') || rest.startsWith('? ')) return true;
  return rest.startsWith('"') ? endOfQuoted(rest, 0) < rest.length : PLAIN_KEY.test(rest);
}

function endOfQuoted(line: string, from: number): number {
  QUOTED.lastIndex = from;
  if (!QUOTED.test(line)) throw new SyntaxError('a quote is not closed');
  return QUOTED.lastIndex;
}

function textOf(text: string): string {
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}

function scalarOf(text: string): unknown {
  if (text === '[]') return [];
  if (text === '{}') return {};
  if (text === 'null') return null;
  if (text === 'true') return true;
  if (text === 'false') return false;
  return /^-?\d/.test(text) ? Number(text) : textOf(text);
}
