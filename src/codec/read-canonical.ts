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
