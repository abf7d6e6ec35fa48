import { readAuxiliaryText } from '../codec/auxiliary-files.ts';
import { decodeItem } from '../codec/item.ts';
import { decodeLedgerMessage, decodeMessage, readPlace, readTrailers } from '../codec/message.ts';
import { parsePath, SETTINGS_PATH } from '../codec/path.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import type { GroupPlace, TransitionEvent } from '../domain/commands.ts';
import { readCommand } from '../domain/commands.ts';
import {
  type AuxiliaryFile,
  type ConfigureCommand,
  diffSettings,
  overwrittenSettings,
} from '../domain/configure.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { BlobContent, CommitRecord, LedgerStore, Oid } from '../store/port.ts';
import type { LedgerCommand } from './draft.ts';

/** A commit of the ledger, read back into what was asked. */
export interface ReadCommit {
  record: CommitRecord;
  /** `undefined` where the message names none. */
  op: string | undefined;
  /** Where it stands among those that stand together with it. */
  group: GroupPlace | undefined;
  /** `undefined` for the root, and for a commit that is no transition. */
  command: LedgerCommand | undefined;
  event: TransitionEvent | undefined;
  before: WorkItem | undefined;
  after: WorkItem | undefined;
}

/** For a question that the commits' ops alone answer. */
export const NAMES: ReadonlySet<string> = new Set();

/**
 * Reads commits `from..to` of a ledger, oldest first; `from` undefined reads from the root.
 *
 * @param only the ops that are of interest: of other commits nothing but the op is read, which spares their files
 */
export async function readCommits(
  store: LedgerStore,
  from: Oid | undefined,
  to: Oid,
  only?: ReadonlySet<string>,
): Promise<ReadCommit[]> {
  if (from === to) return [];
  const records: CommitRecord[] = [];
  for await (const record of store.commits({ from, to, changes: only === undefined })) records.push(record);
  if (only === undefined) return readRecords(store, records);
  const wanted = records.filter((record) => only.has(opOf(record) ?? ''));
  const read = new Map((await readAlone(store, wanted)).map((commit) => [commit.record.oid, commit]));
  return records.map((record) => read.get(record.oid) ?? unread(record));
}

/** Reads commits whose changes were not asked for. */
export async function readAlone(store: LedgerStore, records: readonly CommitRecord[]): Promise<ReadCommit[]> {
  const whole: CommitRecord[] = [];
  for (const { oid, parents } of records) {
    for await (const record of store.commits({ from: parents[0], to: oid }))
      if (record.oid === oid) whole.push(record);
  }
  return readRecords(store, whole);
}

/** A merge is no transition, also where its message repeats that of one. */
const trailersOf = ({ message, parents }: CommitRecord): ReadonlyMap<string, string> =>
  parents.length > 1 ? new Map() : readTrailers(message).values;

const opOf = (record: CommitRecord): string | undefined => trailersOf(record).get('Work-Op');

function unread(record: CommitRecord): ReadCommit {
  const values = trailersOf(record);
  return {
    record,
    op: values.get('Work-Op'),
    group: readPlace(values),
    command: undefined,
    event: undefined,
    before: undefined,
    after: undefined,
  };
}

/** The commits that stand together with the first of `commits`, which come right after it; that one alone where none do. */
export function firstGroup(commits: readonly ReadCommit[]): ReadCommit[] {
  const [first] = commits;
  if (first?.group === undefined) return commits.slice(0, 1);
  const { id } = first.group;
  const end = commits.findIndex(({ group }) => group?.id !== id);
  return commits.slice(0, end === -1 ? commits.length : end);
}

/** Reads commits back into what was asked, with their blobs. */
export async function readRecords(
  store: LedgerStore,
  records: readonly CommitRecord[],
): Promise<ReadCommit[]> {
  const oids = records.flatMap(({ changes }) =>
    changes.flatMap(({ before, after }) => [before?.oid, after?.oid]),
  );
  const blobs = await store.readBlobs(
    oids.filter((oid) => oid !== undefined),
    MAX_FILE_BYTES,
  );
  return records.map((record) => readOne(record, blobs));
}

function readOne(record: CommitRecord, blobs: ReadonlyMap<Oid, BlobContent>): ReadCommit {
  const empty = unread(record);
  if (record.parents.length > 1) return empty;
  const ledger = decodeLedgerMessage(record.message);
  if (ledger?.verb === 'init') return empty;
  if (ledger?.verb === 'configure') {
    return { ...empty, command: readConfigure({ ...ledger, verb: 'configure' }, record, blobs) };
  }
  const decoded = decodeMessage(record.message);
  if (decoded.kind === 'problem') return empty;
  const before = itemOf(record, 'before', blobs);
  const after = itemOf(record, 'after', blobs);
  const event = { ...decoded.event, title: (after ?? before)?.title ?? '' };
  return { ...empty, event, before, after, command: readCommand(event, before, after) };
}

/** The item on one side of a transition's commit; `undefined` where there is none, or none that can be read. */
function itemOf(
  record: CommitRecord,
  side: 'before' | 'after',
  blobs: ReadonlyMap<Oid, BlobContent>,
): WorkItem | undefined {
  for (const change of record.changes) {
    const parsed = parsePath(change.path);
    const blob = blobs.get(change[side]?.oid ?? '');
    if (parsed === undefined || blob?.kind !== 'bytes') continue;
    const decoded = decodeItem(blob.bytes, parsed.id, parsed.state);
    if (decoded.kind === 'item') return decoded.item;
  }
  return undefined;
}

type Blobs = ReadonlyMap<Oid, BlobContent>;

const PLAIN_FILE = '100644';

/**
 * Reads a commit of the verb `configure` back into what was asked.
 *
 * @param request what its message says
 * @returns `undefined` where its files cannot be read: it is no transition then
 */
function readConfigure(
  request: ConfigureCommand,
  { changes }: CommitRecord,
  blobs: Blobs,
): ConfigureCommand | undefined {
  const settings = changes.find(({ path }) => path === SETTINGS_PATH);
  const [old, now] = [settingsIn(settings?.before?.oid, blobs), settingsIn(settings?.after?.oid, blobs)];
  const patch = old && now && diffSettings(old, now).patch;
  if (settings !== undefined && patch === undefined) return undefined;
  const files: AuxiliaryFile[] = [];
  const stood: [string, string | undefined][] = [];
  for (const { path, before, after } of changes) {
    if (path === SETTINGS_PATH) continue;
    const text = after && textOf(after, blobs);
    if (after !== undefined && text === undefined) return undefined;
    files.push({ path, text });
    stood.push([path, before && (textOf(before, blobs) ?? 'other')]);
  }
  const observed = { ...(old && patch && overwrittenSettings(old, patch)), ...Object.fromEntries(stood) };
  return { ...request, patch, files, observed };
}

function settingsIn(oid: Oid | undefined, blobs: Blobs): LedgerSettings | undefined {
  const blob = blobs.get(oid ?? '');
  if (blob?.kind !== 'bytes') return undefined;
  try {
    return decodeSettings(blob.bytes);
  } catch (error) {
    // A commit whose settings cannot be read is no transition; it must not stop the reading of the others.
    if (isLedgerError(error)) return undefined;
    throw error;
  }
}

function textOf({ mode, oid }: { mode: string; oid: Oid }, blobs: Blobs): string | undefined {
  const blob = mode === PLAIN_FILE ? blobs.get(oid) : undefined;
  return blob?.kind === 'bytes' ? readAuxiliaryText(blob.bytes) : undefined;
}
