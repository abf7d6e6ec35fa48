import type { WorkId } from './ids.ts';
import type { WorkItem, WorkStatus } from './item.ts';
import type { LimitKind } from './limits.ts';
import type { LedgerSettings } from './settings.ts';

/**
 * The ledger as it stands at one commit: all that a decision may look at. Synchronous, so that deciding is a pure step
 * between two readings of the tip. The open indexes cover `active/` alone.
 */
export interface LedgerView {
  readonly settings: LedgerSettings;
  /** @throws LedgerError `DAMAGED_ITEM` where the file cannot be read as an item */
  find(id: WorkId): WorkItem | undefined;
  /** Status without reading a terminal item's file. */
  statusOf(id: WorkId): WorkStatus | 'damaged' | undefined;
  openChildrenOf(id: WorkId): readonly WorkId[];
  /** Items that are blocked with `blocker_id` = `id`. */
  blockedOn(id: WorkId): readonly WorkId[];
  /** Open items that name `id` as a dependency. */
  openDependentsOf(id: WorkId): readonly WorkId[];
  /** Items that someone holds and that count under the name: its owner's, its swarm's, or a label. */
  inProgress(kind: LimitKind, name: string): readonly WorkId[];
  openByKey(idempotencyKey: string): WorkId | undefined;
  /** Items, open and ended, that have a source; `key` is its `sourceKey`. */
  fromSource(key: string): readonly WorkId[];
  /** One past the highest number ever given for that prefix and day (`YYYYMMDD`), deleted items included. */
  nextNumber(prefix: string, date: string): number;
  /** True for an id that was given once, also after its item was deleted, as far as this view knows. */
  wasUsed(id: WorkId): boolean;
}
