import { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Json } from '../domain/item.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import { diffFields, type FieldChange, fieldsOf } from './fields.ts';
import type { Version } from './versions.ts';

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
  const blame = new Map<string, Blame>();
  const readable = versions.filter(({ item }) => item !== undefined);
  for (const [index, { item, entry }] of readable.entries()) {
    for (const { field, after } of diffFields(readable[index - 1]?.item, item)) {
      blame.set(field, { field, value: after, by: entry });
    }
  }
  return [...fieldsOf(readable.at(-1)?.item).keys()].flatMap((field) => blame.get(field) ?? []);
}
