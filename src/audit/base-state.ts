import { decodeLedgerMessage, readTrailers, recordedAt } from '../codec/message.ts';
import { parsePath, possiblePaths, SETTINGS_PATH, type State } from '../codec/path.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { LedgerView } from '../domain/view.ts';
import type { Projection } from '../projection/projection.ts';
import type { CommitRecord, Oid, TreeChange, TreeEntry } from '../store/port.ts';
import {
  type FileAt,
  type Files,
  filesAfter,
  itemChanges,
  readAfter,
  readItemFile,
  readSettingsFile,
  wholeIn,
} from './files.ts';
import type { History, SettingsState } from './state.ts';
import type { Replayed } from './verify.ts';

/** The objects of a repository together with those of a push. */
export interface Incoming extends History {
  /** The object at a path of a commit's tree. */
  find(commit: Oid, path: string): Promise<Oid | undefined>;
  /** The entries at these paths of a commit's tree that are there. */
  entriesAt(commit: Oid, paths: readonly string[]): Promise<TreeEntry[]>;
  readCommit(commit: Oid): Promise<Omit<CommitRecord, 'changes'>>;
}

/** The ledger before a push. */
export interface BaseState {
  tip: Oid;
  /** `undefined` where they cannot be read, nor anything else then. */
  settings: LedgerSettings | undefined;
  /** `use` may be called more than once: it must be pure until it returns. */
  read<T>(use: (view: LedgerView) => T): Promise<T>;
  /** Which of these transitions are in it, by `Work-Op`, each with its commit. */
  commitsOf(ops: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
  /** Holds all that leads to it against the rules, which takes long; `undefined` where that cannot be done. */
  verify: (() => Promise<Replayed>) | undefined;
  /** The latest that its tip records, in seconds since 1970. */
  recordedAt: number;
}

/** The ledger at `tip`, by the repository's index, which is caught up or made where it is not there. */
export async function baseStateAt(
  tip: Oid,
  projection: Projection,
  incoming: Incoming,
  verify?: BaseState['verify'],
): Promise<BaseState> {
  const record = await incoming.readCommit(tip);
  return {
    tip,
    settings: await settingsAt(tip, projection),
    verify,
    recordedAt: recordedAt(record),
    async read(use) {
      await projection.knowDeletions(tip);
      return projection.read(tip, use);
    },
    commitsOf: (ops) => commitsOf(tip, ops, projection, incoming),
  };
}

/** Nothing of a ledger can be read whose settings cannot. */
async function settingsAt(tip: Oid, projection: Projection): Promise<LedgerSettings | undefined> {
  try {
    return await projection.read(tip, ({ settings }) => settings);
  } catch (error) {
    if (!isLedgerError(error, 'DAMAGED_ITEM')) throw error;
    return undefined;
  }
}

/**
 * Which of these transitions are in the ledger at `tip`, each with its commit. The index knows the names of transitions of items;
 * those of the others, which are few, are in their commits.
 */
export async function commitsOf(
  tip: Oid,
  ops: readonly string[],
  projection: Pick<Projection, 'commitsOf' | 'ledgerCommits'>,
  incoming: Incoming,
): Promise<Map<string, Oid>> {
  const found = await projection.commitsOf(tip, ops);
  for (const commit of await projection.ledgerCommits(tip)) {
    const op = decodeLedgerMessage((await incoming.readCommit(commit)).message)?.op;
    if (op !== undefined && ops.includes(op)) found.set(op, commit);
  }
  return found;
}

/** How many commits of one item are looked at for the last one that left it whole. */
const FAR = 200;

/** Which files an item has in a commit's tree. They are not read. */
export async function filesIn(incoming: Incoming, commit: Oid, id: WorkId): Promise<Files> {
  const files = new Map<State, { oid: Oid; decoded: undefined }>();
  const places = possiblePaths(id).map(async (path) => ({
    state: parsePath(path)?.state,
    oid: await incoming.find(commit, path),
  }));
  for (const { state, oid } of await Promise.all(places))
    if (state !== undefined && oid !== undefined) files.set(state, { oid, decoded: undefined });
  return files;
}

/** An item's files at `tip`, read, and its file as it stood when it was last whole: `undefined` where it never was, or was deleted. */
export async function lastWhole(
  incoming: Incoming,
  tip: Oid,
  id: WorkId,
): Promise<{ files: Files; good: FileAt | undefined }> {
  const files = await readFilesIn(incoming, tip, id);
  const now = wholeIn(files);
  if (now !== undefined) return { files, good: now };
  for await (const { oid, message } of pastOf(incoming, tip, possiblePaths(id))) {
    const then = await readFilesIn(incoming, oid, id);
    const good = wholeIn(then);
    const wasDeleted = then.size === 0 && readTrailers(message).values.get('Work-Verb') === 'delete';
    if (good !== undefined || wasDeleted) return { files, good };
  }
  return { files, good: undefined };
}

/** The settings as they were last whole up to `tip`, and whether they are there. */
export async function lastWholeSettings(incoming: Incoming, tip: Oid): Promise<SettingsState> {
  const now = await readSettingsIn(incoming, tip);
  if (now?.kind === 'settings') return { good: now.oid, whole: true };
  for await (const { oid } of pastOf(incoming, tip, [SETTINGS_PATH])) {
    const then = await readSettingsIn(incoming, oid);
    if (then?.kind === 'settings') return { good: then.oid, whole: false };
  }
  return { good: undefined, whole: false };
}

export async function readSettingsIn(incoming: Incoming, commit: Oid) {
  const changes = toChanges(await incoming.entriesAt(commit, [SETTINGS_PATH]));
  return readSettingsFile(changes, await readAfter(incoming, changes));
}

/** Commits that touch these paths, newest first. @throws LedgerError where they go on for too long to tell */
async function* pastOf(incoming: Incoming, to: Oid, paths: readonly string[]): AsyncIterable<CommitRecord> {
  let seen = 0;
  for await (const record of incoming.commits({ to, paths, newest: FAR })) {
    seen += 1;
    yield record;
  }
  if (seen < FAR) return;
  throw new LedgerError('DAMAGED_ITEM', `None of the last ${FAR} commits of ${paths[0]} left it whole.`, {
    hint: 'Let the mend in on the server itself: see docs/hooks.md',
  });
}

async function readFilesIn(incoming: Incoming, commit: Oid, id: WorkId): Promise<Files> {
  const changes = toChanges(await incoming.entriesAt(commit, possiblePaths(id)));
  const blobs = await readAfter(incoming, changes);
  const [change] = itemChanges(changes).items;
  if (change === undefined) return new Map();
  return filesAfter(
    undefined,
    change,
    change.after.map((file) => readItemFile(id, file, blobs)),
  );
}

const toChanges = (entries: readonly TreeEntry[]): TreeChange[] =>
  entries.map(({ path, mode, oid }) => ({ path, before: undefined, after: { mode, oid } }));
