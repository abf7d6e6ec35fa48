import { isLedgerError, type LedgerError } from '../../domain/errors.ts';
import type { WorkId } from '../../domain/ids.ts';
import type { WorkItem } from '../../domain/item.ts';
import type { ReachedLimit } from '../../domain/readiness.ts';
import type { LostRace } from '../../ledger/results.ts';
import { timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { WorkFilter } from '../../query/filter.ts';

interface CandidateOptions {
  /** Who is to hold what is found. */
  actor: string;
  /** Tells contenders apart: each orders items that are equally urgent in a way of its own. */
  key: string;
  /** Others are known to claim at the same time. Otherwise that is found out by losing. */
  spread?: boolean | undefined;
  /** How long an item is left alone that could not be claimed, in milliseconds. Default: for good. */
  avoid_ms?: number | undefined;
}

type Limit = Pick<ReachedLimit, 'kind' | 'name'>;

/**
 * The ready items that one contender tries, in its order: the one way in which work is chosen, for workers, for `claimNext`, and
 * for `wl next`, which shows what a contender that meets nobody would try first. What is ready, and what is more urgent, is the
 * query's to say; here, what was tried in vain is left out, and contenders that meet are spread.
 */
export class Candidates {
  readonly #ledger: WorkLedger;
  readonly #filter: WorkFilter;
  readonly #actor: string;
  readonly #spread: Spread;
  readonly #avoid_ms: number;
  /** Items that could not be claimed, and until when they are left alone, by the ledger's timer. */
  readonly #avoided = new Map<WorkId, number>();
  #limits: { limit: Limit; until: number }[] = [];

  constructor(ledger: WorkLedger, filter: WorkFilter, { actor, key, spread, avoid_ms }: CandidateOptions) {
    this.#ledger = ledger;
    this.#filter = filter;
    this.#actor = actor;
    this.#spread = new Spread(key, spread);
    this.#avoid_ms = avoid_ms ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Which items to try next.
   *
   * @param busy what this contender has already
   * @returns up to `count` of them, in the order in which to try them
   */
  async next(
    count: number,
    busy: Pick<ReadonlySet<WorkId>, 'has' | 'size'> = new Set(),
  ): Promise<WorkItem[]> {
    this.#forgetPast();
    if (this.isBarred) return [];
    const isFree = (item: WorkItem): boolean =>
      !busy.has(item.id) && !this.#avoided.has(item.id) && !this.#isLimited(item);
    const wanted = Math.max(this.#spread.width, count) + this.#avoided.size + busy.size;
    for (let limit = wanted; ; limit *= 4) {
      const ready = await this.#ledger.getReadyToStart({ ...this.#filter, actor: this.#actor, limit });
      const free = ready.filter(isFree);
      if (free.length > 0 || ready.length < limit) return this.#spread.order(free).slice(0, count);
    }
  }

  /** True where a limit of the asker keeps it from every item. */
  get isBarred(): boolean {
    return this.#limits.some(({ limit }) => limit.kind === 'owner');
  }

  /** A claim was won. */
  won(): void {
    this.#spread.won();
  }

  /** Someone else was first with the item. */
  lost(id: WorkId): void {
    this.#spread.lost();
    this.#avoid(id);
  }

  /**
   * Notes that an item could not be claimed.
   *
   * @returns `taken` where it is no longer to be had, `limit` where a limit keeps it and others like it; `undefined` where the
   *   failure is not about the item, so that nothing is noted
   */
  refused(id: WorkId, error: LedgerError): 'taken' | 'limit' | undefined {
    const limits = isLedgerError(error, 'LIMIT_REACHED') ? error.details.limits : [];
    // One item that is in question is left alone; a ledger that is stops whoever works on it.
    const isInQuestion = isLedgerError(error, 'IN_QUESTION') && error.details.id !== undefined;
    if (limits.length === 0 && !isInQuestion && !TAKEN.has(error.code)) return undefined;
    this.#avoid(id);
    const until = this.#now() + this.#avoid_ms;
    this.#limits.push(...limits.map((limit) => ({ limit, until })));
    return limits.length > 0 ? 'limit' : 'taken';
  }

  #avoid(id: WorkId): void {
    this.#avoided.set(id, this.#now() + this.#avoid_ms);
  }

  #forgetPast(): void {
    const now = this.#now();
    for (const [id, until] of this.#avoided) if (until <= now) this.#avoided.delete(id);
    this.#limits = this.#limits.filter(({ until }) => until > now);
  }

  #now(): number {
    return timerOf(this.#ledger).elapsed();
  }

  #isLimited({ swarm_name, labels }: WorkItem): boolean {
    return this.#limits.some(
      ({ limit: { kind, name } }) =>
        (kind === 'swarm' && swarm_name === name) || (kind === 'label' && labels.includes(name)),
    );
  }
}

/** With these an item is no longer to be had, which says nothing about the next one. */
const TAKEN: ReadonlySet<string> = new Set([
  'ALREADY_CLAIMED',
  'STALE_EPOCH',
  'NOT_READY',
  'NOT_OWNER',
  'POLICY_DENIED',
  'ILLEGAL_TRANSITION',
  'NOT_FOUND',
  'DAMAGED_ITEM',
]);

const WIDEST = 64;
/** Among how many a contender picks once it met others: among fewer they would meet again at once. */
const FEW = 16;
/** Claims won in a row after which a contender looks at half as many items. */
const CALM = 8;

/**
 * Orders ready items for one contender. Alone, it takes the best. Where others are first, it begins among the first few that are as
 * urgent, in an order of its own, so that contenders seldom meet; where they meet less, among fewer.
 */
export class Spread {
  readonly #key: string;
  #width: number;
  #wins = 0;

  constructor(key: string, spread = false) {
    this.#key = key;
    this.#width = spread ? FEW : 1;
  }

  /** How many of the ready items it wants to see. */
  get width(): number {
    return this.#width;
  }

  won(): void {
    this.#wins += 1;
    if (this.#wins % CALM === 0) this.#width = Math.max(1, Math.floor(this.#width / 2));
  }

  lost(): void {
    this.#wins = 0;
    this.#width = Math.min(WIDEST, Math.max(FEW, this.#width * 2));
  }

  /** @param ready most urgent first */
  order(ready: readonly WorkItem[]): WorkItem[] {
    const priority = ready[0]?.priority;
    const others = ready.findIndex((item, at) => item.priority !== priority || at >= this.#width);
    const first = others < 0 ? ready : ready.slice(0, others);
    const ranked = first
      .map((item) => ({ item, rank: hashOf(`${this.#key}\n${item.id}\n${item.rev}`) }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
    return [...ranked, ...ready.slice(first.length)];
  }
}

/** FNV-1a, finished so that texts which differ little are far apart: what is needed is that contenders differ, no more. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Keeps a claim that lost its race no longer: its execution is over before it began, so it is of no use to anyone. */
export async function forgetClaim(ledger: WorkLedger, { kept }: LostRace): Promise<void> {
  if (kept === undefined) return;
  try {
    await ledger.clone.dropRejected(kept.op);
  } catch (error) {
    // Another process of this clone was first.
    if (!isLedgerError(error, 'NOT_FOUND')) throw error;
  }
}
