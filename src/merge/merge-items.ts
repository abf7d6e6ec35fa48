import { isDeepStrictEqual } from 'node:util';
import { rowOf } from '../domain/fields.ts';
import { compareText, type WorkItem } from '../domain/item.ts';
import { ITEM_KEYS } from '../domain/item-keys.ts';

export type Side = 'ours' | 'theirs';

/** A field that at least one side changed. */
export interface MergedField extends Sides {
  key: string;
  /** Who changed it; `conflict` where both did and only one can be right. */
  by: Side | 'both' | 'conflict';
}

export interface MergedItems {
  /**
   * `ours` or `theirs`: that side has all that the other did, and stands as it is. `both`: each did something, and the two
   * go together by field; such an item stands on neither side, so only a transition can make it. `conflict`: they do not go together.
   */
  kind: Side | 'both' | 'conflict';
  /** All that was changed, in the order of the file, but for what every transition changes. */
  fields: MergedField[];
  /** The item by field; of a conflict, with what ours has. */
  item: WorkItem;
}

/** Fields that one verb sets together, so they are taken together: half a claim is none. */
const STANDING = ITEM_KEYS.filter((key) => rowOf(key)?.merge === 'standing');

/** Fields that merge by members. */
const BY_MEMBERS = { set: mergeSet, sorted_set: mergeSortedSet, log: mergeLog, map: mergeMap };

/**
 * Merges an item of two lines of history by field: where one side left a field alone, the other's counts; lists merge as sets,
 * comments in the order of their times, the context by key. Where the item stands (its status, holder, claim, result) counts as one.
 *
 * @param base the item where the two lines part; `undefined` where it did not exist
 */
export function mergeItems(base: WorkItem | undefined, ours: WorkItem, theirs: WorkItem): MergedItems {
  const keys = new Set([base ?? {}, ours, theirs].flatMap(Object.keys).sort(byPlace));
  const fields: MergedField[] = [];
  const newer = theirs.rev > ours.rev ? theirs : ours;
  const item: WorkItem = { ...ours, rev: newer.rev, last_op: newer.last_op, updated_at: newer.updated_at };
  const contested = bothMoved(base, ours, theirs);
  for (const key of keys) {
    const sides: Sides = { base: own(base, key), ours: own(ours, key), theirs: own(theirs, key) };
    // That two sides differ in what each transition writes says nothing by itself.
    if (
      rowOf(key)?.merge === 'each_time' ||
      (isSame(sides.base, sides.ours) && isSame(sides.base, sides.theirs))
    )
      continue;
    const merged = mergeField(key, sides, contested);
    if (merged.kind === 'value') Object.assign(item, { [key]: merged.value });
    fields.push({ key, ...sides, by: whoChanged(sides, merged) });
  }
  return { kind: kindOf(fields, ours, theirs, item), fields, item };
}

/** As in the file: known keys first, in their order. */
function byPlace(a: string, b: string): number {
  const keys: readonly string[] = ITEM_KEYS;
  const [x, y] = [keys.indexOf(a), keys.indexOf(b)];
  return x >= 0 && y >= 0 ? x - y : y - x || compareText(a, b);
}

function mergeField(key: string, sides: Sides, contested: boolean): MergedValue {
  const how = rowOf(key)?.merge;
  if (how === 'standing' && contested && !isSame(sides.ours, sides.theirs)) return { kind: 'conflict' };
  const whole = mergeWhole(sides);
  if (whole.kind === 'value' || how === undefined || !isByMembers(how)) return whole;
  return BY_MEMBERS[how](sides);
}

const isByMembers = (how: string): how is keyof typeof BY_MEMBERS => Object.hasOwn(BY_MEMBERS, how);

function bothMoved(base: WorkItem | undefined, ours: WorkItem, theirs: WorkItem): boolean {
  const moved = (side: WorkItem): boolean => STANDING.some((key) => !isSame(own(base, key), own(side, key)));
  return moved(ours) && moved(theirs);
}

function whoChanged({ base, ours, theirs }: Sides, merged: MergedValue): MergedField['by'] {
  if (merged.kind === 'conflict') return 'conflict';
  if (isSame(base, theirs)) return 'ours';
  return isSame(base, ours) ? 'theirs' : 'both';
}

function kindOf(
  fields: readonly MergedField[],
  ours: WorkItem,
  theirs: WorkItem,
  merged: WorkItem,
): MergedItems['kind'] {
  if (fields.some(({ by }) => by === 'conflict')) return 'conflict';
  const isWhole = (side: WorkItem): boolean =>
    fields.every(({ key }) => isSame(own(side, key), own(merged, key)));
  const whole = [
    isWhole(ours) ? (['ours', ours.rev] as const) : undefined,
    isWhole(theirs) ? (['theirs', theirs.rev] as const) : undefined,
  ].filter((side) => side !== undefined);
  return whole.sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'both';
}

/** One field as three sides have it; `undefined` where a side has none. */
interface Sides {
  base: unknown;
  ours: unknown;
  theirs: unknown;
}
type MergedValue = { kind: 'value'; value: unknown } | { kind: 'conflict' };

const value = (of: unknown): MergedValue => ({ kind: 'value', value: of });
const CONFLICT: MergedValue = { kind: 'conflict' };

const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** Where one side left it alone, the other's counts. */
function mergeWhole({ base, ours, theirs }: Sides): MergedValue {
  if (isSame(ours, theirs) || isSame(base, theirs)) return value(ours);
  return isSame(base, ours) ? value(theirs) : CONFLICT;
}

/** Members in any order, each once: what either side put in is in, what either took out is out. */
function mergeSet({ base, ours, theirs }: Sides): MergedValue {
  const [was, mine, others] = [listOf(base), listOf(ours), listOf(theirs)];
  const merged = was.filter((one) => has(mine, one) && has(others, one));
  for (const one of [...mine, ...others]) if (!has(was, one) && !has(merged, one)) merged.push(one);
  return value(merged);
}

/** As a set, sorted as text. */
function mergeSortedSet(sides: Sides): MergedValue {
  const merged = mergeSet(sides);
  if (merged.kind === 'conflict') return merged;
  return value(listOf(merged.value).sort((a, b) => compareText(String(a), String(b))));
}

/** Entries that are only ever added, in the order of their times. */
function mergeLog(sides: Sides): MergedValue {
  const merged = mergeSet(sides);
  if (merged.kind === 'conflict') return merged;
  return value(listOf(merged.value).sort((a, b) => compareText(timeOf(a), timeOf(b))));
}

/** Maps by key, at every depth; a key in which both sides differ is a conflict of the whole. */
function mergeMap(sides: Sides): MergedValue {
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
const own = (map: Readonly<Record<string, unknown>> | undefined, key: string): unknown =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
const timeOf = (entry: unknown): string => (isMap(entry) ? String(entry.at) : '');
