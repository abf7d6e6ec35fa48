import type { SetChange, WorkPatch } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import { CHANGED_BY_MEMBERS, type ChangedByMembers, rowOf, SETTABLE } from '../fields.ts';
import { checkReferences, requireFreeKey } from '../graph.ts';
import { isTerminal, type Json, type JsonMap, type WorkItem } from '../item.ts';
import { toItem } from '../item-schema.ts';
import { requireFreeSource } from '../provenance.ts';
import { normalizeText } from '../text.ts';
import type { Apply } from './apply.ts';

/** Lists of the item as sets: what stays keeps its order, what is added comes last. Adding wins over removing. */
function changeSet<T>(before: readonly T[], change: SetChange<T> | undefined): T[] {
  const has = (list: readonly T[], value: T) => list.some((other) => isSame(other, value));
  const kept = before.filter((value) => !has(change?.remove ?? [], value) || has(change?.add ?? [], value));
  for (const value of change?.add ?? []) if (!has(kept, value)) kept.push(value);
  return kept;
}

/** Members are texts or flat maps. A key that only one of two maps has is none of the field's, and goes when the item is read. */
function isSame(a: unknown, b: unknown): boolean {
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
      return [
        key,
        rowOf(key)?.kind.words === 'text' && typeof value === 'string' ? normalizeText(value) : value,
      ];
    }),
  );
}

function applyPatch(item: WorkItem, patch: WorkPatch): Record<string, unknown> {
  const members = CHANGED_BY_MEMBERS.map((key): [string, unknown] => [key, changeMembers(item, patch, key)]);
  return { ...item, ...fieldsOf(patch), ...Object.fromEntries(members) };
}

function changeMembers(item: WorkItem, patch: WorkPatch, key: ChangedByMembers): unknown {
  const [value, change]: [unknown, unknown] = [item[key], patch[key]];
  if (!Array.isArray(value)) return changeMap(value as JsonMap, change as Record<string, Json> | undefined);
  const changed = changeSet(value, change as SetChange<unknown> | undefined);
  return rowOf(key)?.merge === 'sorted_set' ? changed.sort() : changed;
}

export const update: Apply<'update'> = (item, { patch }, view) => {
  const after = toItem(applyPatch(item, patch), `change to ${item.id}`);
  checkReferences(view, after, item);
  requireFreeSource(view, after, item);
  if (after.idempotency_key !== item.idempotency_key && !isTerminal(after.status))
    requireFreeKey(view, after);
  return JSON.stringify(after) === JSON.stringify(toItem(item, item.id)) ? undefined : after;
};

export const comment: Apply<'comment'> = (item, { actor, at, body }) => {
  const text = normalizeText(body).trim();
  if (text === '') throw new LedgerError('INVALID_INPUT', 'A comment needs a text.');
  return { ...item, comments: [...item.comments, { at, by: actor, body: text }] };
};
