import type { DecodedItem } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { ItemFile } from './files.ts';
import { type FileAt, type ItemChange, PLAIN_FILE } from './item-change.ts';

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
