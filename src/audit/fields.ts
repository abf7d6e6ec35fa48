import { isDeepStrictEqual } from 'node:util';
import type { Json, WorkItem } from '../domain/item.ts';

/** A field that differs between two versions of an item; `null` where it was not there. */
export interface FieldChange {
  /** As in the file; inside of a map after a dot: `claim.epoch`. */
  field: string;
  before: Json;
  after: Json;
}

/** What each commit writes anew, and what never changes. */
const ASIDE: ReadonlySet<string> = new Set(['schema', 'id', 'rev', 'last_op', 'updated_at']);

/** The fields in which two versions differ, in the order of the file; `undefined` stands for no item. */
export function diffFields(before: WorkItem | undefined, after: WorkItem | undefined): FieldChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((field) => {
    const change = { field, before: old.get(field) ?? null, after: now.get(field) ?? null };
    return isDeepStrictEqual(change.before, change.after) ? [] : [change];
  });
}

/** Every field that says something. Lists are one field, maps one for each of their keys. */
export function fieldsOf(item: WorkItem | undefined): Map<string, Json> {
  const found = new Map<string, Json>();
  const add = (name: string, value: Json | undefined): void => {
    if (value === undefined || value === null || value === '') return;
    if (Array.isArray(value) ? value.length > 0 : typeof value !== 'object') found.set(name, value);
    else if (!Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) add(`${name}.${key}`, inner);
  };
  for (const [key, value] of Object.entries(item ?? {})) if (!ASIDE.has(key)) add(key, value as Json);
  return found;
}
