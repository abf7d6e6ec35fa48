import type { Json, JsonMap } from '../domain/item.ts';
import { toName } from '../domain/text.ts';
import { isActorName } from '../domain/values.ts';

const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A foreign time as the ledger writes it: UTC, milliseconds, what is finer cut off. Without a zone it is read as UTC.
 *
 * @returns `undefined` where it is not a time, or not one between the years 1900 and 9999
 */
export function toTime(text: string): string | undefined {
  const match = TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, day = '', minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  // A day that its month does not have would otherwise roll over into the next one.
  const midnight = new Date(`${day}T00:00:00.000Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const offset = /^z$/i.test(zone) ? 'Z' : zone.replace(/^(...):?(..)$/, '$1:$2');
  const at = new Date(`${day}T${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
  if (Number.isNaN(at.getTime())) return undefined;
  const iso = at.toISOString();
  return iso.length === 24 && iso >= '1900' ? iso : undefined;
}

/** A name that may act in the ledger, nearest to a foreign one; `undefined` where nothing of it is left. */
export function toActor(text: string): string | undefined {
  if (isActorName(text)) return text;
  const name = toName(text.replaceAll(/[<>]/g, ''), 200);
  return name === '' ? undefined : name;
}

/** The longest beginning of `text` that has at most `bytes` bytes of UTF-8 and ends between two characters. */
export function cutText(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  if (buffer.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return buffer.toString('utf8', 0, end);
}

export const byteLength = (value: Json): number =>
  Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));

export const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** True for a value that says nothing, as encoders write for an absent field. */
export const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** How deep maps and lists nest, found without recursion: a hostile record must not exhaust the stack. */
export function depthOf(value: unknown): number {
  let deepest = 0;
  const stack: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (at.value === null || typeof at.value !== 'object') continue;
    const depth = at.depth + 1;
    deepest = Math.max(deepest, depth);
    for (const inner of Object.values(at.value)) stack.push({ value: inner, depth });
  }
  return deepest;
}

/** Parsed JSON as a ledger can keep it: well-formed text, finite numbers. */
export function cleanJson(value: unknown): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (isMap(value)) return cleanMap(value);
  return typeof value === 'boolean' ? value : null;
}

export function cleanMap(map: Record<string, unknown>): JsonMap {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key.toWellFormed(), cleanJson(value)]),
  );
}

/** How many levels of maps and lists the ledger lets data have. */
export const DATA_DEPTH = 64;
/** Less, for the maps that a kept value stands in. */
const KEPT_DEPTH = DATA_DEPTH - 6;

/** As `cleanJson`; what nests deeper than a context may becomes the text that it is in JSON. */
export function keepable(value: unknown): Json {
  return depthOf(value) > KEPT_DEPTH ? JSON.stringify(value).toWellFormed() : cleanJson(value);
}
