import type { State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerView } from '../domain/view.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import type { ItemFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import type { ItemChange } from './item-change.ts';

/** What a check reads of history. */
export type History = Pick<LedgerStore, 'commits' | 'diffTrees' | 'mergeBase' | 'readBlobs'>;

/** The item as a commit found it, and the ledger that the commit was decided on. */
export interface Before {
  item: WorkItem | undefined;
  /** True where there was a file that cannot be read. */
  damaged: boolean;
  view: LedgerView;
}

/** The ledger as the commits so far leave it: what the next one is decided on. */
export interface LedgerState {
  /** The item as the commit found it. */
  before(change: ItemChange, findings: CommitFindings): Before;
  /** Takes an item's files as a commit left them. `read` goes with `after`. */
  apply(change: ItemChange, read: readonly ItemFile[], commit: Oid): void;
  /** True where the item's files are already as the change leaves them. */
  has(change: ItemChange): boolean;
  /** The commit that was last applied to the item. */
  lastChangeOf(id: WorkId): Oid | undefined;
  /** True where two branches of history changed the item, each without the other. */
  isForked(id: WorkId): boolean;
  /** Directories in which the item has a file. */
  statesOf(id: WorkId): State[];
}
