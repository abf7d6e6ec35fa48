import type { ItemInParts } from '../codec/item.ts';
import type { State } from '../codec/path.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { LedgerView } from '../domain/view.ts';
import type { CommitRecord, LedgerStore, Oid, TreeChange } from '../store/port.ts';
import type { FileAt, ItemChange, ItemFile, SettingsFile } from './files.ts';
import type { CommitFindings } from './findings.ts';
import type { Undoing } from './item-files.ts';
import type { Timeline } from './timeline.ts';

/** What a check reads of history. */
export type History = Pick<LedgerStore, 'commits' | 'diffTrees' | 'treeFaults' | 'mergeBase' | 'readBlobs'>;

/** The item as a commit found it, and the ledger that the commit was decided on. */
export interface Before {
  item: WorkItem | undefined;
  /** True where there was a file that cannot be read. */
  damaged: boolean;
  view: LedgerView;
  /** Its file, where it is at hand. */
  file?: ItemInParts | undefined;
}

/** What a commit hands on to those that build on it. */
export interface Left {
  settings: LedgerSettings;
  /** Which time it was, as it and those before it tell. */
  time: Timeline;
}

/** The settings as they were last whole, and whether they are now. */
export interface SettingsState {
  good: Oid | undefined;
  whole: boolean;
}

/** The ledger as the commits so far leave it: what the next one is decided on. */
export interface LedgerState {
  /** What the next commit is decided by: the settings that its parent leaves. */
  settings: LedgerSettings;
  readonly settingsFile: SettingsState;
  /** Reads what will be asked about a commit that makes these changes: a merge, against any parent. */
  prepare(record: CommitRecord, changes: readonly TreeChange[]): Promise<void>;
  /** Asks the ledger about the commit at hand. `use` may be called more than once: it must be pure, but for what it applies. */
  ask<T>(use: () => T): Promise<T>;
  /** What was applied since the last commit is what that one did. */
  settle(): void;
  /** What a commit left that was not looked at; `undefined` where it is not there. */
  recall(commit: Oid): Promise<Left | undefined>;
  /** Remembers a transition by its name. @returns another commit that has it */
  enter(op: string, commit: Oid): Oid | undefined;
  /** Takes the settings as a commit left them. */
  adoptSettings(file: SettingsFile): void;

  /** The item as the commit found it. */
  before(change: ItemChange, findings: CommitFindings): Before;
  /** Takes an item's files as a commit left them, whether that was right or wrong. `read` goes with `after`. */
  apply(change: ItemChange, read: readonly ItemFile[], commit: Oid): void;
  /** The item was deleted as items are: it has no file that could be missed. */
  letGo(id: WorkId): void;
  /** True where the item's files are already as the change leaves them. */
  has(change: ItemChange): boolean;
  /** The commit that was last applied to the item. */
  lastChangeOf(id: WorkId): Oid | undefined;
  /** True where two branches of history changed the item, each without the other. */
  isForked(id: WorkId): boolean;
  /** Directories in which the item has a file. */
  statesOf(id: WorkId): State[];
  /** True where the item has one file, and it can be read. */
  isWhole(id: WorkId): boolean;
  /** The item's file as it stood when it was last whole. `undefined` where it never was, or was deleted. */
  lastGood(id: WorkId): FileAt | undefined;
  readonly undoing: Undoing;
  /** @see ItemFiles */
  undo(record: Pick<CommitRecord, 'changes'>): void;
  isUndone(id: WorkId): boolean;
  /** True where the item's one file is this one; without one, where there is none. */
  standsAs(id: WorkId, file: FileAt | undefined): boolean;
}
