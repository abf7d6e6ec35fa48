import { type DecodedItem, decodeItem, guessItem } from '../codec/item.ts';
import { parsePath, SETTINGS_PATH, type State, stateOf } from '../codec/path.ts';
import { describeProblem, type Problem } from '../codec/problem.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import { decodeSettings } from '../codec/settings.ts';
import { isLedgerError, type LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { BlobContent, CommitRecord, Oid, TreeChange } from '../store/port.ts';
import type { CommitFindings } from './findings.ts';
import type { History } from './state.ts';

/** The files of one item: one, unless something is wrong. `decoded` is `undefined` where the file was not read. */
export type Files = ReadonlyMap<State, { oid: Oid; decoded: DecodedItem | undefined }>;

const NONE: Files = new Map();

/** Which files each item has, and what follows from that. */
export abstract class ItemFiles {
  readonly #suspects = new Map<WorkId, FileAt | undefined>();
  readonly #suspectFiles = new Map<string, Oid | undefined>();
  /** The settings before a commit that broke a rule changed them, until they are as they were. */
  rightSettings: LedgerSettings | undefined;

  protected abstract filesOf(id: WorkId): Files | undefined;

  /** What a commit did that breaks a rule may be undone; of a merge, by hand. */
  suspect({ parents, changes }: CommitRecord, left: ReadonlyMap<Oid, { settings: LedgerSettings }>): void {
    const [parent, ...more] = parents;
    if (parent === undefined || more.length > 0) return;
    const { items, others } = itemChanges(changes);
    for (const { id, before } of items) if (before.length < 2) this.suspectItem(id, before[0]);
    for (const { path, before } of others) {
      this.suspectFile(path, before?.oid);
      if (path === SETTINGS_PATH) this.rightSettings ??= left.get(parent)?.settings;
    }
  }

  /** A commit that breaks a rule changed the item, which had this file before. The first one counts, until the item is as it was. */
  suspectItem(id: WorkId, before: FileAt | undefined): void {
    if (!this.#suspects.has(id)) this.#suspects.set(id, before);
  }

  /** Whether the item stands as it did before a commit that broke a rule; then that is over. */
  isUndone(id: WorkId): boolean {
    if (!this.#suspects.has(id) || !this.standsAs(id, this.#suspects.get(id))) return false;
    this.#suspects.delete(id);
    return true;
  }

  /** True where a commit that breaks a rule changed the item, and nobody put it back. */
  isSuspect(id: WorkId): boolean {
    return this.#suspects.has(id);
  }

  /** As `suspectItem`, of a file beside items. */
  suspectFile(path: string, before: Oid | undefined): void {
    if (!this.#suspectFiles.has(path)) this.#suspectFiles.set(path, before);
  }

  /** As `isUndone`, of a file beside items that is now this one. */
  isFileUndone(path: string, now: Oid | undefined): boolean {
    if (!this.#suspectFiles.has(path) || this.#suspectFiles.get(path) !== now) return false;
    return this.#suspectFiles.delete(path);
  }

  /** True where the commit changes the very files that stand. */
  protected follows({ id, before, after }: ItemChange): boolean {
    const files = this.filesOf(id) ?? NONE;
    return (
      before.every(({ state, oid }) => files.get(state)?.oid === oid) &&
      isFree(files, after.filter(isNewIn(before)))
    );
  }

  has({ id, before, after }: ItemChange): boolean {
    const files = this.filesOf(id) ?? NONE;
    return (
      after.every(({ state, oid }) => files.get(state)?.oid === oid) &&
      isFree(files, before.filter(isNewIn(after)))
    );
  }

  statesOf(id: WorkId): State[] {
    return [...(this.filesOf(id) ?? NONE).keys()];
  }

  isWhole(id: WorkId): boolean {
    return wholeIn(this.filesOf(id)) !== undefined;
  }

  standsAs(id: WorkId, file: FileAt | undefined): boolean {
    const files = this.filesOf(id) ?? NONE;
    if (file === undefined) return files.size === 0;
    return files.size === 1 && files.get(file.state)?.oid === file.oid;
  }
}

const isNewIn =
  (others: readonly FileAt[]) =>
  ({ state }: FileAt): boolean =>
    !others.some((other) => other.state === state);

const isFree = (files: Files, places: readonly FileAt[]): boolean =>
  places.every(({ state }) => !files.has(state));

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
 * @returns an item that is to be trusted only once it is written in the same bytes; `undefined` where it cannot be
 */
export function guessItemFile(
  id: WorkId,
  { state, mode, oid }: FileAt,
  blobs: Blobs,
): IntactFile | undefined {
  const blob = mode === PLAIN_FILE ? blobs.get(oid) : undefined;
  if (blob?.kind !== 'bytes') return undefined;
  const item = guessItem(blob.bytes);
  if (item?.id !== id || stateOf(item.status) !== state) return undefined;
  return { kind: 'item', item, bytes: blob.bytes };
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
