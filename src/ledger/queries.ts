import type { Blame, ItemDiff, Version } from '../audit/diff.ts';
import type { Report } from '../audit/report/report.ts';
import type { Verification } from '../audit/verify.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkType } from '../domain/item.ts';
import type { PolicyVerb } from '../domain/policy-rules.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { IdPurpose } from '../domain/verbs.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import type { IndexPlace } from '../projection/index-database.ts';
import { type Damage, type IndexView, READABLE } from '../projection/index-view.ts';
import type { LogFilter } from '../projection/log-view.ts';
import type { IndexStatus, Need } from '../projection/projection.ts';
import { countItems, listItems, needOf, type WorkFilter } from '../query/filter.ts';
import { manifestOf, type WorkIndex } from '../query/manifest.ts';
import type { Permission } from '../query/permission.ts';
import {
  type Asking,
  countReady,
  type Explanation,
  explainItem,
  readyItems,
  staleItems,
} from '../query/ready.ts';
import { notFound, resolveId, shortIds } from '../query/resolve.ts';
import { countFound, searchItems } from '../query/search.ts';
import {
  childrenOf,
  type DependencyNode,
  dependencyTree,
  type Progress,
  progressOf,
  subtreeOf,
} from '../query/tree.ts';
import type { Oid } from '../store/port.ts';
import { CONTACT } from '../sync/state-keys.ts';
import type { ImportInput } from '../transfer/formats.ts';
import type { ImportPlan, TransferFile } from '../transfer/plan.ts';
import { type Connection, currentTip } from './connection.ts';
import type { Executions } from './executions.ts';
import type { Liveness, OrphanedWork } from './orphans.ts';
import type { Resumption } from './resume.ts';
import type { ItemTemplate, ListedTemplate } from './templates.ts';
import type { VerifyCall } from './verify.ts';

/** Local state: what this clone saw of work in progress. */
const OBSERVED = 'observed';

/** How fresh an answer is. */
export interface AsOf {
  tip: Oid;
  /** When the remote last answered; `null` where it never did, or there is none. */
  fetched_at: string | null;
}

export interface PendingFilter {
  owner?: string | null | undefined;
  swarm?: string | undefined;
  type?: WorkType | undefined;
  limit?: number | undefined;
}

export type ReadyFilter = WorkFilter & { asker?: string | undefined };

export type WorkWithHistory = WorkItem & { history: HistoryEntry[] };

/** Every read of the ledger. None touches the network. */
export class LedgerQueries {
  /** For the layers above; programs use the methods. */
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Who acts where a call names no one. */
  get actor(): string {
    return this.connection.actor;
  }

  /** The remote that the ledger is shared through. */
  get remote(): Connection['remote'] {
    return this.connection.remote;
  }

  /** Where the clone is: its git directory. */
  get place(): string {
    return this.connection.place;
  }

  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  get local(): string | undefined {
    return this.connection.local;
  }

  /** How fresh every read here is. @throws LedgerError `NO_LEDGER`, as every read */
  async asOf(): Promise<AsOf> {
    const tip = await currentTip(this.connection);
    return { tip, fetched_at: this.connection.state.get(CONTACT) ?? null };
  }

  /** The settings that all clones share. */
  async settings(): Promise<LedgerSettings> {
    return this.read((view) => view.settings);
  }

  /**
   * The id that `typed` stands for.
   *
   * @param purpose what the item is named for: where that takes an open one and exactly one of several is open, it is meant
   * @throws LedgerError `INVALID_INPUT`; `AMBIGUOUS_ID` with those that fit, newest first; `NOT_FOUND` with near ones in the hint
   * @see resolveId in src/query/resolve.ts, for what can be typed
   */
  async resolveId(typed: string, purpose?: IdPurpose): Promise<WorkId> {
    return this.read((view) => resolveId(view, typed, purpose));
  }

  /** The shortest text for each id that `resolveId` takes for it and for no other item; none for ids that no item has. */
  async shortIds(ids: readonly WorkId[]): Promise<Map<WorkId, string>> {
    return this.read((view) => shortIds(view, ids));
  }

  /** The item without its history; `undefined` where there is none. @throws LedgerError `DAMAGED_ITEM` with line and column */
  async findWork(id: WorkId): Promise<WorkItem | undefined> {
    return this.read((view) => view.find(id));
  }

  /** The item with its history, oldest transition first. @throws LedgerError `NOT_FOUND`, `DAMAGED_ITEM` */
  async getWork(id: WorkId): Promise<WorkWithHistory> {
    const { projection } = this.connection;
    const tip = await currentTip(this.connection);
    const item = await projection.read(tip, (view) => known(view, id));
    return { ...item, history: await projection.history(tip, id) };
  }

  /** Items that wait to be taken, most urgent first, then oldest. `owner: null` asks for unassigned ones. */
  async getPending(filter: PendingFilter = {}): Promise<WorkItem[]> {
    const { type, ...rest } = filter;
    return this.list({ ...rest, status: ['pending'], type: type === undefined ? undefined : [type] });
  }

  /** Items that someone works on, of everyone or of one owner. */
  async getInProgress(filter: { owner?: string } = {}): Promise<WorkItem[]> {
    return this.list({ status: ['in_progress'], owner: filter.owner });
  }

  /** Items that are blocked; `block.reason` says why. */
  async getBlocked(): Promise<WorkItem[]> {
    return this.list({ status: ['blocked'] });
  }

  /** Ended items whose files were kept for as long as `retention_days` says; none where it says nothing. */
  async getExpired(): Promise<WorkItem[]> {
    const { expiresAt } = await import('../domain/verbs/delete.ts');
    const { retention_days } = await this.settings();
    const now = this.connection.clock.now().getTime();
    const ended =
      retention_days === undefined ? [] : await this.list({ status: ['completed', 'failed', 'cancelled'] });
    return ended.filter((item) => (expiresAt(retention_days, item) ?? now) <= now);
  }

  /** Direct children, finished ones too. */
  async getChildren(id: WorkId): Promise<WorkItem[]> {
    return this.read((view) => childrenOf(view, id), 'all');
  }

  /** Every item of a swarm, finished ones too. */
  async getBySwarm(swarm: string): Promise<WorkItem[]> {
    return this.list({ swarm, all: true });
  }

  /** What `asker` can claim now: pending, free, dependencies completed, not a container with open children. */
  async getReadyToStart({ asker, ...filter }: ReadyFilter = {}): Promise<WorkItem[]> {
    return this.read((view) => readyItems(view, filter, this.asking(asker)));
  }

  /** How many items `getReadyToStart` would give without a limit. */
  async countReady({ asker, ...filter }: ReadyFilter = {}): Promise<number> {
    return this.read((view) => countReady(view, filter, this.asking(asker)));
  }

  /** How far an item's children are: counts by status and per cent; over the whole subtree unless `direct`. */
  async getProgress(id: WorkId, options: { direct?: boolean } = {}): Promise<Progress> {
    return this.read((view) => {
      const item = known(view, id);
      return progressOf(item, options.direct ? childrenOf(view, id) : subtreeOf(view, id));
    }, 'all');
  }

  /** Work in progress that nobody touched for so many minutes (60 where none are given). */
  async getStaleWork(minutes = 60): Promise<WorkItem[]> {
    return this.read((view) => staleItems(view, minutes, this.connection.clock.now()));
  }

  /**
   * Work in progress whose holder gave no sign of life for a lease: what `recoverOrphanedWork` would give back, each with the
   * evidence. As of the last contact with the remote. What was seen is remembered, so asking again later knows more.
   */
  async getOrphanedWork({ liveness }: { liveness?: Liveness | undefined } = {}): Promise<OrphanedWork[]> {
    const { watch, readObservations } = await import('./orphans.ts');
    const { state } = this.connection;
    const items = await this.getInProgress();
    const { orphans, observations } = await watch({
      items,
      settings: await this.settings(),
      now: this.#observedAt(),
      observations: readObservations(state.get(OBSERVED)),
      liveness,
      history: (id) => this.history(id),
    });
    state.set(OBSERVED, JSON.stringify(observations));
    return orphans;
  }

  /** What this clone sees is as old as its last contact; where it decides alone, it is what there is. */
  #observedAt(): Date {
    const { clock, remote, mode, state } = this.connection;
    const now = clock.now();
    const contact = remote === null || mode === 'local' ? Number.NaN : Date.parse(state.get(CONTACT) ?? '');
    return contact < now.getTime() ? new Date(contact) : now;
  }

  /** The claims that this clone made itself. */
  async executions(): Promise<Executions> {
    const { Executions: Notes } = await import('./executions.ts');
    return new Notes(this.connection.state, this.connection.clone);
  }

  /** What there is to know to go on with an item, for `actor` in this clone. @throws LedgerError `NOT_FOUND` */
  async resume(id: WorkId, actor: string = this.connection.actor): Promise<Resumption> {
    const { resumption } = await import('./resume.ts');
    const { history, ...item } = await this.getWork(id);
    const executions = await this.executions();
    executions.settle(item, actor);
    return resumption(item, history, await this.settings(), executions.of(id, actor));
  }

  /** What `actor` claimed in this clone and still holds. */
  async heldHere(actor: string = this.connection.actor): Promise<WorkItem[]> {
    const { heldHere } = await import('./resume.ts');
    return heldHere(await this.executions(), actor, (id) => this.findWork(id));
  }

  /** Items that match every condition, most urgent first, then oldest; open ones, unless `all` or `status` say otherwise. */
  async list(filter: WorkFilter = {}): Promise<WorkItem[]> {
    return this.read((view) => listItems(view, filter), needOf(filter));
  }

  /** How many items match, whatever the limit. */
  async count(filter: WorkFilter = {}): Promise<number> {
    return this.read((view) => countItems(view, filter), needOf(filter));
  }

  /** Items in which every word begins a word, open ones first; at most `limit`. */
  async search(text: string, options: { limit?: number | undefined } = {}): Promise<WorkItem[]> {
    return this.read((view) => searchItems(view, text, options.limit), 'words');
  }

  /** How many items `search` would give without a limit. */
  async countFound(text: string): Promise<number> {
    return this.read((view) => countFound(view, text), 'words');
  }

  /** Why an item is or is not ready for `asker`, in words and as facts. @throws LedgerError `NOT_FOUND` */
  async explain(id: WorkId, asker?: string): Promise<Explanation> {
    return this.read((view) => explainItem(view, known(view, id), this.asking(asker)));
  }

  /**
   * Whether `actor` may do `verb` now, to the item where one is named, and by which rules of the policy.
   *
   * @throws LedgerError `NOT_FOUND`
   */
  async permission(
    verb: PolicyVerb,
    { id, actor = this.actor }: { id?: WorkId | undefined; actor?: string | undefined } = {},
  ): Promise<Permission> {
    const { explainPermission } = await import('../query/permission.ts');
    const now = this.connection.clock.now();
    return this.read((view) =>
      explainPermission(view, verb, { actor, now, item: id === undefined ? undefined : known(view, id) }),
    );
  }

  /** What an item depends on, unfolded. @throws LedgerError `NOT_FOUND` */
  async dependencies(id: WorkId): Promise<DependencyNode> {
    return this.read((view) => {
      known(view, id);
      return dependencyTree(view, id);
    });
  }

  /** Transitions of one item, oldest first; also of one that was deleted. */
  async history(id: WorkId): Promise<HistoryEntry[]> {
    return this.connection.projection.history(await currentTip(this.connection), id);
  }

  /**
   * The newest transitions of the ledger that match, newest first; all of them where `newest` is infinite.
   *
   * @param filter `swarm` stands for the items that are in it now
   */
  async log(
    newest = 20,
    { swarm, ...filter }: LogFilter & { swarm?: string | undefined } = {},
  ): Promise<HistoryEntry[]> {
    const { projection } = this.connection;
    const among = swarm === undefined ? undefined : (await this.getBySwarm(swarm)).map(({ id }) => id);
    const items = among && (filter.items?.filter((id) => among.includes(id)) ?? among);
    return projection.newest(await currentTip(this.connection), newest, {
      ...filter,
      items: items ?? filter.items,
    });
  }

  /**
   * The ledger as it was, to be asked and not to be changed; `close` it. It is read from git into memory, and the index stays
   * as it is. Times that matter, as whether work may be taken yet, are judged by that moment.
   *
   * @param when a commit of the branch, in full or shortened, or an ISO time, which stands for the last commit made by then
   * @throws LedgerError `NOT_FOUND` where the branch has no such commit; `AMBIGUOUS_ID`
   */
  async at(when: string): Promise<LedgerQueries> {
    const { pastConnection } = await import('./as-of.ts');
    return new LedgerQueries(await pastConnection(this.connection, when));
  }

  /**
   * How two versions of an item differ, by field; also of one that was deleted. Without `revisions`, what was done last.
   *
   * @param revisions `A..B`, or one that is compared with the one before it; each a `rev` or a commit
   * @throws LedgerError `NOT_FOUND`, `INVALID_INPUT`, `DAMAGED_ITEM`
   */
  async diff(id: WorkId, revisions?: string): Promise<ItemDiff> {
    const { diffVersions } = await import('../audit/diff.ts');
    return diffVersions(id, await this.#versions(id), revisions);
  }

  /** Who gave each field of an item the value that it has, or had last. @throws LedgerError `NOT_FOUND` */
  async blame(id: WorkId): Promise<Blame[]> {
    const { blameFields } = await import('../audit/diff.ts');
    return blameFields(await this.#versions(id));
  }

  async #versions(id: WorkId): Promise<Version[]> {
    const { readVersions } = await import('../audit/diff.ts');
    const tip = await currentTip(this.connection);
    const versions = await readVersions(await this.connection.store(), tip, id);
    if (versions.length === 0) throw notFound(id, []);
    return versions;
  }

  /** Throughput, lead and cycle time, attempts and what is open, of a period; up to now and from the beginning, unless it says. */
  async report(period: { since?: string | undefined; until?: string | undefined } = {}): Promise<Report> {
    const [{ reportOn }, { listRejected }] = await Promise.all([
      import('../audit/report/report.ts'),
      import('../sync/rejected.ts'),
    ]);
    const { since = null, until = this.now() } = period;
    const entries = (await this.log(Number.POSITIVE_INFINITY, { until })).reverse();
    const items = await this.list({ all: true });
    return reportOn({
      entries,
      swarms: new Map(items.flatMap(({ id, swarm_name }) => (swarm_name ? [[id, swarm_name]] : []))),
      lostRaces: await listRejected(await this.connection.store()),
      since,
      until,
    });
  }

  /** The manifest: counts and ids by status, owner, swarm and parent. */
  async index(): Promise<WorkIndex> {
    return this.read(manifestOf, 'all');
  }

  /** What may make an answer wrong or old: how fresh it is, and how many files cannot be read; finished work as far as it was read. */
  async doubts(): Promise<AsOf & { damaged: number; index: IndexPlace }> {
    const as_of = await this.asOf();
    const { projection } = this.connection;
    const damaged = await projection.read(as_of.tip, (view) => view.damage(false).length);
    return { ...as_of, damaged, index: projection.place };
  }

  /** Files that cannot be read as what they should be; with `all`, finished work is looked at too. */
  async damaged(options: { all?: boolean } = {}): Promise<Damage[]> {
    const all = options.all ?? false;
    return this.read((view) => view.damage(all), all ? 'all' : 'open');
  }

  /** How far the index has come. */
  async indexStatus(): Promise<IndexStatus & { current: boolean }> {
    const tip = await currentTip(this.connection);
    const status = this.connection.projection.status();
    return { ...status, current: status.tip === tip };
  }

  /** Forgets the index and makes it anew from git, with every item, its words and all history. */
  async rebuildIndex(): Promise<void> {
    await this.connection.projection.rebuild(await currentTip(this.connection));
  }

  /**
   * Replays this clone's branch from its root, or as the call says, and holds every commit against the rules of the ledger.
   *
   * @see RULES in src/audit/rules.ts
   * @throws LedgerError `INVALID_INPUT` and `NOT_FOUND` for a range that is none
   */
  async verify(call: VerifyCall = {}): Promise<Verification> {
    const { verify } = await import('./verify.ts');
    return verify(this.connection, call);
  }

  /** The template of items of that name: the ledger's own, or the program's. @throws LedgerError `INVALID_INPUT` */
  async readTemplate(name: string): Promise<ItemTemplate> {
    const { readTemplate } = await import('./templates.ts');
    return readTemplate(this.connection, name);
  }

  /** Every template of items, by name; one that cannot be read says why. */
  async listTemplates(): Promise<ListedTemplate[]> {
    const { listTemplates } = await import('./templates.ts');
    return listTemplates(this.connection);
  }

  /** What an import would make of the ledger as it stands in this clone. `importWork` does it. */
  async planImport(input: ImportInput): Promise<ImportPlan> {
    const { planImport } = await import('../transfer/formats.ts');
    return this.read((view) => planImport(input, { ledger: view, now: this.now() }));
  }

  /** The whole ledger as files of JSON, each item with its history; damaged files are left out. */
  async exportFiles(): Promise<Iterable<TransferFile>> {
    const { exportFiles } = await import('./transfer.ts');
    const tip = await currentTip(this.connection);
    const items = await this.read(
      (view) => view.select({ where: [READABLE], values: [], order: 'id' }),
      'all',
    );
    return exportFiles(await this.connection.store(), tip, items, this.now());
  }

  /** Ends helpers that are still running. */
  close(): Promise<void> {
    return this.connection.close();
  }

  /** Asks the ledger as this clone has it now. */
  protected async read<T>(use: (view: IndexView) => T, need: Need = 'open'): Promise<T> {
    return this.connection.projection.read(await currentTip(this.connection), use, need);
  }

  protected async requireWork(id: WorkId): Promise<WorkItem> {
    return this.read((view) => known(view, id));
  }

  protected asking(asker: string | undefined): Asking {
    return { asker, now: this.now() };
  }

  protected now(): string {
    return this.connection.clock.now().toISOString();
  }
}

/** @throws LedgerError `NOT_FOUND` */
function known(view: IndexView, id: WorkId): WorkItem {
  const item = view.find(id);
  if (item === undefined) throw notFound(id, []);
  return item;
}
