import { FIELD_FACTS } from './field-facts.ts';
import type { FieldKey } from './fields.ts';
import type { JsonMap, WorkItem } from './item.ts';

/** The keys of an item that this version knows, in the order of the file. */
export const ITEM_KEYS: readonly FieldKey[] = FIELD_FACTS.map(({ key }) => key);

const KNOWN: ReadonlySet<string> = new Set(ITEM_KEYS);

/** What a later version, or a person, wrote into the file of an item beside the fields that this version knows. */
export const unknownKeys = (item: WorkItem): JsonMap =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !KNOWN.has(key))) as JsonMap;
