// One room for all questions about items, each a few lines: whoever looks for one finds it here.
import { checkArgument, type Kind, listOf, oneOf, orNull, type Table, text } from '../domain/check-input.ts';
import { isLedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkItemIn, WorkStatus } from '../domain/item.ts';
import type { PolicyVerb } from '../domain/policy-rules.ts';
import type { LedgerSettings } from '../domain/settings.ts';
import type { IdPurpose } from '../domain/verbs.ts';
import type { HistoryEntry } from '../projection/history-entry.ts';
import type { IndexPlace } from '../projection/index-database.ts';
import type { IndexView } from '../projection/index-view.ts';
import { countItems, FILTER, listItems, needOf, type WorkFilter } from '../query/filter.ts';
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
import { resolveId, shortIds } from '../query/resolve.ts';
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
import { type Connection, checkCall, currentTip, known, readNow } from './connection.ts';
import * as inputs from './inputs.ts';
import type { OrphanedWork } from './orphans.ts';
import type { Resumption } from './resume.ts';
import { heldBack, inQuestion, type Suspect, suspectsAbout, suspectsOf } from './suspects.ts';
import type { ItemTemplate, ListedTemplate } from './templates.ts';

/** How fresh an answer is. */
export interface AsOf {
  tip: Oid;
  /** When the remote last answered; `null` where it never did, or there is none. */
  fetched_at: string | null;
}

export type WorkWithHistory = WorkItem & {
  history: HistoryEntry[];
  /** What this clone found wrong with the item when it arrived, where nobody answered for it yet. */
  in_question?: Suspect[];
};

const HOUR_S = 3600;

/** Every question about items. None touches the network; every one throws `NO_LEDGER` where there is none, and `INVALID_INPUT`. */
export class LedgerQuery {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The item with its history, oldest transition first. @throws LedgerError `NOT_FOUND`, `DAMAGED_ITEM` with line and column */
  async get(id: WorkId): Promise<WorkWithHistory> {
    this.#check('get', { id: [text, id] });
    const { projection } = this.#connection;
    const tip = await currentTip(this.#connection);
    const item = await projection
      .read(tip, (view) => known(view, id))
      .catch((error) => this.#notFound(error, id));
    const suspects = suspectsAbout(suspectsOf(this.#connection), id);
    const history = await projection.history(tip, id);
    return { ...item, history, ...(suspects.length === 0 ? {} : { in_question: suspects }) };
  }

  /** The item without its history; `undefined` where there is none. @throws LedgerError `DAMAGED_ITEM` with line and column */
  async find(id: WorkId): Promise<WorkItem | undefined> {
    this.#check('find', { id: [text, id] });
    return readNow(this.#connection, (view) => view.find(id));
  }

  /** Items that match every condition, most urgent first, then oldest; open ones, unless `all` or `status` say otherwise. */
  async list<S extends WorkStatus = WorkStatus>(filter: WorkFilter<S> = {}): Promise<WorkItemIn<S>[]> {
    this.#check('list', {}, FILTER, filter);
    return readNow(this.#connection, (view) => listItems(view, filter), needOf(filter));
  }

  /** How many items match, whatever the limit. */
  async count(filter: WorkFilter = {}): Promise<number> {
    this.#check('count', {}, FILTER, filter);
    return readNow(this.#connection, (view) => countItems(view, filter), needOf(filter));
  }

  /** What `actor` can claim now: pending, free, dependencies completed, not a container with open children. */
  async ready(filter: inputs.ReadyFilter = {}): Promise<WorkItem[]> {
    this.#check('ready', {}, inputs.READY, filter);
    const { actor, ...conditions } = filter;
    return readNow(this.#connection, (view) =>
      readyItems(view, conditions, this.#asking(actor), this.#heldBack),
    );
  }

  /** How many items `ready` would give without a limit. */
  async countReady(filter: inputs.ReadyFilter = {}): Promise<number> {
    this.#check('countReady', {}, inputs.READY, filter);
    const { actor, ...conditions } = filter;
    return readNow(this.#connection, (view) =>
      countReady(view, conditions, this.#asking(actor), this.#heldBack),
    );
  }

  /** Direct children, finished ones too. */
  async children(id: WorkId): Promise<WorkItem[]> {
    this.#check('children', { id: [text, id] });
    return readNow(this.#connection, (view) => childrenOf(view, id), 'all');
  }

  /** How far an item's children are: counts by status and per cent; over the whole subtree unless `direct`. @throws LedgerError `NOT_FOUND` */
  async progress(id: WorkId, options: { direct?: boolean | undefined } = {}): Promise<Progress> {
    this.#check('progress', { id: [text, id] }, inputs.PROGRESS, options);
    const below = options.direct ? childrenOf : subtreeOf;
    return readNow(this.#connection, (view) => progressOf(known(view, id), below(view, id)), 'all');
  }

  /** Work in progress that nobody touched for `threshold_s` seconds. */
  async stale(options: { threshold_s?: number | undefined } = {}): Promise<WorkItem[]> {
    this.#check('stale', {}, inputs.STALE, options);
    const { threshold_s = HOUR_S } = options;
    return readNow(this.#connection, (view) => staleItems(view, threshold_s, this.#connection.clock.now()));
  }

  /**
   * Work in progress whose holder was silent for a lease: what `recover` would give back, each with the evidence. As of the last
   * contact with the remote. What was seen is remembered, so asking again later knows more.
   */
  async orphaned(options: inputs.OrphanedOptions = {}): Promise<OrphanedWork[]> {
    this.#check('orphaned', {}, inputs.ORPHANED, options);
    const { findOrphans } = await import('./orphans.ts');
    return findOrphans(this.#connection, options.liveness);
  }

  /** Ended items whose files were kept for as long as `retention_days` says; none where it says nothing. */
  async expired(): Promise<WorkItem[]> {
    this.#check('expired', {});
    const { expiresAt } = await import('../domain/verbs/delete.ts');
    const { retention_days } = await this.settings();
    const now = this.#connection.clock.now().getTime();
    const ended =
      retention_days === undefined ? [] : await this.list({ status: ['completed', 'failed', 'cancelled'] });
    return ended.filter((item) => (expiresAt(retention_days, item) ?? now) <= now);
  }

  /** What `actor` claimed in this clone and still holds. */
  async held(options: inputs.Asked = {}): Promise<WorkItem[]> {
    this.#check('held', {}, inputs.ASKING, options);
    const { heldHere } = await import('./resume.ts');
    return heldHere(this.#connection, options.actor);
  }

  /** What there is to know to go on with an item, for `actor` in this clone. @throws LedgerError `NOT_FOUND` */
  async resume(id: WorkId, options: inputs.Asked = {}): Promise<Resumption> {
    this.#check('resume', { id: [text, id] }, inputs.ASKING, options);
    const { resumption } = await import('./resume.ts');
    return resumption(this.#connection, await this.get(id), options.actor);
  }

  /** Items in which every word begins a word, open ones first; at most `limit`. */
  async search(words: string, options: { limit?: number | undefined } = {}): Promise<WorkItem[]> {
    this.#check('search', { words: [text, words] }, inputs.LIMIT, options);
    return readNow(this.#connection, (view) => searchItems(view, words, options.limit), 'words');
  }

  /** How many items `search` would give without a limit. */
  async countFound(words: string): Promise<number> {
    this.#check('countFound', { words: [text, words] });
    return readNow(this.#connection, (view) => countFound(view, words), 'words');
  }

  /** Why an item is or is not ready for `actor`, in words and as facts. @throws LedgerError `NOT_FOUND` */
  async explain(id: WorkId, options: inputs.Asked = {}): Promise<Explanation> {
    this.#check('explain', { id: [text, id] }, inputs.ASKING, options);
    return readNow(this.#connection, (view) =>
      explainItem(view, known(view, id), this.#asking(options.actor), this.#heldBack),
    );
  }

  /**
   * Whether `actor` may do `verb` now, to the item where one is named, and by which rules of the policy.
   *
   * @throws LedgerError `NOT_FOUND`
   */
  async permission(
    verb: PolicyVerb,
    options: inputs.Asked & { id?: WorkId | undefined } = {},
  ): Promise<Permission> {
    this.#check('permission', {}, inputs.PERMISSION, options);
    const { id, actor = this.#connection.actor } = options;
    const { explainPermission, POLICY_VERBS } = await import('../query/permission.ts');
    checkArgument('permission', 'verb', oneOf(POLICY_VERBS), verb);
    const now = this.#connection.clock.now();
    return readNow(this.#connection, (view) =>
      explainPermission(view, verb, { actor, now, item: id === undefined ? undefined : known(view, id) }),
    );
  }

  /** What an item depends on, unfolded. @throws LedgerError `NOT_FOUND` */
  async dependencies(id: WorkId): Promise<DependencyNode> {
    this.#check('dependencies', { id: [text, id] });
    return readNow(this.#connection, (view) => {
      known(view, id);
      return dependencyTree(view, id);
    });
  }

  /** The manifest: counts and ids by status, owner, swarm and parent. */
  async manifest(): Promise<WorkIndex> {
    this.#check('manifest', {});
    return readNow(this.#connection, manifestOf, 'all');
  }

  /** The settings that all clones share. */
  async settings(): Promise<LedgerSettings> {
    this.#check('settings', {});
    return readNow(this.#connection, (view) => view.settings);
  }

  /** The template of items of that name: the ledger's own, or the program's. @throws LedgerError `INVALID_INPUT` */
  async template(name: string): Promise<ItemTemplate> {
    this.#check('template', { name: [text, name] });
    const { readTemplate } = await import('./templates.ts');
    return readTemplate(this.#connection, name);
  }

  /** Every template of items, by name; one that cannot be read says why. */
  async templates(): Promise<ListedTemplate[]> {
    this.#check('templates', {});
    const { listTemplates } = await import('./templates.ts');
    return listTemplates(this.#connection);
  }

  /**
   * The id that `typed` stands for.
   *
   * @param purpose what the item is named for: where that takes an open one and exactly one of several is open, it is meant
   * @throws LedgerError `AMBIGUOUS_ID` with those that fit, newest first; `NOT_FOUND` with near ones in the hint
   * @see resolveId in src/query/resolve.ts, for what can be typed
   */
  async resolveId(typed: string, purpose?: IdPurpose): Promise<WorkId> {
    this.#check('resolveId', { typed: [text, typed], purpose: [orNull(text), purpose ?? null] });
    // What a purpose asks for, its verb knows; a question has none.
    const open = purpose !== undefined && (await import('../domain/verbs.ts')).needsOpen(purpose);
    return readNow(this.#connection, (view) => resolveId(view, typed, open)).catch((error) =>
      this.#notFound(error, typed),
    );
  }

  /** Of an item that this clone made and that was lost on its way to the remote, what it says is kept: that is told. */
  async #notFound(error: unknown, id: string): Promise<never> {
    if (!isLedgerError(error, 'NOT_FOUND')) throw error;
    const { listRejected } = await import('../sync/rejected.ts');
    const kept = (await listRejected(await this.#connection.store())).find(
      (one) => one.id === id && isNew(one),
    );
    if (kept === undefined) throw error;
    throw error.with({
      hint: `It was made in this clone, and was lost: ${kept.error.message} What it says is kept: wl rejected`,
      details: { kept: { op: kept.op, ref: kept.ref } },
    });
  }

  /** The shortest text for each id that `resolveId` takes for it and for no other item; none for ids that no item has. */
  async shortIds(ids: readonly WorkId[]): Promise<Map<WorkId, string>> {
    this.#check('shortIds', { ids: [listOf(text), ids] });
    return readNow(this.#connection, (view) => shortIds(view, ids));
  }

  /** How fresh every answer here is. */
  async asOf(): Promise<AsOf> {
    this.#check('asOf', {});
    const tip = await currentTip(this.#connection);
    return { tip, fetched_at: this.#connection.state.get(CONTACT) ?? null };
  }

  /** What may make an answer wrong or old: how fresh it is, how many files cannot be read, as far as they were read, and what is in question. */
  async caveats(): Promise<AsOf & { damaged: number; in_question: readonly Suspect[]; index: IndexPlace }> {
    const as_of = await this.asOf();
    const { projection } = this.#connection;
    const damaged = await projection.read(as_of.tip, (view) => view.damage(false).length);
    return { ...as_of, damaged, in_question: inQuestion(this.#connection), index: projection.place };
  }

  #check(
    call: string,
    values: Readonly<Record<string, readonly [Kind<unknown>, unknown]>>,
    ...options: [] | [table: Table, options: unknown]
  ): void {
    checkCall(this.#connection, call, values, ...options);
  }

  /** What is in question on this clone, and what waits for it. */
  readonly #heldBack = (view: IndexView): ReadonlyMap<WorkId, string> =>
    heldBack(view, suspectsOf(this.#connection));

  #asking(actor: string | undefined): Asking {
    return { actor, now: this.#connection.clock.now().toISOString() };
  }
}

/** Whether it would have made the item. */
const isNew = ({ verb }: { verb: string }): boolean => verb === 'create' || verb === 'import';
