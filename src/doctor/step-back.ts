import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { possiblePaths } from '../codec/path.ts';
import { isLedgerError } from '../domain/errors.ts';
import { isWorkId } from '../domain/ids.ts';
import { isWholeSince } from '../git/damaged-objects.ts';
import { loggedValues } from '../git/damaged-refs.ts';
import { brokenFolder, setAside } from '../git/fault.ts';
import { connectionOf } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange, TreeEntry } from '../store/port.ts';
import { type ReadCommit, readRecords } from '../sync/read-commits.ts';
import { moveLocal, rebuild } from '../sync/reconcile.ts';
import type { ClonePlace } from './clone-faults.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** What of a clone's own line can be read, and what cannot. */
interface Line {
  /** Up to here nothing is missing. */
  whole: Oid;
  /** After that: what can be read all the same, and can be decided again. */
  readable: ReadCommit[];
  /** What is named, and no more. */
  unreadable: string[];
}

/**
 * Leaves out of the branch what waits there and cannot be read any more, since objects of it are nowhere: the rest is decided again on
 * what is whole. What is left out is named in a file, with all that is known of it.
 *
 * @returns what was done
 */
export async function stepBack(
  open: () => Promise<WorkLedger>,
  place: ClonePlace,
  now: number,
): Promise<string> {
  const ledger = await open();
  try {
    const { context, store } = await connectionOf(ledger).write();
    const { localRef, remote } = context;
    const shared = remote && (await store.readRef(remote.seenRef));
    if (shared === undefined) throw new Error('nothing of it is shared');
    let done: Line | undefined;
    await moveLocal(context, async () => {
      const local = await store.readRef(localRef);
      if (local === undefined || (await isWholeSince(place.gitDir, local, shared))) return new Map();
      done = await readLine(store, place, { local, shared });
      const known = new Map<string, ReadCommit>();
      const { whole: base, readable: pending } = done;
      return rebuild(context, { expected: local, base, pending, known, wrong: new Map() });
    });
    if (done === undefined) return 'nothing is missing any more';
    // An index of what is gone cannot be brought up to date.
    for (const name of readdirSync(place.local))
      if (/^index-v\d+\.sqlite/.test(name)) setAside(place.gitDir, join(place.local, name), now);
    return told(place.gitDir, done, now);
  } finally {
    await ledger.close();
  }
}

function told(gitDir: string, { readable, unreadable }: Line, now: number): string {
  const folder = brokenFolder(gitDir);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${now}-transitions.txt`);
  writeFileSync(path, `${unreadable.join('\n')}\n`);
  const count = unreadable.length === 1 ? '1 transition' : `${unreadable.length} transitions`;
  const rest = readable.length === 0 ? '' : `; ${readable.length} after it were decided again`;
  return `left out ${count} that cannot be read any more (${unreadable.join('; ')})${rest}; named in ${path}`;
}

async function readLine(
  store: LedgerStore,
  { gitDir, localRef }: ClonePlace,
  { local, shared }: { local: Oid; shared: Oid },
): Promise<Line> {
  const line: CommitRecord[] = [];
  let missing: Oid | undefined;
  let whole: Oid | undefined;
  for (let at: Oid | undefined = local; at !== undefined && whole === undefined; ) {
    if (await isWholeSince(gitDir, at, shared)) whole = at;
    else {
      const record: CommitRecord | undefined = await recordOf(store, at);
      if (record === undefined) missing = at;
      else line.unshift(record);
      at = record?.parents[0];
    }
  }
  for (const earlier of whole === undefined ? loggedValues(gitDir, localRef) : [])
    if (await isWholeSince(gitDir, earlier, shared)) {
      whole ??= earlier;
      break;
    }
  const unreadable =
    missing === undefined ? [] : [`commit ${missing}, and what is known of it by its log alone`];
  const read = new Map<CommitRecord, ReadCommit | undefined>();
  const files = new Map((await store.readTree(whole ?? shared)).map((entry) => [entry.path, entry]));
  for (const record of line) {
    const one = (await readWhole(store, record)) ?? (await readByItem(store, record, files));
    read.set(record, one);
    for (const { path, after } of one?.record.changes ?? [])
      if (after === undefined) files.delete(path);
      else files.set(path, { path, ...after });
  }
  // Of a group all stand, or none.
  const broken = new Set(line.flatMap((record) => (read.get(record) === undefined ? groupOf(record) : [])));
  const readable: ReadCommit[] = [];
  for (const record of line) {
    const one = groupOf(record).some((id) => broken.has(id)) ? undefined : read.get(record);
    if (one === undefined) unreadable.push(nameOf(record));
    else readable.push(one);
  }
  return { whole: whole ?? shared, readable, unreadable };
}

/** @returns `undefined` where the commit is gone */
async function recordOf(store: LedgerStore, oid: Oid): Promise<CommitRecord | undefined> {
  try {
    for await (const record of store.commits({ to: oid, newest: 1, changes: false })) return record;
  } catch (error) {
    if (!isLedgerError(error)) throw error;
  }
  return undefined;
}

/** @returns `undefined` where something that it changed is gone */
async function readWhole(
  store: LedgerStore,
  { oid, parents }: CommitRecord,
): Promise<ReadCommit | undefined> {
  try {
    for await (const record of store.commits({ from: parents[0], to: oid }))
      return await readRecord(store, record);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
  }
  return undefined;
}

/**
 * Reads a commit whose parent cannot be read against what is known of its item: `files` as the last one left them that could be read.
 *
 * @returns `undefined` where one in between changed the item as well
 */
async function readByItem(
  store: LedgerStore,
  record: CommitRecord,
  files: ReadonlyMap<string, TreeEntry>,
): Promise<ReadCommit | undefined> {
  const [id] = trailerOf(record, 'Work-Item');
  if (id === undefined || !isWorkId(id)) return undefined;
  try {
    const now = new Map((await store.readTree(record.oid)).map((entry) => [entry.path, entry]));
    const changes = possiblePaths(id).flatMap((path): TreeChange[] => {
      const [before, after] = [files.get(path), now.get(path)];
      return before?.oid === after?.oid ? [] : [{ path, before, after }];
    });
    const read = await readRecord(store, { ...record, changes });
    const revs = [read?.before?.rev ?? 0, read?.after?.rev];
    return revs[1] === undefined || revs[1] === (revs[0] ?? 0) + 1 ? read : undefined;
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return undefined;
  }
}

/** @returns `undefined` where something that it changed is gone */
async function readRecord(store: LedgerStore, record: CommitRecord): Promise<ReadCommit | undefined> {
  const blobs = record.changes.flatMap(({ before, after }) => [before?.oid ?? [], after?.oid ?? []].flat());
  const found = await store.readBlobs(blobs, MAX_FILE_BYTES);
  if (blobs.some((blob) => !found.has(blob))) return undefined;
  const [read] = await readRecords(store, [record]);
  return read?.command === undefined ? undefined : read;
}

const trailerOf = ({ message }: CommitRecord, key: string): string[] =>
  [...message.matchAll(new RegExp(`^${key}: (\\S+)`, 'gm'))].map(([, value = '']) => value);
const groupOf = (record: CommitRecord): string[] => trailerOf(record, 'Work-Group');

function nameOf(record: CommitRecord): string {
  const [op] = trailerOf(record, 'Work-Op');
  const title = record.message.split('\n')[0] ?? '';
  return `${title} (commit ${record.oid.slice(0, 12)}${op === undefined ? '' : `, op ${op}`})`;
}
