import { isDeepStrictEqual } from 'node:util';
import { possiblePaths } from '../codec/path.ts';
import type { Problem } from '../codec/problem.ts';
import { LedgerError } from '../domain/errors.ts';
import { rowOf } from '../domain/fields.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Json, WorkItem } from '../domain/item.ts';
import { type HistoryEntry, toEntry } from '../projection/history-entry.ts';
import type { CommitRecord, LedgerStore, Oid } from '../store/port.ts';
import { itemChanges, readAfter, readItemFile } from './files.ts';

export interface ItemDiff {
  id: WorkId;
  /** The commit of the older version; `null` where that is from before the item was there. */
  from: HistoryEntry | null;
  to: HistoryEntry;
  changes: FieldChange[];
}

/**
 * How two versions of an item differ, by field.
 *
 * @param typed `A..B`, or one that is compared with the one before it; each a `rev` (0 is before the item was there) or a
 *   commit. What is left out is the newest, as is all of it
 * @throws LedgerError `NOT_FOUND`; `INVALID_INPUT`; `DAMAGED_ITEM` where one of them cannot be read
 */
export function diffVersions(id: WorkId, versions: readonly Version[], typed = ''): ItemDiff {
  const parts = typed.split('..');
  const [first = '', second] = parts;
  if (parts.length > 2) throw noRange(typed);
  const last = versions.length - 1;
  const to = second === undefined ? place(id, versions, first, last) : place(id, versions, second, last);
  const from = second === undefined ? to - 1 : place(id, versions, first, to - 1);
  const after = versions[to];
  if (after === undefined) throw new LedgerError('INVALID_INPUT', 'Nothing stands before revision 0.');
  const before = versions[from];
  for (const version of [before, after]) assertReadable(id, version);
  return {
    id,
    from: before?.entry ?? null,
    to: after.entry,
    changes: diffFields(before?.item, after.item),
  };
}

/** Where a version stands in the list; -1 before the first. */
function place(id: WorkId, versions: readonly Version[], typed: string, otherwise: number): number {
  if (typed === '') return otherwise;
  if (typed === '0') return -1;
  if (!/^[0-9a-f]+$/.test(typed)) throw noRange(typed);
  const byRev = versions.findLastIndex(({ item, entry }) => String(item?.rev ?? entry.rev) === typed);
  if (byRev >= 0) return byRev;
  const named = versions.flatMap(({ entry }, index) => (entry.commit.startsWith(typed) ? [index] : []));
  const [found] = typed.length < 4 ? [] : named;
  if (found !== undefined && named.length === 1) return found;
  const code = named.length > 1 ? 'AMBIGUOUS_ID' : 'NOT_FOUND';
  throw new LedgerError(
    code,
    `${id} has ${named.length > 1 ? 'several revisions' : 'no revision'} ${typed}.`,
    {
      hint: `wl history ${id} --long shows them.`,
      details: { id, revision: typed },
    },
  );
}

const noRange = (typed: string): LedgerError =>
  new LedgerError('INVALID_INPUT', `${JSON.stringify(typed)} names no revisions.`, {
    hint: 'They look like 2..5, 3 for what revision 3 changed, or commits: 4f2c1d9..87e4804.',
  });

function assertReadable(id: WorkId, version: Version | undefined): void {
  if (version?.problem === undefined) return;
  const { commit } = version.entry;
  throw new LedgerError(
    'DAMAGED_ITEM',
    `${id} cannot be read as ${commit} left it: ${version.problem.message}.`,
    {
      hint: `git show ${commit} shows it.`,
      details: { id, commit, ...version.problem },
    },
  );
}

/** A field of an item, and the transition that gave it its value. */
export interface Blame {
  field: string;
  value: Json;
  by: HistoryEntry;
}

/**
 * Who gave each field the value that it has, in the order of the file; of an item that is gone, that it had last. A list is
 * one field. What a file that cannot be read changed counts as done by the next one that can.
 */
export function blameFields(versions: readonly Version[]): Blame[] {
  const blame = lastChanges(versions);
  const last = versions.findLast(({ item }) => item !== undefined)?.item;
  return [...fieldsOf(last).keys()].flatMap((field) => blame.get(field) ?? []);
}

/** The last change of each field, also of one that was removed, whose value is then `null`. */
export function lastChanges(versions: readonly Version[]): Map<string, Blame> {
  const last = new Map<string, Blame>();
  const readable = versions.filter(({ item }) => item !== undefined);
  for (const [index, { item, entry }] of readable.entries()) {
    for (const { field, after } of diffFields(readable[index - 1]?.item, item))
      last.set(field, { field, value: after, by: entry });
  }
  return last;
}

/** A field that differs between two versions of an item; `null` where it was not there. */
export interface FieldChange {
  /** As in the file; inside of a map after a dot: `claim.epoch`. */
  field: string;
  before: Json;
  after: Json;
}

/** What each commit writes anew, and what never changes, is not told. */
const isAside = (key: string): boolean => ['each_time', 'fixed'].includes(rowOf(key)?.merge ?? '');

/** The fields in which two versions differ, in the order of the file; `undefined` stands for no item. */
export function diffFields(before: WorkItem | undefined, after: WorkItem | undefined): FieldChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((field) => {
    const change = { field, before: old.get(field) ?? null, after: now.get(field) ?? null };
    return isDeepStrictEqual(change.before, change.after) ? [] : [change];
  });
}

/** Every field that says something. Lists are one field, maps one for each of their keys. */
function fieldsOf(item: WorkItem | undefined): Map<string, Json> {
  const found = new Map<string, Json>();
  const add = (name: string, value: Json | undefined): void => {
    if (value === undefined || value === null || value === '') return;
    if (Array.isArray(value) ? value.length > 0 : typeof value !== 'object') found.set(name, value);
    else if (!Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) add(`${name}.${key}`, inner);
  };
  for (const [key, value] of Object.entries(item ?? {})) if (!isAside(key)) add(key, value as Json);
  return found;
}

/** An item as one commit left it. */
export interface Version {
  entry: HistoryEntry;
  /** `undefined` where the commit removed its file, and where that cannot be read. */
  item: WorkItem | undefined;
  problem: Problem | undefined;
}

/** Every version of an item up to `tip`, oldest first, read from git; none for an id that was never given. */
export async function readVersions(store: LedgerStore, tip: Oid, id: WorkId): Promise<Version[]> {
  const records: CommitRecord[] = [];
  for await (const record of store.commits({ to: tip, paths: possiblePaths(id) })) records.push(record);
  const changed = records.flatMap((record) => {
    const change = itemChanges(record.changes).items.find((one) => one.id === id);
    return change === undefined ? [] : [{ record, change }];
  });
  const blobs = await readAfter(
    store,
    changed.flatMap(({ record }) => record.changes),
  );
  return changed.map(({ record, change }): Version => {
    const entry = toEntry(record);
    const place = change.after.at(-1);
    const file = place && readItemFile(id, place, blobs);
    if (file?.kind === 'item') return { entry, item: file.item, problem: undefined };
    return { entry, item: undefined, problem: file?.problem };
  });
}
