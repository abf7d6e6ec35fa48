import { seconds, text } from '../domain/check-input.ts';
import type { ExecutionId, WorkId } from '../domain/ids.ts';
import type { WorkItem, WorkItemIn } from '../domain/item.ts';
import type { Progress } from '../query/tree.ts';
import { LedgerAdmin } from './admin.ts';
import { LedgerAudit } from './audit.ts';
import { LedgerClone } from './clone.ts';
import { type Connection, checkCall, keepConnection } from './connection.ts';
import { type Acting, IN_PROGRESS, PENDING, type PendingFilter, type ReadyFilter } from './inputs.ts';
import type { PastLedger, ReadableLedger } from './past.ts';
import { LedgerQuery, type WorkWithHistory } from './query.ts';
import type { RecoveredWork } from './recover.ts';
import type { TransitionResult } from './results.ts';
import type * as inputs from './transition-inputs.ts';
import type { Owned, WayIn } from './transition-inputs.ts';
import { LedgerWork } from './work.ts';

/**
 * The ledger of one clone. Opened with `openLedger`; `await using` closes it.
 *
 * All there is to do stands in groups: `work` has every transition, `query` every question about items, `audit` what happened,
 * `clone` this clone and its remote, `admin` the ledger as a whole. The methods beside them are the ways in that most programs
 * need, by their full names; each says which call of a group it stands for, and takes `owner` for `actor`.
 */
export class WorkLedger implements ReadableLedger {
  /** Who acts where a call names no one. */
  readonly actor: string;
  readonly #connection: Connection;
  // Each group is made when it is first asked for: a question runs nothing of the others.
  #work: LedgerWork | undefined;
  #query: LedgerQuery | undefined;
  #audit: LedgerAudit | undefined;
  #clone: LedgerClone | undefined;
  #admin: LedgerAdmin | undefined;

  /** @internal Programs call `openLedger`. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.actor = connection.actor;
    keepConnection(this, connection);
  }

  /** Every transition of an item. */
  get work(): LedgerWork {
    this.#work ??= new LedgerWork(this.#connection);
    return this.#work;
  }

  /** Every question about items. */
  get query(): LedgerQuery {
    this.#query ??= new LedgerQuery(this.#connection);
    return this.#query;
  }

  /** What happened, and whether it happened by the rules. */
  get audit(): LedgerAudit {
    this.#audit ??= new LedgerAudit(this.#connection);
    return this.#audit;
  }

  /** This clone and its remote. */
  get clone(): LedgerClone {
    this.#clone ??= new LedgerClone(this.#connection);
    return this.#clone;
  }

  /** The ledger as a whole: its settings, the auxiliary files, import and export. */
  get admin(): LedgerAdmin {
    this.#admin ??= new LedgerAdmin(this.#connection);
    return this.#admin;
  }

  /** Creates an item, pending: `work.create`. @returns the item, under the id that it keeps */
  async createWork(input: inputs.CreateInput): Promise<WorkItem> {
    const { itemOf } = await import('./results.ts');
    return itemOf(await this.work.create(input));
  }

  /** Creates an item under a parent, with that one's swarm, job and the references of its context: `work.create` with a `parent_id`. */
  async createSubtask(parent_id: WorkId, input: inputs.CreateInput): Promise<WorkItem> {
    const { CREATE } = await import('./transition-inputs.ts');
    checkCall(this.#connection, 'createSubtask', { parent_id: [text, parent_id] }, CREATE, input);
    return this.createWork({ ...input, parent_id });
  }

  /** Claims a pending item, once the remote agrees: `work.claim`. @throws LedgerError `NOT_READY`, `NOT_OWNER` */
  async claimWork(id: WorkId, options: Owned<inputs.ClaimOptions> = {}): Promise<TransitionResult> {
    return this.work.claim(id, await this.#byActor('claimWork', options));
  }

  /** Gives an item back to pending: `work.release`. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async releaseWork(id: WorkId, options: Owned<inputs.HoldingReasoned> = {}): Promise<TransitionResult> {
    return this.work.release(id, await this.#byActor('releaseWork', options));
  }

  /** Claims a pending item, or takes up a blocked one again: `work.start`. @throws LedgerError as `claimWork` */
  async startWork(id: WorkId, options: Owned<inputs.ClaimOptions> = {}): Promise<TransitionResult> {
    return this.work.start(id, await this.#byActor('startWork', options));
  }

  /** Blocks an item for a reason: `work.block`. @throws LedgerError `NOT_OWNER`, `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE` */
  async blockWork(id: WorkId, options: inputs.BlockOptions): Promise<TransitionResult> {
    return this.work.block(id, options);
  }

  /** Unblocks an item: `work.unblock`. */
  async unblockWork(id: WorkId, options: inputs.Reasoned = {}): Promise<TransitionResult> {
    return this.work.unblock(id, options);
  }

  /** Completes work with a result: `work.complete`. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH`, `ILLEGAL_TRANSITION` */
  async completeWork(id: WorkId, options: Owned<inputs.CompleteOptions> = {}): Promise<TransitionResult> {
    return this.work.complete(id, await this.#byActor('completeWork', options));
  }

  /** Fails work with the error's text: `work.fail`. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async failWork(id: WorkId, options: Owned<inputs.FailOptions>): Promise<TransitionResult> {
    return this.work.fail(id, await this.#byActor('failWork', options));
  }

  /** Names the execution that works on a held item: `work.linkExecution`. @throws LedgerError `NOT_OWNER`, `STALE_EPOCH` */
  async linkExecution(
    id: WorkId,
    execution_id: ExecutionId,
    options: Owned<inputs.Holding> = {},
  ): Promise<TransitionResult> {
    return this.work.linkExecution(id, execution_id, await this.#byActor('linkExecution', options));
  }

  /** The item with its history, oldest transition first: `query.get`. @throws LedgerError `NOT_FOUND`, `DAMAGED_ITEM` */
  async getWork(id: WorkId): Promise<WorkWithHistory> {
    return this.query.get(id);
  }

  /** Items that wait to be taken, most urgent first, then oldest; `owner: null` asks for unassigned ones: `query.list`. */
  async getPending(filter: PendingFilter = {}): Promise<WorkItemIn<'pending'>[]> {
    checkCall(this.#connection, 'getPending', {}, PENDING, filter);
    const { type, ...rest } = filter;
    return this.query.list({ ...rest, status: ['pending'], type: type === undefined ? undefined : [type] });
  }

  /** Items that someone works on, of everyone or of one owner: `query.list`. */
  async getInProgress(filter: { owner?: string | undefined } = {}): Promise<WorkItemIn<'in_progress'>[]> {
    checkCall(this.#connection, 'getInProgress', {}, IN_PROGRESS, filter);
    return this.query.list({ status: ['in_progress'], owner: filter.owner });
  }

  /** Items that are blocked; `block.reason` says why: `query.list`. */
  async getBlocked(): Promise<WorkItemIn<'blocked'>[]> {
    return this.query.list({ status: ['blocked'] });
  }

  /** Direct children, finished ones too: `query.children`. */
  async getChildren(id: WorkId): Promise<WorkItem[]> {
    return this.query.children(id);
  }

  /** Every item of a swarm, finished ones too: `query.list`. */
  async getBySwarm(swarm_name: string): Promise<WorkItem[]> {
    checkCall(this.#connection, 'getBySwarm', { swarm_name: [text, swarm_name] });
    return this.query.list({ swarm_name, all: true });
  }

  /** What can be claimed now, most urgent first, then oldest: `query.ready`. */
  async getReadyToStart(filter: ReadyFilter = {}): Promise<WorkItem[]> {
    return this.query.ready(filter);
  }

  /** How far an item's children are: counts by status and per cent: `query.progress`. @throws LedgerError `NOT_FOUND` */
  async getProgress(id: WorkId, options: { direct?: boolean | undefined } = {}): Promise<Progress> {
    return this.query.progress(id, options);
  }

  /** Work in progress that nobody touched for so many minutes: `query.stale`, which counts seconds. */
  async getStaleWork(threshold_minutes = 60): Promise<WorkItem[]> {
    checkCall(this.#connection, 'getStaleWork', { threshold_minutes: [MINUTES, threshold_minutes] });
    return this.query.stale({ threshold_s: threshold_minutes * 60 });
  }

  /** Asks the remote, and gives back work whose holder was silent for a lease: `work.recover`. */
  async recoverOrphanedWork(options: inputs.RecoverOptions = {}): Promise<RecoveredWork[]> {
    return this.work.recover(options);
  }

  /**
   * The ledger as it was, to be asked and not to be changed; `close` it. It is read from git into memory, and the index stays
   * as it is. Times that matter, as whether work may be taken yet, are judged by that moment.
   *
   * @param when a commit of the branch, in full or shortened, or an ISO time, which stands for the last commit made by then
   * @throws LedgerError `NOT_FOUND` where the branch has no such commit; `AMBIGUOUS_ID`
   */
  async at(when: string): Promise<PastLedger> {
    checkCall(this.#connection, 'at', { when: [text, when] });
    const { openPast } = await import('./past.ts');
    return openPast(this.#connection, when);
  }

  /** Ends what is still running, and refuses every later call. Closing twice is closing once. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #byActor<T extends Acting>(call: WayIn, options: Owned<T>): Promise<T> {
    const { byActor } = await import('./transition-inputs.ts');
    return byActor(this.#connection, call, options);
  }
}

const MINUTES = { ...seconds, what: 'a number of minutes' };
