import { LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from '../../domain/item.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { itemAt, transitionsBetween } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Oid } from '../../store/port.ts';
import { acceptedRef, Follower, type FollowOptions } from './follower.ts';

export interface WaitOptions extends FollowOptions {
  /** The statuses that end the wait; `terminal` for completed, failed and cancelled. */
  for: readonly WorkStatus[] | 'terminal';
  /** Seconds after which the wait ends with `TIMED_OUT`. Default: none. */
  timeout_s?: number | undefined;
}

/**
 * Waits until an item has one of the statuses, where the ledger is shared as the remote has accepted it. A status that it had in
 * passing counts.
 *
 * @returns the item as it was then
 * @throws LedgerError `OUT_OF_REACH` once it ended otherwise; `TIMED_OUT`; `NOT_FOUND`; `HISTORY_REWRITTEN`; the signal's reason
 */
export async function waitFor(ledger: WorkLedger, id: WorkId, options: WaitOptions): Promise<WorkItem> {
  const [item] = await waitForSeveral(ledger, [id], options);
  if (item === undefined) throw new LedgerError('INTERNAL', 'A wait ended without its item.');
  return item;
}

/**
 * As `waitFor`, for all of several items; with `any`, for the first of them.
 *
 * @returns those that have it, in the order of `ids`
 * @throws LedgerError as `waitFor`: `OUT_OF_REACH` for the first of them, with `any` only once none is left
 */
export async function waitForSeveral(
  ledger: WorkLedger,
  ids: readonly WorkId[],
  options: WaitOptions & { any?: boolean | undefined },
): Promise<WorkItem[]> {
  const follower = new Follower(ledger, await acceptedRef(ledger), options);
  try {
    return await new Wait(ledger, follower, ids, options).run();
  } finally {
    await follower.end();
  }
}

class Wait {
  readonly #ledger: WorkLedger;
  readonly #follower: Follower;
  readonly #ids: readonly WorkId[];
  readonly #options: WaitOptions & { any?: boolean | undefined };
  readonly #waiting: Set<WorkId>;
  readonly #reached = new Map<WorkId, WorkItem>();

  constructor(
    ledger: WorkLedger,
    follower: Follower,
    ids: readonly WorkId[],
    options: WaitOptions & { any?: boolean | undefined },
  ) {
    this.#ledger = ledger;
    this.#follower = follower;
    this.#ids = ids;
    this.#options = options;
    this.#waiting = new Set(ids);
  }

  async run(): Promise<WorkItem[]> {
    const { timeout_s = Number.POSITIVE_INFINITY, signal } = this.#options;
    const until = connectionOf(this.#ledger).clock.now().getTime() + timeout_s * 1000;
    let tip = await this.#follower.tip();
    await this.#lookAt(tip);
    for (const id of this.#waiting) await this.#requireKnown(id, tip, until);
    while (!this.#done) {
      const next = await this.#follower.moved(tip, until);
      signal?.throwIfAborted();
      if (next === undefined) throw this.#timedOut(timeout_s);
      await this.#goThrough(tip, next);
      tip = next;
    }
    return this.#ids.flatMap((id) => this.#reached.get(id) ?? []);
  }

  get #done(): boolean {
    return this.#waiting.size === 0 || (this.#options.any === true && this.#reached.size > 0);
  }

  /** Each transition on the way counts; what was done by hand shows only in the items as they stand. */
  async #goThrough(from: Oid | undefined, to: Oid): Promise<void> {
    let byHand = from === undefined;
    for await (const { commit, id, verb, to: status } of transitionsBetween(
      connectionOf(this.#ledger),
      from,
      to,
    )) {
      if (this.#done) return;
      byHand ||= verb === 'unknown' || verb === 'merge';
      if (id !== undefined && this.#waiting.has(id)) await this.#note(id, status ?? undefined, commit);
    }
    if (byHand) await this.#lookAt(to);
  }

  async #lookAt(tip: Oid | undefined): Promise<void> {
    if (tip === undefined) return;
    for (const id of [...this.#waiting]) {
      const item = await this.#itemAt(tip, id);
      if (item !== undefined) await this.#note(id, item.status, tip);
    }
  }

  /** @param status `undefined` where the item was deleted */
  async #note(id: WorkId, status: WorkStatus | undefined, commit: Oid): Promise<void> {
    const wanted = this.#options.for;
    if (status !== undefined && (wanted === 'terminal' ? isTerminal(status) : wanted.includes(status))) {
      const item = await this.#itemAt(commit, id);
      if (item !== undefined) this.#reached.set(id, item);
      this.#waiting.delete(id);
    } else if (status === undefined || isTerminal(status)) {
      this.#waiting.delete(id);
      if (this.#options.any !== true || this.#done) throw outOfReach(id, status, wanted);
    }
  }

  /** An item that only this clone knows may be on its way; one that nobody knows is not. */
  async #requireKnown(id: WorkId, tip: Oid | undefined, until: number): Promise<void> {
    const isKnown = async (at: Oid | undefined): Promise<boolean> =>
      (at !== undefined && (await this.#itemAt(at, id)) !== undefined) ||
      (await this.#ledger.query.find(id)) !== undefined;
    if (await isKnown(tip)) return;
    const answered = await this.#follower.answered(until);
    if (!answered || (await isKnown(await this.#follower.tip()))) return;
    throw new LedgerError('NOT_FOUND', `There is no item ${id}.`, { details: { id } });
  }

  #itemAt(commit: Oid, id: WorkId): Promise<WorkItem | undefined> {
    return itemAt(connectionOf(this.#ledger), commit, id);
  }

  #timedOut(timeout_s: number): LedgerError {
    const left = [...this.#waiting];
    return new LedgerError(
      'TIMED_OUT',
      `${left.join(', ')} did not become ${inWords(this.#options.for)} within ${Math.round(timeout_s)} s.`,
      { details: { ids: left, timeout_s } },
    );
  }
}

const inWords = (wanted: WaitOptions['for']): string =>
  wanted === 'terminal' ? 'completed, failed or cancelled' : wanted.join(' or ');

function outOfReach(id: WorkId, status: WorkStatus | undefined, wanted: WaitOptions['for']): LedgerError {
  const stands = status === undefined ? 'was deleted' : `is ${status}`;
  return new LedgerError('OUT_OF_REACH', `${id} ${stands}, so it does not become ${inWords(wanted)}.`, {
    hint: status === undefined ? `Its history stays: wl history ${id}` : `\`wl show ${id}\` tells why.`,
    details: { id, status: status ?? null },
  });
}
