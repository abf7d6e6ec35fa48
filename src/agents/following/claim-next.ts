import { isLedgerError, isPassing, type LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import { connectionOf } from '../../ledger/connection.ts';
import { itemOf, type Won } from '../../ledger/results.ts';
import { asOneCall, newSuffix, nextReadyTime } from '../../ledger/seam.ts';
import type { ClaimOptions } from '../../ledger/transition-inputs.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { WorkFilter } from '../../query/filter.ts';
import type { Oid } from '../../store/port.ts';
import { Candidates, forgetClaim } from './candidates.ts';
import { Follower, type FollowOptions } from './follower.ts';

export interface ClaimNextOptions extends ClaimOptions, FollowOptions {
  /** Wait until something is ready. Without it, one round is made. */
  wait?: boolean | undefined;
  /** Seconds after which waiting ends without an item. Default: none. */
  timeout_s?: number | undefined;
  /** Others are known to be at it: begin with an item that they do not begin with. Otherwise that is found by losing one. */
  spread?: boolean | undefined;
}

/** The longest pause after the remote could not be asked. */
const AWAY_MS = 10_000;

/**
 * Claims the most urgent item that is ready for the asker; where someone else is first, another one. With `wait`, blocks until
 * there is one: until the ledger changes, here or on the remote, or an item's time comes.
 *
 * @returns the claim; `undefined` where nothing is ready, the time is up, or the signal was given. A claim that is being made when
 *   the signal comes is made
 * @throws LedgerError as `claimWork`; with `wait`, a remote that cannot be reached is asked again
 */
export async function claimNext(
  ledger: WorkLedger,
  filter: WorkFilter = {},
  options: ClaimNextOptions = {},
): Promise<Won | undefined> {
  const asked = { ...options, execution_id: options.execution_id ?? `exec-${newSuffix(ledger)}` };
  if (options.wait) return new Waiting(ledger, filter, asked).run();
  const call = asOneCall(ledger);
  // What others took is known then, and need not be tried.
  if (call.clone.mode === 'push') await call.clone.fetch();
  return new Round(call, filter, asked).run();
}

type Asked = ClaimNextOptions & { execution_id: string };

/** One pass over what is ready. */
class Round {
  readonly #ledger: WorkLedger;
  readonly #options: Asked;
  readonly #candidates: Candidates;
  /** Where the ledger was when it was last asked what is ready. */
  tip: Oid | undefined;

  constructor(ledger: WorkLedger, filter: WorkFilter, options: Asked) {
    this.#ledger = ledger;
    this.#options = options;
    const { actor = ledger.actor, execution_id: key, spread } = options;
    this.#candidates = new Candidates(ledger, filter, { actor, key, spread });
  }

  async run(): Promise<Won | undefined> {
    while (!this.#options.signal?.aborted) {
      this.tip = (await this.#ledger.query.asOf()).tip;
      const [item] = await this.#candidates.next(1);
      if (item === undefined) return undefined;
      const won = await this.#claim(item.id);
      if (won !== undefined) return won;
    }
    return undefined;
  }

  async #claim(id: WorkId): Promise<Won | undefined> {
    const { actor, execution_id, ttl_s, tentative } = this.#options;
    try {
      const result = await this.#ledger.claimWork(id, { actor, execution_id, ttl_s, tentative });
      if (result.ok) return result;
      // The remote's own rules are no race: they will refuse the next one, too.
      if (result.code === 'REMOTE_REFUSED') itemOf(result);
      this.#candidates.lost(id);
      await forgetClaim(this.#ledger, result);
    } catch (error) {
      const passes = isLedgerError(error) && this.#candidates.refused(id, error) !== undefined;
      // A limit of the one who asks keeps it from every item: with someone who waits, that passes.
      if (!passes || (this.#candidates.isBarred && !this.#options.wait)) throw error;
    }
    return undefined;
  }
}

/** Rounds, until one gets an item. */
class Waiting {
  readonly #ledger: WorkLedger;
  readonly #filter: WorkFilter;
  readonly #options: Asked;
  /** Claims of which it is not known whether the remote took them. */
  readonly #unsettled = new Set<WorkId>();
  #away = 0;

  constructor(ledger: WorkLedger, filter: WorkFilter, options: Asked) {
    this.#ledger = ledger;
    this.#filter = filter;
    this.#options = options;
  }

  async run(): Promise<Won | undefined> {
    const { localRef } = connectionOf(this.#ledger);
    const { signal, timeout_s = Number.POSITIVE_INFINITY } = this.#options;
    const deadline = this.#now() + timeout_s * 1000;
    const follower = new Follower(this.#ledger, localRef, this.#options);
    try {
      for (;;) {
        const round = new Round(this.#ledger, this.#filter, this.#options);
        const won = (await this.#landed()) ?? (await this.#go(round));
        if (won !== undefined) return won;
        if (signal?.aborted || this.#now() >= deadline) return undefined;
        if (this.#away > 0) await follower.idle(Math.min(deadline, this.#now() + this.#backoff()));
        else await follower.moved(round.tip, Math.min(deadline, await this.#nextTime()));
      }
    } finally {
      await follower.end();
    }
  }

  async #go(round: Round): Promise<Won | undefined> {
    try {
      const won = await round.run();
      this.#away = 0;
      return won;
    } catch (error) {
      if (!isNotNow(error) || this.#ledger.clone.mode !== 'push') throw error;
      this.#away += 1;
      for (const id of unsettledIn(error)) this.#unsettled.add(id);
      return undefined;
    }
  }

  /** A claim that was given up can have been taken all the same. */
  async #landed(): Promise<Won | undefined> {
    for (const id of this.#unsettled) {
      const item = await this.#ledger.query.find(id);
      const isOurs =
        item?.status === 'in_progress' && item.claim?.execution_id === this.#options.execution_id;
      if (isOurs) return { ok: true, item, commit: undefined, where: 'remote' };
    }
    return undefined;
  }

  async #nextTime(): Promise<number> {
    const { actor = this.#ledger.actor } = this.#options;
    const { tip } = await this.#ledger.query.asOf();
    const at = await nextReadyTime(connectionOf(this.#ledger), tip, this.#filter, actor);
    return at?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  #backoff = (): number => Math.min(AWAY_MS, 500 * 2 ** this.#away);
  #now = (): number => connectionOf(this.#ledger).clock.now().getTime();
}

/** A claim that was taken where pushes go is no reason to claim another: whoever asked has to be told of it. */
function isNotNow(error: unknown): error is LedgerError {
  if (!isPassing(error)) return false;
  const { sent } = error.details;
  return !Array.isArray(sent) || sent.length === 0;
}

function unsettledIn({ details }: LedgerError): WorkId[] {
  const { unknown, withdrawn } = details;
  return unknown === true && Array.isArray(withdrawn) ? withdrawn.map(String) : [];
}
