import type { Verification, VerifyOptions } from '../audit/verify.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkType } from '../domain/item.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { Damage, MemoryView } from '../projection/memory-view.ts';
import { listItems, type WorkFilter } from '../query/filter.ts';
import { manifestOf, type WorkIndex } from '../query/manifest.ts';
import { type Explanation, explainItem, readyItems } from '../query/ready.ts';
import { notFound, resolveId } from '../query/resolve.ts';
import { searchItems } from '../query/search.ts';
import { orphanedItems, staleItems } from '../query/stale.ts';
import {
  childrenOf,
  type DependencyNode,
  dependencyTree,
  type Progress,
  progressOf,
  subtreeOf,
} from '../query/tree.ts';
import type { Oid } from '../store/port.ts';
import { CONTACT } from '../sync/marks.ts';
import type { ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, currentTip, currentView } from './connection.ts';
import { type HistoryEntry, itemHistory, ledgerLog } from './history.ts';
import type { ImportInput } from './transfer.ts';

/** How fresh an answer is. */
export interface AsOf {
  tip: Oid;
  /** When the remote last answered; `null` where it never did, or there is none. */
  fetched_at: string | null;
}

export type WorkWithHistory = WorkItem & { history: HistoryEntry[] };

/** Every read of the ledger. None touches the network. */
export class LedgerQueries {
  protected readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** How fresh every read here is. @throws LedgerError `NO_LEDGER`, as every read */
  async asOf(): Promise<AsOf> {
    const tip = await currentTip(this.connection);
    return { tip, fetched_at: this.connection.context.state.get(CONTACT) ?? null };
  }

  /** The settings that all clones share. */
  async settings(): Promise<LedgerSettings> {
    return (await this.view()).settings;
  }

  /**
   * The id that `typed` stands for: whole, a part that only one has, or the id from before an import.
   *
   * @throws LedgerError `INVALID_INPUT`, `AMBIGUOUS_ID`, `NOT_FOUND` with near ones in the hint
   */
  async resolveId(typed: string): Promise<WorkId> {
    return resolveId(await this.view(), typed);
  }

  /** The item without its history; `undefined` where there is none. @throws LedgerError `DAMAGED_ITEM` with line and column */
  async findWork(id: WorkId): Promise<WorkItem | undefined> {
    return (await this.view()).find(id);
  }

  /** The item with its history, oldest transition first. @throws LedgerError `NOT_FOUND`, `DAMAGED_ITEM` */
  async getWork(id: WorkId): Promise<WorkWithHistory> {
    const item = await this.requireWork(id);
    return { ...item, history: await this.history(id) };
  }

  /** Items that wait to be taken, most urgent first, then oldest. `owner: null` asks for unassigned ones. */
  async getPending(
    filter: { owner?: string | null; swarm?: string; type?: WorkType } = {},
  ): Promise<WorkItem[]> {
    const { owner, swarm, type } = filter;
    return this.list({ status: ['pending'], owner, swarm, type: type === undefined ? undefined : [type] });
  }

  /** Items that someone works on, of everyone or of one owner. */
  async getInProgress(filter: { owner?: string } = {}): Promise<WorkItem[]> {
    return this.list({ status: ['in_progress'], owner: filter.owner });
  }

  /** Items that are blocked; `block.reason` says why. */
  async getBlocked(): Promise<WorkItem[]> {
    return this.list({ status: ['blocked'] });
  }

  /** Direct children, finished ones too. */
  async getChildren(id: WorkId): Promise<WorkItem[]> {
    return childrenOf(await this.view(), id);
  }

  /** Every item of a swarm, finished ones too. */
  async getBySwarm(swarm: string): Promise<WorkItem[]> {
    return this.list({ swarm, all: true });
  }

  /** What `asker` can claim now: pending, free, dependencies completed, not a container with open children. */
  async getReadyToStart(filter: WorkFilter & { asker?: string | undefined } = {}): Promise<WorkItem[]> {
    const { asker, ...rest } = filter;
    return readyItems(await this.view(), rest, asker, this.now());
  }

  /** How far an item's children are: counts by status and per cent; over the whole subtree unless `direct`. */
  async getProgress(id: WorkId, options: { direct?: boolean } = {}): Promise<Progress> {
    const view = await this.view();
    const item = await this.requireWork(id);
    return progressOf(item, options.direct ? childrenOf(view, id) : subtreeOf(view, id));
  }

  /** Work in progress that nobody touched for so many minutes (60 where none are given). */
  async getStaleWork(minutes = 60): Promise<WorkItem[]> {
    return staleItems(await this.view(), minutes, this.connection.context.clock.now());
  }

  /** Work in progress whose lease ran out: what `recoverOrphanedWork` would give back. */
  async getOrphanedWork(): Promise<WorkItem[]> {
    return orphanedItems(await this.view(), this.connection.context.clock.now());
  }

  /** Items that match every condition, most urgent first, then oldest; open ones, unless `all` or `status` say otherwise. */
  async list(filter: WorkFilter = {}): Promise<WorkItem[]> {
    return listItems(await this.view(), filter);
  }

  /** Items in which every word occurs. */
  async search(text: string): Promise<WorkItem[]> {
    return searchItems(await this.view(), text);
  }

  /** Why an item is or is not ready for `asker`, in words and as facts. @throws LedgerError `NOT_FOUND` */
  async explain(id: WorkId, asker?: string): Promise<Explanation> {
    const item = await this.requireWork(id);
    return explainItem(await this.view(), item, asker, this.now());
  }

  /** What an item depends on, unfolded. @throws LedgerError `NOT_FOUND` */
  async dependencies(id: WorkId): Promise<DependencyNode> {
    await this.requireWork(id);
    return dependencyTree(await this.view(), id);
  }

  /** Transitions of one item, oldest first; also of one that was deleted. */
  async history(id: WorkId): Promise<HistoryEntry[]> {
    return itemHistory(this.connection.store, await currentTip(this.connection), id);
  }

  /** The newest transitions of the ledger, newest first. */
  async log(newest = 20): Promise<HistoryEntry[]> {
    return ledgerLog(this.connection.store, await currentTip(this.connection), newest);
  }

  /** The manifest: counts and ids by status, owner, swarm and parent. */
  async index(): Promise<WorkIndex> {
    return manifestOf(await this.view());
  }

  /** Files that cannot be read as what they should be; with `all`, finished work is looked at too. */
  async damaged(options: { all?: boolean } = {}): Promise<Damage[]> {
    return (await this.view()).damage(options.all ?? false);
  }

  /**
   * Replays this clone's branch from its root, and holds every commit against the rules of the ledger.
   *
   * @see RULES in src/audit/rules.ts
   */
  async verify(options: VerifyOptions = {}): Promise<Verification> {
    const { verifyLedger } = await import('../audit/verify.ts');
    return verifyLedger(this.connection.store, await currentTip(this.connection), options);
  }

  /** What an import would do to the ledger as it stands; `batch`, with an `import` command for each item, does it. */
  async planImport(input: ImportInput): Promise<ImportPlan> {
    const { planImport } = await import('./transfer.ts');
    return planImport(await this.view(), input, this.now());
  }

  /** The whole ledger as files of JSON, each item with its history; damaged files are left out. */
  async exportFiles(): Promise<Iterable<TransferFile>> {
    const { exportFiles } = await import('./transfer.ts');
    const tip = await currentTip(this.connection);
    return exportFiles(this.connection.store, tip, await this.view(), this.now());
  }

  protected view(): Promise<MemoryView> {
    return currentView(this.connection);
  }

  protected async requireWork(id: WorkId): Promise<WorkItem> {
    const item = (await this.view()).find(id);
    if (item === undefined) throw notFound(id, []);
    return item;
  }

  protected now(): string {
    return this.connection.context.clock.now().toISOString();
  }
}
