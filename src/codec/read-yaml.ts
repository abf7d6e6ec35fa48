import { createRequire } from 'node:module';
import type { CST, Document, Node, Scalar, YAMLMap } from 'yaml';
import { escapeUnsafe } from '../domain/text.ts';
import type { Problem } from './problem.ts';

const require = createRequire(import.meta.url);

/** All of YAML: loaded when a file is read that this program did not write as it stands. Synchronous, as decoding is. */
const yamlLibrary = (): typeof import('yaml') => require('yaml');

/** A file larger than this is not opened: descriptions, context and result together stay far below. */
export const MAX_FILE_BYTES = 2 * 1024 * 1024;

/** Levels of maps and lists in one another: more than a ledger writes, fewer than a stack holds. */
const MAX_DEPTH = 100;

/**
 * Marks of structure (lines, separators, brackets, tags) in a file that somebody else than the program wrote: all of YAML is read a
 * thousand times slower than what the program writes, for each of them. A hand writes a few hundred.
 */
const MAX_MARKS = 50_000;

export type ReadYaml =
  | { kind: 'map'; map: Record<string, unknown>; locate(path: readonly PropertyKey[]): Position }
  | { kind: 'problem'; problem: Problem };

type Position = { line: number; column: number } | undefined;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one untrusted YAML file: size, encoding and shape are checked before parsing; aliases are refused, so that a
 * small file cannot become a large value.
 */
export function readYaml(bytes: Uint8Array): ReadYaml {
  if (bytes.length > MAX_FILE_BYTES) {
    return problem('size', `the file has ${bytes.length} bytes; ${MAX_FILE_BYTES} are allowed`);
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return problem('encoding', 'the file is not UTF-8');
  }
  if (hasMoreMarks(text, MAX_MARKS))
    return problem(
      'size',
      `the file has more than ${MAX_MARKS} lines and separators, and is not as it would be written`,
    );
  const raw = checkText(text);
  if (raw !== undefined) return { kind: 'problem', problem: raw };
  return parseMap(text);
}

/** What a text merge or a foreign editor leaves behind, told in its own words rather than as a syntax error. */
function checkText(text: string): Problem | undefined {
  if (text.startsWith('\ufeff'))
    return { rule: 'bom', message: 'the file begins with a byte order mark', line: 1 };
  const marker = /^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$/m.exec(text);
  if (marker !== null) {
    return {
      rule: 'conflict',
      message: 'a merge conflict was left in the file',
      line: lineAt(text, marker.index),
    };
  }
  const carriage = text.indexOf('\r');
  if (carriage !== -1)
    return { rule: 'crlf', message: 'lines must end with LF alone', line: lineAt(text, carriage) };
  return undefined;
}

const SPACE = 32;
/** `- `, `: `, `? `. */
const BEFORE_SPACE: ReadonlySet<number> = new Set([...'-:?'].map((mark) => mark.charCodeAt(0)));
const ALONE: ReadonlySet<number> = new Set([...'\n,[]{}!&*%'].map((mark) => mark.charCodeAt(0)));

function hasMoreMarks(text: string, most: number): boolean {
  let marks = 0;
  for (let at = 0; at < text.length && marks <= most; at += 1) {
    const code = text.charCodeAt(at);
    if (ALONE.has(code) || (BEFORE_SPACE.has(code) && text.charCodeAt(at + 1) === SPACE)) marks += 1;
  }
  return marks > most;
}

const INDICATORS = /[-?:] +|[^ ]/y;

/** The first line at which blocks stand in one another deeper than a stack holds, by their columns: the library closes them level by level. */
function findDeepLine(text: string): number | undefined {
  const columns: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    INDICATORS.lastIndex = line.search(/[^ ]/);
    if (INDICATORS.lastIndex < 0) continue;
    for (let at = INDICATORS.lastIndex; INDICATORS.test(line); at = INDICATORS.lastIndex) {
      while ((columns.at(-1) ?? -1) >= at) columns.pop();
      columns.push(at);
      if (columns.length > 2 * MAX_DEPTH) return index + 1;
      if (INDICATORS.lastIndex === at + 1) break;
    }
    INDICATORS.lastIndex = 0;
  }
  return undefined;
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** Text stays text: no tags of other schemas, no keys but strings, whatever a directive says. */
const OPTIONS = {
  schema: 'core',
  resolveKnownTags: false,
  stringKeys: true,
  prettyErrors: false,
  // The library compares each key with every other; `findForbidden` does not.
  uniqueKeys: false,
} as const;

function parseMap(text: string): ReadYaml {
  const line = findDeepLine(text);
  if (line !== undefined) return problem('yaml', TOO_DEEP, line);
  const { Composer, isAlias, LineCounter, Parser } = yamlLibrary();
  const counter = new LineCounter();
  const tokens = [...new Parser(counter.addNewLine).parse(text)];
  const deep = findDeep(tokens);
  if (deep !== undefined) {
    const { line, col } = counter.linePos(deep.offset);
    return problem('yaml', TOO_DEEP, line, col);
  }
  const [document, another] = new Composer(OPTIONS).compose(tokens, true, text.length);
  if (document === undefined || another !== undefined)
    return problem('yaml', 'the file is not one document', counter.linePos(another?.range[0] ?? 0).line, 1);
  const error = document.errors[0] ?? document.warnings[0];
  if (error !== undefined) {
    const { line, col } = counter.linePos(error.pos[0]);
    return problem('yaml', escapeUnsafe(firstLine(error.message)), line, col);
  }
  const forbidden = findForbidden(document);
  if (forbidden !== undefined) {
    const { line, col } = counter.linePos(forbidden.node.range?.[0] ?? 0);
    return problem(forbidden.rule, forbidden.message, line, col);
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return problem('yaml', 'the file is not a map of keys', 1, 1);
  }
  return {
    kind: 'map',
    map: value as Record<string, unknown>,
    locate: (path) => {
      for (let depth = path.length; depth > 0; depth -= 1) {
        const node = document.getIn(path.slice(0, depth), true);
        if (node !== null && typeof node === 'object' && 'range' in node && !isAlias(node)) {
          const range = node.range as [number, number, number] | undefined;
          if (range === undefined || range === null) continue;
          const { line, col } = counter.linePos(range[0]);
          return { line, column: col };
        }
      }
      return undefined;
    },
  };
}

const TOO_DEEP = `more than ${MAX_DEPTH} levels`;

/** What the library nests in one another, before it follows it down, a call for each level. */
function findDeep(tokens: readonly CST.Token[]): CST.Token | undefined {
  const open: [token: CST.Token | null | undefined, depth: number][] = tokens.map((token) => [token, 0]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (token === null || token === undefined) continue;
    if (depth > MAX_DEPTH) return token;
    if ('value' in token) open.push([token.value, depth]);
    if ('items' in token)
      for (const { key, value } of token.items) open.push([key, depth + 1], [value, depth + 1]);
  }
  return undefined;
}

interface Forbidden {
  rule: string;
  message: string;
  node: Node;
}

/** The first thing in a document that is YAML, but could not be written back as it was read. */
function findForbidden(document: Document): Forbidden | undefined {
  const { isCollection, visit } = yamlLibrary();
  let found: Forbidden | undefined;
  const stop = (rule: string, message: string, node: Node): symbol => {
    found = { rule, message, node };
    return visit.BREAK;
  };
  const tooDeep = (path: readonly unknown[]): boolean => path.filter(isCollection).length >= MAX_DEPTH;
  visit(document, {
    Alias: (_key, node) => stop('alias', 'YAML aliases are not allowed', node),
    Seq: (_key, node, path) => (tooDeep(path) ? stop('yaml', TOO_DEEP, node) : undefined),
    Map: (_key, node, path) => {
      if (tooDeep(path)) return stop('yaml', TOO_DEEP, node);
      const repeated = findRepeated(node);
      return (
        repeated && stop('yaml', `the key ${escapeUnsafe(String(repeated.value))} stands twice`, repeated)
      );
    },
  });
  return found;
}

function findRepeated(map: YAMLMap): Scalar | undefined {
  const { isScalar } = yamlLibrary();
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key;
    seen.add(key.value);
  }
  return undefined;
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;

function problem(rule: string, message: string, line?: number, column?: number): ReadYaml {
  return { kind: 'problem', problem: { rule, message, line, column } };
}
