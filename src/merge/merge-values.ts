import { isDeepStrictEqual } from 'node:util';
import { compareText } from '../domain/item.ts';

/** One field as three sides have it; `undefined` where a side has none. */
export interface Sides {
  base: unknown;
  ours: unknown;
  theirs: unknown;
}
export type MergedValue = { kind: 'value'; value: unknown } | { kind: 'conflict' };

const value = (of: unknown): MergedValue => ({ kind: 'value', value: of });
const CONFLICT: MergedValue = { kind: 'conflict' };

export const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** Where one side left it alone, the other's counts. */
export function mergeWhole({ base, ours, theirs }: Sides): MergedValue {
  if (isSame(ours, theirs) || isSame(base, theirs)) return value(ours);
  return isSame(base, ours) ? value(theirs) : CONFLICT;
}

/** Members in any order, each once: what either side put in is in, what either took out is out. */
export function mergeSet({ base, ours, theirs }: Sides): MergedValue {
  const [was, mine, others] = [listOf(base), listOf(ours), listOf(theirs)];
  const merged = was.filter((one) => has(mine, one) && has(others, one));
  for (const one of [...mine, ...others]) if (!has(was, one) && !has(merged, one)) merged.push(one);
  return value(merged);
}

/** As a set, sorted as text. */
export function mergeSortedSet(sides: Sides): MergedValue {
  const merged = mergeSet(sides);
  if (merged.kind === 'conflict') return merged;
  return value(listOf(merged.value).sort((a, b) => compareText(String(a), String(b))));
}

/** Entries that are only ever added, in the order of their times. */
export function mergeLog(sides: Sides): MergedValue {
  const merged = mergeSet(sides);
  if (merged.kind === 'conflict') return merged;
  return value(listOf(merged.value).sort((a, b) => compareText(timeOf(a), timeOf(b))));
}

/** Maps by key, at every depth; a key in which both sides differ is a conflict of the whole. */
export function mergeMap(sides: Sides): MergedValue {
  const whole = mergeWhole(sides);
  if (whole.kind === 'value' || !isMap(sides.ours) || !isMap(sides.theirs)) return whole;
  const { ours, theirs } = sides;
  const base = isMap(sides.base) ? sides.base : {};
  const merged: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const one = mergeMap({ base: own(base, key), ours: own(ours, key), theirs: own(theirs, key) });
    if (one.kind === 'conflict') return one;
    if (one.value !== undefined) merged.push([key, one.value]);
  }
  return value(Object.fromEntries(merged));
}

const listOf = (list: unknown): unknown[] => (Array.isArray(list) ? list : []);
const has = (list: readonly unknown[], one: unknown): boolean => list.some((other) => isSame(one, other));
const isMap = (of: unknown): of is Record<string, unknown> =>
  typeof of === 'object' && of !== null && !Array.isArray(of);
/** Keys are the user's: one may be named like something that every object has. */
export const own = (map: Readonly<Record<string, unknown>> | undefined, key: string): unknown =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
const timeOf = (entry: unknown): string => (isMap(entry) ? String(entry.at) : '');
