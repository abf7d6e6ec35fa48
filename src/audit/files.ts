import { type DecodedItem, decodeItem, guessInParts, type ItemInParts } from '../codec/item.ts';
import { parsePath, SETTINGS_PATH, type State, stateOf } from '../codec/path.ts';
import { describeProblem, type Problem } from '../codec/problem.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { BlobContent, Oid, TreeChange } from '../store/port.ts';
import type { CommitFindings } from './findings.ts';
import type { History } from './state.ts';

/** The files of one item: one, unless something is wrong. `decoded` is `undefined` where the file was not read. */
export type Files = ReadonlyMap<State, { oid: Oid; decoded: DecodedItem | undefined }>;

/** An item's files as a change leaves them. `read` goes with `after`. */
export function filesAfter(
  files: Files | undefined,
  { before, after }: ItemChange,
  read: readonly ItemFile[],
): Files {
  const left = new Map(files);
  for (const { state } of before) left.delete(state);
  after.forEach(({ state, oid }, index) => {
    const decoded = withoutBytes(read[index]);
    if (decoded !== undefined) left.set(state, { oid, decoded });
  });
  return left;
}

/** The one file, where it can be read. */
export function wholeIn(files: Files | undefined): FileAt | undefined {
  const [only] = files?.size === 1 ? files : [];
  if (only === undefined || only[1].decoded?.kind !== 'item') return undefined;
  return { state: only[0], mode: PLAIN_FILE, oid: only[1].oid };
}

/** The bytes of one file would keep all of the batch that they were read with. */
function withoutBytes(file: ItemFile | undefined): DecodedItem | undefined {
  return file?.kind === 'item' ? { kind: 'item', item: file.item } : file;
}

export const PLAIN_FILE = '100644';

export interface FileAt {
  state: State;
  mode: string;
  oid: Oid;
}

/** What one commit did to the files of one item. A move from one state's directory to another's is one change. */
export interface ItemChange {
  id: WorkId;
  /** Files that were there and are changed or gone. */
  before: readonly FileAt[];
  /** Files that were changed or came. */
  after: readonly FileAt[];
}

/** Sorts a commit's changes by item. `others` are at paths where no item can stand. */
export function itemChanges(changes: readonly TreeChange[]): { items: ItemChange[]; others: TreeChange[] } {
  const items = new Map<WorkId, { id: WorkId; before: FileAt[]; after: FileAt[] }>();
  const others: TreeChange[] = [];
  for (const change of changes) {
    const parsed = parsePath(change.path);
    if (parsed === undefined) {
      others.push(change);
      continue;
    }
    const { id, state } = parsed;
    const item = items.get(id) ?? { id, before: [], after: [] };
    if (change.before !== undefined) item.before.push({ state, ...change.before });
    if (change.after !== undefined) item.after.push({ state, ...change.after });
    items.set(id, item);
  }
  return { items: [...items.values()], others };
}

export type Blobs = ReadonlyMap<Oid, BlobContent>;

export interface IntactFile {
  kind: 'item';
  item: WorkItem;
  bytes: Uint8Array;
  /** The same in parts, where it was read so. */
  inParts?: ItemInParts | undefined;
}
/** A file of an item, parsed once. */
export type ItemFile = IntactFile | { kind: 'damaged'; problem: Problem };

/** What the changes left behind; what they replaced was read when it was made. */
export function readAfter(store: History, changes: readonly TreeChange[]): Promise<Blobs> {
  return readFiles(
    store,
    changes.flatMap(({ after }) => (after === undefined ? [] : [after])),
  );
}

export function readFiles(store: History, files: readonly Pick<FileAt, 'mode' | 'oid'>[]): Promise<Blobs> {
  const plain = files.filter(({ mode }) => mode === PLAIN_FILE);
  return store.readBlobs(
    plain.map(({ oid }) => oid),
    MAX_FILE_BYTES,
  );
}

export function readItemFile(id: WorkId, { state, mode, oid }: FileAt, blobs: Blobs): ItemFile {
  if (mode !== PLAIN_FILE) return damaged('mode', `the entry has mode ${mode}, not ${PLAIN_FILE}`);
  const blob = blobs.get(oid);
  if (blob === undefined) return damaged('missing', `the object ${oid} is missing`);
  if (blob.kind === 'too_large') {
    return damaged('size', `the file has ${blob.size} bytes; ${MAX_FILE_BYTES} are allowed`);
  }
  const decoded = decodeItem(blob.bytes, id, state);
  return decoded.kind === 'item' ? { ...decoded, bytes: blob.bytes } : decoded;
}

/**
 * Reads a file the quick way, as if its bytes were canonical.
 *
 * @param before the item's file before this one, where it is at hand
 * @returns an item that is to be trusted only once it is written in the same bytes; `undefined` where it cannot be
 */
export function guessItemFile(
  id: WorkId,
  { state, mode, oid }: FileAt,
  blobs: Blobs,
  before: ItemInParts | undefined,
): IntactFile | undefined {
  const blob = mode === PLAIN_FILE ? blobs.get(oid) : undefined;
  if (blob?.kind !== 'bytes') return undefined;
  const inParts = guessInParts(blob.bytes, before);
  if (inParts?.item.id !== id || stateOf(inParts.item.status) !== state) return undefined;
  return { kind: 'item', item: inParts.item, bytes: blob.bytes, inParts };
}

export function reportDamage(file: ItemFile | undefined, findings: CommitFindings): void {
  if (file?.kind !== 'damaged') return;
  const { rule } = file.problem;
  findings.add(rule === 'mode' ? 'mode' : `file:${rule}`, describeProblem(file.problem));
}

function damaged(rule: string, message: string): ItemFile {
  return { kind: 'damaged', problem: { rule, message } };
}

export type SettingsFile =
  | { kind: 'settings'; settings: LedgerSettings; bytes: Uint8Array; oid: Oid }
  | { kind: 'damaged'; message: string; error?: LedgerError };

/** The settings that a commit leaves; `undefined` where it does not touch them. */
export function readSettingsFile(changes: readonly TreeChange[], blobs: Blobs): SettingsFile | undefined {
  const change = changes.find(({ path }) => path === SETTINGS_PATH);
  if (change === undefined) return undefined;
  const { after } = change;
  if (after === undefined) return { kind: 'damaged', message: `${SETTINGS_PATH} is gone` };
  if (after.mode !== PLAIN_FILE)
    return { kind: 'damaged', message: `${SETTINGS_PATH} has mode ${after.mode}` };
  const blob = blobs.get(after.oid);
  if (blob?.kind !== 'bytes') return { kind: 'damaged', message: `${SETTINGS_PATH} is missing or too large` };
  try {
    return { kind: 'settings', settings: decodeSettings(blob.bytes), bytes: blob.bytes, oid: after.oid };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return { kind: 'damaged', message: error.message, error };
  }
}
