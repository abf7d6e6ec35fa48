import type { DecodedItem } from '../codec/item.ts';
import { parsePath, type State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid, TreeChange } from '../store/port.ts';
import type { ItemFile } from './files.ts';

/** The files of one item: one, unless something is wrong. `decoded` is `undefined` where the file was not read. */
export type Files = ReadonlyMap<State, { oid: Oid; decoded: DecodedItem | undefined }>;

const NONE: Files = new Map();

/** Which files each item has, and what follows from that. */
export abstract class ItemFiles {
  protected abstract filesOf(id: WorkId): Files | undefined;

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
