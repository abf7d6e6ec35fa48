import { isDeepStrictEqual } from 'node:util';
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
} from 'jsonc-parser';
import { BOM, eolOf, type Piece, type Standing } from './piece.ts';

/** A value in a file of JSON: a property, or an element of a list. */
export interface Entry {
  /** Where it stands: of an element, the list. */
  path: readonly string[];
  value: unknown;
  /** Of elements: which of a list are ours. A property is, where this says so of its value. */
  isOurs(value: unknown): boolean;
  in: 'object' | 'list';
}

/**
 * Values in a file of JSON, which may have comments. Each is put first into what is there, and the way it is written tells whether
 * what it stands in was there before: so it can be taken away again to the byte, with nothing to remember.
 *
 * @param start what a new file has beside the entries
 */
export function jsonEntries(entries: readonly Entry[], start: Readonly<Record<string, unknown>> = {}): Piece {
  const fresh = `${JSON.stringify(entries.reduce(withEntry, start), null, 2)}\n`;
  const read = (text: string | undefined): Standing => {
    if (text === undefined) return 'missing';
    const standings = entries.map((entry) => standingOf(text, entry));
    if (standings.every((one) => one === 'current')) return 'current';
    return standings.every((one) => one === 'missing') ? 'missing' : 'stale';
  };
  const put = (text: string | undefined): string => {
    const standing = read(text);
    if (text !== undefined && standing === 'current') return text;
    // What is out of date goes first, all of it, so that what is put is the same whatever was there of ours.
    const rest = text === undefined || standing === 'missing' ? text : take(text);
    if (rest === undefined) return fresh;
    let next = rest;
    // Each goes to the front, so that they end up in their order.
    for (const { path, in: kind, value } of entries.toReversed())
      next = insert(next, kind === 'list' ? [...path, 0] : [...path], value);
    return next;
  };
  const take = (text: string): string | undefined => {
    if (text === fresh) return undefined;
    let next: string | undefined = text;
    for (const entry of entries) next = next === undefined ? undefined : without(next, entry);
    return next;
  };
  return { read, put, take, shown: fresh };
}

function withEntry(whole: Readonly<Record<string, unknown>>, entry: Entry): Record<string, unknown> {
  const [key = '', ...rest] = entry.path;
  const inside = whole[key];
  if (rest.length > 0)
    return {
      ...whole,
      [key]: withEntry((inside ?? {}) as Record<string, unknown>, { ...entry, path: rest }),
    };
  return {
    ...whole,
    [key]: entry.in === 'object' ? entry.value : [...((inside ?? []) as unknown[]), entry.value],
  };
}

/** @throws Error where the text is not JSON with an object on top */
function rootOf(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text.replace(BOM, ' '), errors, { allowTrailingComma: true });
  if (root?.type !== 'object' || errors.length > 0) throw new Error('it is no JSON that can be read');
  return root;
}

/** As `JSON.parse` gives it. */
const jsonOf = (node: Node): unknown => JSON.parse(JSON.stringify(getNodeValue(node)));

const nodeAt = (text: string, path: JSONPath): Node | undefined => findNodeAtLocation(rootOf(text), path);

/** What is ours of an entry: the properties and elements that are it, whatever their value. */
function ownNodes(text: string, { path, in: kind, isOurs }: Entry): Node[] {
  const node = nodeAt(text, [...path]);
  if (node === undefined) return [];
  const nodes = kind === 'list' ? (node.children ?? []) : [node];
  if (kind === 'list' && node.type !== 'array') throw new Error(`\`${path.join('.')}\` is no list`);
  return nodes.filter((one) => isOurs(jsonOf(one)));
}

function standingOf(text: string, entry: Entry): Standing {
  const own = ownNodes(text, entry);
  if (own.length === 0) {
    if (entry.in === 'object' && nodeAt(text, [...entry.path]) !== undefined)
      throw new Error(`\`${entry.path.join('.')}\` is set to something else`);
    return 'missing';
  }
  return own.length === 1 && isDeepStrictEqual(jsonOf(own[0] as Node), entry.value) ? 'current' : 'stale';
}

/** Puts a value to the front of the deepest object or list on its path that is there. */
function insert(text: string, path: JSONPath, value: unknown): string {
  let container = rootOf(text);
  let depth = 0;
  for (; depth < path.length - 1; depth += 1) {
    const next = findNodeAtLocation(container, [path[depth] as string]);
    if (next === undefined) break;
    container = next;
  }
  const [key, ...below] = path.slice(depth);
  const wanted = typeof key === 'number' ? 'array' : 'object';
  if (container.type !== wanted)
    throw new Error(`\`${path.slice(0, depth).join('.')}\` is no ${wanted === 'array' ? 'list' : 'object'}`);
  const nested = below.reduceRight<unknown>(
    (inside, one) => (typeof one === 'number' ? [inside] : { [one]: inside }),
    value,
  );
  const at = container.offset + 1;
  const [first] = container.children ?? [];
  const print = (space: string, indent: string, eol: string): string => {
    const json = JSON.stringify(nested, null, space).replaceAll('\n', eol + indent);
    const colon = space === '' ? ':' : ': ';
    return typeof key === 'string' ? `${JSON.stringify(key)}${colon}${json}` : json;
  };
  const piece = ((): string => {
    // A blank tells what was empty from what is made here.
    if (first === undefined) return ` ${print('', '', '')}`;
    const indent = /\n([ \t]*)$/.exec(text.slice(at, first.offset))?.[1];
    if (indent === undefined) return `${print('', '', '')},`;
    const eol = eolOf(text);
    return `${eol}${indent}${print(unitOf(text, container, indent), indent, eol)},`;
  })();
  return text.slice(0, at) + piece + text.slice(at);
}

/** By how much a level is indented. */
function unitOf(text: string, container: Node, indent: string): string {
  const line = text.lastIndexOf('\n', container.offset) + 1;
  const outer = /^[ \t]*/.exec(text.slice(line))?.[0] ?? '';
  return indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : '  ';
}

/** The text without what is ours of an entry; `undefined` where nothing is left that somebody else wrote. */
function without(text: string, entry: Entry): string | undefined {
  let next: string | undefined = text;
  while (next !== undefined) {
    const [own] = ownNodes(next, entry);
    if (own === undefined) return next;
    next = cut(next, own.parent?.type === 'property' ? own.parent : own);
  }
  return undefined;
}

/** Takes a property or element away, and what was made for it alone. */
function cut(text: string, node: Node): string | undefined {
  const container = node.parent as Node;
  const [first, ...others] = container.children ?? [];
  const [from, to] = [container.offset + 1, node.offset + node.length];
  const lead = text.slice(from, node.offset);
  const isFirst = first === node && lead.trim() === '';
  if (isFirst && others.length === 0) {
    const after = text.slice(to, container.offset + container.length - 1);
    if (lead === ' ') return text.slice(0, from) + text.slice(to);
    if (after.trim() === '') return cutContainer(text, container);
  }
  const comma = /^\s*,/.exec(text.slice(to));
  if (isFirst && comma !== null) return text.slice(0, from) + text.slice(to + comma[0].length);
  // Somebody moved it.
  return applyEdits(text, modify(text, pathOf(node), undefined, {}));
}

function cutContainer(text: string, container: Node): string | undefined {
  const { parent, offset, length } = container;
  if (parent !== undefined) return cut(text, parent.type === 'property' ? parent : container);
  const rest = text.slice(0, offset) + text.slice(offset + length);
  return rest.trim() === '' || rest.trim() === BOM
    ? undefined
    : `${text.slice(0, offset)}{}${text.slice(offset + length)}`;
}

function pathOf(node: Node): JSONPath {
  const { parent } = node;
  if (parent === undefined) return [];
  if (node.type === 'property') return [...pathOf(parent), node.children?.[0]?.value as string];
  if (parent.type === 'property') return pathOf(parent);
  return [...pathOf(parent), parent.children?.indexOf(node) ?? 0];
}
