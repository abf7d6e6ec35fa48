import { text } from '../domain/check-input.ts';
import type { LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { WORK_STATUSES } from '../domain/item.ts';
import type { IndexStatus } from '../projection/projection.ts';
import type { RejectedTransition } from '../sync/rejected.ts';
import { CONTACT } from '../sync/state-keys.ts';
import { type Connection, checkCall, currentTip, modeOf, readNow } from './connection.ts';
import type { Executions } from './executions.ts';
import * as inputs from './inputs.ts';
import type { TransitionResult } from './results.ts';
import { inQuestion } from './suspects.ts';

/** This clone of the ledger: where it is, how far it is shared, and what it keeps outside git. */
export class LedgerClone {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Where the clone is: its git directory. */
  get place(): string {
    return this.#connection.place;
  }

  /** The folder of what this clone keeps outside git; `undefined` where it is in memory. */
  get local(): string | undefined {
    return this.#connection.local;
  }

  /** The remote that the ledger is shared through. */
  get remote(): { name: string; url: string } | null {
    return this.#connection.remote;
  }

  /** Where on the remote it says who is at work: a ref's folder; `undefined` where it is set up not to. */
  get presence(): string | undefined {
    return this.#connection.presence;
  }

  /** True where it signs each transition. */
  get sign(): boolean {
    return this.#connection.sign;
  }

  /** When a transition's call returns: `push`, once the remote has it; `local`, once this clone has; `none`, there is no remote. */
  get mode(): inputs.LedgerStatus['mode'] {
    return modeOf(this.#connection);
  }

  /**
   * Fetches, settles what is pending, and pushes it, with what follows from what a host merged.
   *
   * @throws LedgerError `NO_REMOTE`, `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN`; the signal's reason where it was given up: what was
   *   pending then stays so, unless the push that is under way brings it out
   */
  async sync(options: inputs.Waiting = {}): Promise<inputs.SyncReport> {
    this.#check('sync', inputs.WAITING, options);
    const [{ raced }, { inTime }] = await Promise.all([import('./giving-up.ts'), import('./in-time.ts')]);
    options.signal?.throwIfAborted();
    const { sync } = await this.#connection.write();
    const before = await newItems(this.#connection);
    const settled = await raced(
      inTime(this.#connection, (time) => sync.sync(time)),
      options.signal,
    );
    return {
      accepted: settled.filter(({ kind }) => kind === 'accepted').length,
      lost: settled.flatMap((one) =>
        one.kind === 'lost' ? [{ op: one.op, id: idIn(one.error), message: one.error.message }] : [],
      ),
      renumbered: await before.renumbered(),
      tip: await currentTip(this.#connection),
    };
  }

  /** Takes over what others did, and pushes nothing. No-op without a remote. @throws LedgerError as `sync` */
  async fetch(options: inputs.Waiting = {}): Promise<void> {
    this.#check('fetch', inputs.WAITING, options);
    const [{ raced }, { inTime }] = await Promise.all([import('./giving-up.ts'), import('./in-time.ts')]);
    options.signal?.throwIfAborted();
    const { sync } = await this.#connection.write();
    await raced(
      inTime(this.#connection, (time) => sync.fetch(time)),
      options.signal,
    );
  }

  /** Where this clone stands: tips, pending and rejected transitions, counts. Asks no one. */
  async status(): Promise<inputs.LedgerStatus> {
    this.#check('status');
    const connection = this.#connection;
    const { branch, place, actor, clone, state, clock } = connection;
    const [{ readCommits }, { findAhead }] = await Promise.all([
      import('../sync/read-commits.ts'),
      import('../sync/committed-time.ts'),
    ]);
    const { store, context } = await connection.write();
    const tip = await currentTip(connection);
    const seen = context.remote && (await store.readRef(context.remote.seenRef));
    const shared = context.remote === undefined || seen === tip;
    const pending = shared ? [] : await readCommits(store, seen, tip);
    const counts = await readNow(connection, (view) => view.counts());
    const damaged = await readNow(connection, (view) => view.damage(false));
    const skew_s = await readNow(connection, ({ settings }) => settings.clock_skew_s);
    return {
      place,
      branch,
      mode: this.mode,
      remote: this.remote,
      actor,
      clone: clone.name,
      tip,
      seen: seen ?? null,
      fetched_at: state.get(CONTACT) ?? null,
      pending: pending.map(({ op, command, event }) => ({
        op: op ?? null,
        verb: command?.verb ?? 'init',
        id: event?.id ?? null,
      })),
      rejected: (await store.listRefs('refs/work-ledger/rejected/')).length,
      counts: Object.fromEntries(WORK_STATUSES.map((status) => [status, counts.get(status) ?? 0])),
      damaged: damaged.length,
      in_question: new Set(inQuestion(connection).flatMap(({ items }) => items)).size,
      ahead: (await findAhead(store, tip, clock, skew_s)) ?? null,
    };
  }

  /** The claims that this clone made itself. */
  async executions(): Promise<Executions> {
    this.#check('executions');
    const { executionsOf } = await import('./executions.ts');
    return executionsOf(this.#connection);
  }

  /** Transitions of this clone that lost their race and are kept. */
  async rejected(): Promise<RejectedTransition[]> {
    this.#check('rejected');
    const { listRejected } = await import('../sync/rejected.ts');
    return listRejected(await this.#connection.store());
  }

  /**
   * Tries a rejected transition again on the present tip, under its own name; where it takes place it is kept no longer.
   *
   * @param op its name or the end of it, from eight characters on, or its item
   * @throws LedgerError `NOT_FOUND`, `AMBIGUOUS_ID`; as the transition
   */
  async applyRejected(op: string, options: inputs.Waiting = {}): Promise<TransitionResult> {
    this.#check('applyRejected', inputs.WAITING, options, op);
    const [{ applyRejected }, { oneCall }] = await Promise.all([
      import('./rejected.ts'),
      import('./in-time.ts'),
    ]);
    return applyRejected(oneCall(this.#connection), op, options);
  }

  /** Discards a rejected transition for good. @throws LedgerError `NOT_FOUND`, `AMBIGUOUS_ID` */
  async dropRejected(op: string): Promise<RejectedTransition> {
    this.#check('dropRejected', {}, {}, op);
    const { dropRejected } = await import('./rejected.ts');
    return dropRejected(this.#connection, op);
  }

  /** How far the index has come. */
  async indexStatus(): Promise<IndexStatus & { current: boolean }> {
    this.#check('indexStatus');
    const tip = await currentTip(this.#connection);
    const status = this.#connection.projection.status();
    return { ...status, current: status.tip === tip };
  }

  /** Forgets the index and makes it anew from git, with every item, its words and all history. */
  async rebuildIndex(): Promise<void> {
    this.#check('rebuildIndex');
    await this.#connection.projection.rebuild(await currentTip(this.#connection));
  }

  #check(call: string, table = {}, options: object = {}, op = ''): void {
    checkCall(this.#connection, call, { op: [text, op] }, table, options);
  }
}

/** Verbs that make an item, whose number can turn out to be another's. */
const MAKING: ReadonlySet<string> = new Set(['create', 'import']);

/** The items that wait in this clone to be made, and what became of their numbers. */
async function newItems(
  connection: Connection,
): Promise<{ renumbered(): Promise<inputs.SyncReport['renumbered']> }> {
  const { readCommits } = await import('../sync/read-commits.ts');
  const { store, context } = await connection.write();
  const seen = context.remote && (await store.readRef(context.remote.seenRef));
  const local = await store.readRef(connection.localRef);
  const isShared = local === undefined || seen === undefined || seen === local;
  const idsIn = (commits: Awaited<ReturnType<typeof readCommits>>): [string, WorkId][] =>
    commits.flatMap(({ op, event }) =>
      op !== undefined && event?.id !== undefined && MAKING.has(event.verb) ? [[op, event.id]] : [],
    );
  const pending = new Map(isShared ? [] : idsIn(await readCommits(store, seen, local)));
  return {
    async renumbered() {
      if (pending.size === 0) return [];
      const tip = await currentTip(connection);
      const now = idsIn(await readCommits(store, seen, tip, new Set(pending.keys())));
      return now.flatMap(([op, to]) => {
        const from = pending.get(op);
        return from === undefined || from === to ? [] : [{ op, from, to }];
      });
    },
  };
}

const idIn = (error: LedgerError): WorkId | undefined =>
  typeof error.details.id === 'string' ? error.details.id : undefined;
