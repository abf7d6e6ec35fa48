import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { compareText, type WorkItem } from '../domain/item.ts';
import { ITEM_KEYS, unknownKeys } from '../domain/item-keys.ts';
import { checkItem, rememberChecked, workItemSchema } from '../domain/item-schema.ts';
import { describeIssue } from '../domain/schema.ts';
import { escapeUnsafe } from '../domain/text.ts';
import { emitEntries, readCanonical } from './canonical-yaml.ts';
import { type State, stateOf } from './path.ts';
import type { Problem } from './problem.ts';
import { MAX_FILE_BYTES, readYaml } from './read-yaml.ts';

/**
 * The item as its file: the same item always gives the same bytes.
 *
 * What says nothing is left out: at the top, `null` and everything empty; below, undefined alone, since it is the user's data.
 *
 * @throws LedgerError `INVALID_INPUT` where the file would be larger than any reader opens
 * @see docs/format.md, "Work item"
 */
export function encodeItem(item: WorkItem): Buffer {
  const bytes = bytesOf(item);
  if (bytes.length <= MAX_FILE_BYTES) return bytes;
  throw new LedgerError('INVALID_INPUT', `${item.id} would be larger than ${MAX_FILE_BYTES} bytes.`, {
    hint: 'Keep large things beside the ledger and name them: in a link, an artifact, or a file.',
    details: { id: item.id, bytes: bytes.length, allowed: MAX_FILE_BYTES },
  });
}

const bytesOf = (item: WorkItem): Buffer => Buffer.from(emitEntries(entriesOf(item)));

/** What the file says, in its order. */
function entriesOf(item: WorkItem): (readonly [string, unknown])[] {
  const unknown = Object.entries(unknownKeys(item)).sort(([a], [b]) => compareText(a, b));
  const entries = [...ITEM_KEYS.map((key) => [key, item[key]] as const), ...unknown];
  return entries.filter(([, value]) => !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

export type DecodedItem = { kind: 'item'; item: WorkItem } | { kind: 'damaged'; problem: Problem };

/** Reads a file that stands where the item `id` in `state` should; anything else is `damaged`, with the place and rule. */
export function decodeItem(bytes: Uint8Array, id: WorkId, state: State): DecodedItem {
  const item = guessItem(bytes);
  const fits = item?.id === id && stateOf(item.status) === state;
  return fits && bytesOf(item).equals(bytes) ? { kind: 'item', item } : decodeForeign(bytes, id, state);
}

/**
 * Reads a file the quick way, as if this program had written it.
 *
 * @returns an item that is to be trusted only once it is written in the same bytes; `undefined` where it cannot be
 */
export function guessItem({ buffer, byteOffset, byteLength }: Uint8Array): WorkItem | undefined {
  if (byteLength > MAX_FILE_BYTES) return undefined;
  const map = readCanonical(Buffer.from(buffer, byteOffset, byteLength).toString());
  return map && checkItem(map);
}

/** An item beside its file, part by part: each is a key of the file and what stands below it. */
export interface ItemInParts {
  item: WorkItem;
  parts: ReadonlyMap<string, string>;
  /** Keys whose parts are as in the file of the same item that was read before, and so are their values. */
  same: ReadonlySet<string>;
}

/**
 * As `guessItem`, of one file after the other of the same item: what is as it was before is neither read nor checked again.
 *
 * @param before the file before this one, which was found to be written as this program does
 */
export function guessInParts(
  { buffer, byteOffset, byteLength }: Uint8Array,
  before: ItemInParts | undefined,
): ItemInParts | undefined {
  if (byteLength > MAX_FILE_BYTES) return undefined;
  const parts = partsOf(Buffer.from(buffer, byteOffset, byteLength).toString());
  const same = new Set<string>();
  const map: Record<string, unknown> = {};
  for (const [key, part] of parts ?? []) {
    const known = before?.parts.get(key) === part ? before.item[key as keyof WorkItem] : undefined;
    if (known !== undefined) same.add(key);
    const read = known === undefined ? readCanonical(part) : undefined;
    if (known === undefined && (read === undefined || !Object.hasOwn(read, key))) return undefined;
    map[key] = known ?? read?.[key];
  }
  const item = parts && checkItem(map, before?.item);
  if (item === undefined || parts === undefined) return undefined;
  rememberChecked(item);
  return { item, parts, same };
}

/** A line that begins a part. */
const PART = /^[A-Za-z_][\w.-]*(?=:[ \n])/;

/** @returns `undefined` where the text is not made of parts that each have a plain key of their own */
function partsOf(text: string): Map<string, string> | undefined {
  const parts = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf('\n', at);
    while (end >= 0 && (text[end + 1] === ' ' || text[end + 1] === '\n')) end = text.indexOf('\n', end + 1);
    if (end < 0) return undefined;
    const part = text.slice(at, end + 1);
    const key = PART.exec(part)?.[0];
    if (key === undefined || key === '__proto__' || parts.has(key)) return undefined;
    parts.set(key, part);
    at = end + 1;
  }
  return parts;
}

/** Whether writing `item` gives this very file. */
export function isWrittenAs(item: WorkItem, { item: read, parts, same }: ItemInParts): boolean {
  const entries = entriesOf(item);
  if (entries.length !== parts.size) return false;
  let at = 0;
  for (const [key, part] of parts) {
    const [name, value] = entries[at] ?? [];
    if (name !== key) return false;
    at += 1;
    if (same.has(key) && value === read[key as keyof WorkItem]) continue;
    if (emitEntries([[key, value]]) !== part) return false;
  }
  return true;
}

/** Reads what a person, a merge or a later version wrote, with libraries that know all of YAML and say what is wrong. */
function decodeForeign(bytes: Uint8Array, id: WorkId, state: State): DecodedItem {
  const read = readYaml(bytes);
  if (read.kind === 'problem') return { kind: 'damaged', problem: read.problem };
  // A schema would drop this key without a word, and with it what it holds.
  if (Object.hasOwn(read.map, '__proto__')) {
    return damaged('schema', '__proto__ is no key of a work item', read.locate(['__proto__']));
  }
  const parsed = workItemSchema().safeParse(read.map);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const message = issue === undefined ? 'not a work item' : escapeUnsafe(describeIssue(issue));
    return damaged('schema', message, read.locate(issue?.path ?? []));
  }
  const item = parsed.data;
  if (item.id !== id) return damaged('id', `the file of ${id} names ${item.id}`, read.locate(['id']));
  if (stateOf(item.status) !== state) {
    return damaged('status', `an item that is ${item.status} stands in ${state}/`, read.locate(['status']));
  }
  return { kind: 'item', item };
}

function damaged(
  rule: string,
  message: string,
  at: { line: number; column: number } | undefined,
): DecodedItem {
  return { kind: 'damaged', problem: { rule, message, line: at?.line, column: at?.column } };
}
