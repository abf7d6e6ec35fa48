import type { WorkItem } from '../domain/item.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { AgentExecutorPool } from './pool.ts';
import type { WorkerEvent } from './worker-event.ts';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

interface UpkeepParts {
  ledger: WorkLedger;
  pool: AgentExecutorPool;
  recover: () => Promise<readonly WorkItem[]>;
  random: () => number;
  tell: (event: WorkerEvent) => void;
}

/** What a worker looks after beside its work: what was not shared yet, and what others left. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #due = 0;
  /** Whether something may be in this clone alone; not known at first. */
  #owes: boolean | undefined;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Something is in this clone alone. */
  owe(): void {
    this.#owes = true;
  }

  /** Shares what is not shared; now and then gives back what is orphaned. @throws LedgerError as `sync` and `recoverOrphanedWork` */
  async run(): Promise<void> {
    await this.share();
    if (performance.now() < this.#due) return;
    const { ledger, pool, recover, random, tell } = this.#parts;
    const { lease_ttl_s } = await ledger.settings();
    const interval = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (lease_ttl_s * 1000) / 4));
    this.#due = performance.now() + interval * (0.75 + random() / 2);
    const given = [...(await pool.recover()), ...(await recover())];
    if (given.length > 0) tell({ type: 'recovered', work_ids: given.map(({ id }) => id) });
  }

  /** Shares what is in this clone alone. @throws LedgerError as `sync` */
  async share(): Promise<void> {
    const { ledger, tell } = this.#parts;
    if (ledger.mode !== 'push') return;
    this.#owes ??= (await this.unshared()) > 0;
    if (!this.#owes) return;
    const { accepted, lost } = await ledger.sync();
    this.#owes = false;
    if (accepted === 0 && lost.length === 0) return;
    const told = lost.map(({ id, message }) => ({ work_id: id ?? null, message }));
    tell({ type: 'synced', accepted, lost: told });
  }

  /** How many transitions are in this clone alone. */
  async unshared(): Promise<number> {
    return (await this.#parts.ledger.status()).pending.length;
  }
}
