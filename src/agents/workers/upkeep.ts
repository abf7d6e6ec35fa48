import type { WorkId } from '../../domain/ids.ts';
import type { WorkItem } from '../../domain/item.ts';
import { timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { AgentExecutorPool } from './pool.ts';
import type { WorkerEvent } from './worker-event.ts';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

interface UpkeepParts {
  ledger: WorkLedger;
  pool: AgentExecutorPool;
  recover: () => Promise<readonly WorkItem[]>;
  random: () => number;
  report: (event: WorkerEvent) => void;
}

/** What a worker looks after beside its work: what was not shared yet, and what others left. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #due = 0;
  /** Whether the last look for orphans found one. */
  #gave = false;
  #begun = false;
  /** Items of which something may be in this clone alone. */
  readonly #owed = new Set<WorkId | null>();
  /** What is kept in this clone as lost, and needs not be told. */
  readonly #known = new Set<string>();

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Notes once how this clone stands, before the remote is asked: that alone can settle what was not shared. */
  async begin(): Promise<void> {
    const { ledger } = this.#parts;
    if (this.#begun || ledger.clone.mode !== 'push') return;
    for (const { id } of (await ledger.clone.status()).pending) this.#owed.add(id);
    for (const { op } of await ledger.clone.rejected()) this.#known.add(op);
    this.#begun = true;
  }

  /** Something of the item is in this clone alone. */
  owe(id: WorkId): void {
    this.#owed.add(id);
  }

  /**
   * Shares what is not shared; now and then gives back what is orphaned.
   *
   * @param last whether the worker goes for good where there is nothing to do: by dates one item is taken in a look, so it looks again
   *   after each
   * @throws LedgerError as `sync` and `recoverOrphanedWork`
   */
  async run(last: boolean): Promise<void> {
    await this.share();
    const timer = timerOf(this.#parts.ledger);
    if (timer.elapsed() < this.#due && !(last && this.#gave)) return;
    const { ledger, pool, recover, random, report } = this.#parts;
    const { lease_ttl_s } = await ledger.query.settings();
    const interval = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (lease_ttl_s * 1000) / 4));
    this.#due = timer.elapsed() + interval * (0.75 + random() / 2);
    const given = [...(await pool.recover()), ...(await recover())];
    this.#gave = given.length > 0;
    // By dates one is taken in a look: where there was one, the next look comes soon.
    if (given.length > 0) this.#due = timer.elapsed() + SHORTEST_MS;
    if (given.length > 0) report({ type: 'recovered', work_ids: given.map(({ id }) => id) });
  }

  /** Shares what is in this clone alone, and tells what of it was lost. @throws LedgerError as `sync` */
  async share(): Promise<void> {
    const { ledger, report } = this.#parts;
    const owed = [...this.#owed];
    if (ledger.clone.mode !== 'push' || owed.length === 0) return;
    const { accepted } = await ledger.clone.sync();
    for (const id of owed) this.#owed.delete(id);
    // Whoever asked the remote meanwhile may have settled it: what is kept tells, whoever did.
    const lost = (await ledger.clone.rejected()).filter(
      ({ op, id }) => owed.includes(id ?? null) && !this.#known.has(op),
    );
    for (const { op } of lost) this.#known.add(op);
    if (accepted === 0 && lost.length === 0) return;
    const told = lost.map(({ id, verb, error }) => ({ work_id: id ?? null, verb, message: error.message }));
    report({ type: 'synced', accepted, lost: told });
  }

  /** The same at the end. @returns how many transitions could not be shared */
  async shareLast(): Promise<number> {
    try {
      await this.share();
      return 0;
    } catch {
      // The next sync of this clone shares them.
      return (await this.#parts.ledger.clone.status()).pending.length;
    }
  }
}
