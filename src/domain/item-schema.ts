import type { z } from 'zod';
import { nodeCrypto } from '../node.ts';
import { readerOf } from './checks.ts';
import type { Request } from './commands.ts';
import { FIELDS, type FieldKey, GIVEN, kindsOf } from './fields.ts';
import { isOp } from './ids.ts';
import { compareText, type WorkItem } from './item.ts';
import { actor, anyText, op, optional, schemasOf, time } from './kinds.ts';
import { lazySchema, parseInput } from './schema.ts';
import { isActorName, isTime } from './values.ts';

const ITEM = kindsOf(Object.keys(FIELDS) as FieldKey[]);
const NEW_WORK = { ...kindsOf(GIVEN), owner: optional(anyText) };

/** An item as its file has it; unknown keys are kept. */
export const workItemSchema = lazySchema((z) => z.looseObject(schemasOf(z, ITEM)));

/** What a new item is made from. */
export const newWorkSchema = lazySchema((z) => z.object(schemasOf(z, NEW_WORK)));
export type NewWork = z.input<ReturnType<typeof newWorkSchema>>;
/** The same with everything filled in that has a default. */
export type NewWorkFields = z.output<ReturnType<typeof newWorkSchema>>;

export const requestSchema = lazySchema((z) => z.object(schemasOf(z, { op, actor, at: time })));

// What is right passes a quick check; the schema, which takes many times as long to load and to ask, says what is wrong.

const readItem = readerOf(ITEM);
const readNewWork = readerOf(NEW_WORK);

/**
 * The item that `workItemSchema` makes of `map`, many times faster.
 *
 * @param right an item that was checked before: what `map` has of it is not checked again
 * @returns `undefined` where only the schema can tell, which then says what is wrong, or puts it in order
 */
export const checkItem = (map: Readonly<Record<string, unknown>>, right?: WorkItem): WorkItem | undefined =>
  readItem(map, right as Readonly<Record<string, unknown>> | undefined) as WorkItem | undefined;

/** Items that this process checked by the rules of this version, and that change again soon. */
const checked = new WeakSet<WorkItem>();

/** Says that `item` was checked, so that what a change of it leaves as it is is not checked again. */
export const rememberChecked = (item: WorkItem): unknown => checked.add(item);

/** The same for what a new item is made from: as `newWorkSchema`, for a map without other keys. */
export function checkNewWork(map: Readonly<Record<string, unknown>>): NewWorkFields | undefined {
  const isKnown = Object.keys(map).every((key) => Object.hasOwn(NEW_WORK, key));
  return isKnown ? (readNewWork(withoutUndefined(map)) as NewWorkFields | undefined) : undefined;
}

/** A key without a value says nothing. */
export const withoutUndefined = (map: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));

/**
 * A work item of what it is made of.
 *
 * @param before the item that it was made of, where it is a change
 * @throws LedgerError `INVALID_INPUT` naming `what`
 */
export const toItem = (parts: Readonly<Record<string, unknown>>, what: string, before?: WorkItem): WorkItem =>
  checkItem(withoutUndefined(parts), before && checked.has(before) ? before : undefined) ??
  parseInput(workItemSchema, parts, what);

/** What a new item is made from, with everything filled in that has a default. @throws LedgerError `INVALID_INPUT` */
export const toNewWork = (fields: NewWork): NewWorkFields =>
  checkNewWork(fields) ?? parseInput(newWorkSchema, fields, 'new item');

/** @throws LedgerError `INVALID_INPUT` where it does not say who asks, when, or under which name */
export function requireRequest(request: Request): void {
  const { op, actor, at } = request as Partial<Record<keyof Request, unknown>>;
  const isRight =
    typeof op === 'string' &&
    isOp(op) &&
    typeof actor === 'string' &&
    isActorName(actor) &&
    typeof at === 'string' &&
    isTime(at);
  if (!isRight) parseInput(requestSchema, request, 'request');
}

const SETS: ReadonlySet<string> = new Set(['labels', 'dependencies', 'links', 'scope']);
const DIGEST_LENGTH = 32;

/**
 * What was asked for, as a digest of a new item: whatever it can be given but its key, and whom it is assigned to. Two requests of the same digest ask
 * for the same; who asks and when takes no part in it, nor does the order of what is a set or a map.
 */
export function contentDigest(item: WorkItem): string {
  const asked = [...GIVEN, 'owner' as const].flatMap((key): [string, unknown][] => {
    const value = item[key];
    if (key === 'idempotency_key' || value === undefined || isEmpty(value)) return [];
    const members = SETS.has(key) && Array.isArray(value) ? value.map(inOrder).sort(byText) : inOrder(value);
    return [[key, members]];
  });
  return nodeCrypto()
    .createHash('sha256')
    .update(JSON.stringify(asked))
    .digest('hex')
    .slice(0, DIGEST_LENGTH);
}

const isEmpty = (value: unknown): boolean =>
  value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

/** The same value with the keys of its maps in order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .map(([key, entry]) => [key, inOrder(entry)])
    .sort(byText);
}

const byText = (a: unknown, b: unknown): number => compareText(JSON.stringify(a), JSON.stringify(b));
