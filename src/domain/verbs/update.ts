import { map } from '../check-input.ts';
import type { Observation } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import { CHANGED_BY_MEMBERS, type ChangedByMembers, rowOf, SETTABLE, type Settable } from '../fields.ts';
import { checkReferences } from '../graph.ts';
import type { WorkId } from '../ids.ts';
import { type Json, type JsonMap, WORK_STATUSES, type WorkItem } from '../item.ts';
import { toItem } from '../item-schema.ts';
import { requireFreeSource } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import { type ChangingVerb, defineVerb } from './define.ts';

export interface SetChange<T> {
  add?: readonly T[];
  remove?: readonly T[];
}

/** A change by field. `null` removes a field; lists and maps change by members, so that two clones' edits add up. */
export type WorkPatch = {
  set?: { [K in Settable]?: WorkItem[K] | null };
} & {
  [K in ChangedByMembers]?: WorkItem[K] extends readonly (infer T)[] ? SetChange<T> : Record<string, Json>;
};

type UpdateInput = {
  id: WorkId;
  patch: WorkPatch;
};

/** Changes fields that belong to no other verb. */
export const update: ChangingVerb<UpdateInput> = defineVerb({
  from: WORK_STATUSES,
  to: 'same',
  by: 'anyone',
  input: { patch: map() },
  line: 'updated',
  overwrites: overwrittenBy,
  apply(item, { patch }, view) {
    const after = toItem(applyPatch(item, patch), `change to ${item.id}`);
    checkReferences(view, after, item);
    requireFreeSource(view, after, item);
    return isSame(after, toItem(item, item.id)) ? 'unchanged' : after;
  },
  content: ({ patch }) => patch,
  read: ({ before, after }) => before && { patch: diffItems(before, after) },
  least: () => ({ patch: {} }),
});

/** What the patch sets, as it stands: fields, and members of maps by their keys. Members of lists add up, whoever changes them. */
function overwrittenBy(item: WorkItem, { patch }: UpdateInput): Observation {
  const fields = Object.keys(patch.set ?? {}).map((key) => [key, item[key as Settable]]);
  const members = Object.keys(patch.context ?? {}).map((key) => [
    `context.${key}`,
    memberOf(item.context, key),
  ]);
  return Object.fromEntries([...fields, ...members]);
}

const memberOf = (map: JsonMap, key: string): Json | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

function applyPatch(item: WorkItem, patch: WorkPatch): Record<string, unknown> {
  const members = CHANGED_BY_MEMBERS.map((key): [string, unknown] => [key, changeMembers(item, patch, key)]);
  return { ...item, ...fieldsOf(patch), ...Object.fromEntries(members) };
}

/** The fields that a patch sets, `undefined` where it removes one. */
function fieldsOf({ set = {} }: WorkPatch): Record<string, unknown> {
  const entries = Object.entries(set);
  const foreign = entries.map(([key]) => key).filter((key) => !(SETTABLE as readonly string[]).includes(key));
  if (foreign.length > 0) {
    throw new LedgerError('INVALID_INPUT', `\`update\` cannot set ${foreign.join(', ')}.`, {
      hint: 'Each other field belongs to a verb of its own.',
      details: { fields: foreign, settable: SETTABLE },
    });
  }
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (value === null) return [key, undefined];
      const isText = rowOf(key)?.kind.words === 'text' && typeof value === 'string';
      return [key, isText ? normalizeText(value) : value];
    }),
  );
}

function changeMembers(item: WorkItem, patch: WorkPatch, key: ChangedByMembers): unknown {
  const [value, change]: [unknown, unknown] = [item[key], patch[key]];
  if (!Array.isArray(value)) return changeMap(value as JsonMap, change as Record<string, Json> | undefined);
  const changed = changeSet(value, change as SetChange<unknown> | undefined);
  return rowOf(key)?.merge === 'sorted_set' ? changed.sort() : changed;
}

/** Lists of the item as sets: what stays keeps its order, what is added comes last. Adding wins over removing. */
function changeSet<T>(before: readonly T[], change: SetChange<T> | undefined): T[] {
  const has = (list: readonly T[], value: T) => list.some((other) => isSameMember(other, value));
  const kept = before.filter((value) => !has(change?.remove ?? [], value) || has(change?.add ?? [], value));
  for (const value of change?.add ?? []) if (!has(kept, value)) kept.push(value);
  return kept;
}

/** Members are texts or flat maps. A key that only one of two maps has is none of the field's, and goes when the item is read. */
function isSameMember(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const other = new Map(Object.entries(b));
  return Object.entries(a).every(([key, value]) => !other.has(key) || other.get(key) === value);
}

function changeMap(before: JsonMap, change: Readonly<Record<string, Json>> | undefined): JsonMap {
  const removed = new Set(
    Object.entries(change ?? {}).flatMap(([key, value]) => (value === null ? [key] : [])),
  );
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([key]) => !removed.has(key)));
}

/** The change from `before` to `after`, field by field. */
function diffItems(before: WorkItem, after: WorkItem): WorkPatch {
  const set = SETTABLE.filter((key) => !isSame(before[key], after[key])).map((key) => [
    key,
    after[key] ?? null,
  ]);
  const members = CHANGED_BY_MEMBERS.map((key) => {
    const [was, is] = [before[key], after[key]];
    return [key, Array.isArray(was) ? diffSet<unknown>(was, is as unknown[]) : diffMap(was, is)];
  });
  return { set: Object.fromEntries(set), ...Object.fromEntries(members) };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function diffSet<T>(before: readonly T[], after: readonly T[]): SetChange<T> {
  const keys = (list: readonly T[]): Set<string> => new Set(list.map((value) => JSON.stringify(value)));
  const had = keys(before);
  const has = keys(after);
  return {
    add: after.filter((value) => !had.has(JSON.stringify(value))),
    remove: before.filter((value) => !has.has(JSON.stringify(value))),
  };
}

function diffMap(before: object, after: object): Record<string, Json> {
  // Keys may be those of every object's own methods.
  const [had, has] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter(
    (key) => !isSame(had.get(key), has.get(key)),
  );
  return Object.fromEntries(changed.map((key): [string, Json] => [key, has.get(key) ?? null]));
}
