import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { AgentExecutorPool } from './pool.ts';
import { recoverSilent } from './recover-silent.ts';
import type { WorkerEvent } from './worker-event.ts';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

/** What a worker looks after beside its work: what was not shared yet, and what others left. */
export class Upkeep {
  readonly #ledger: WorkLedger;
  readonly #pool: AgentExecutorPool;
  readonly #random: () => number;
  readonly #tell: (event: WorkerEvent) => void;
  #due = 0;
  /** Whether something may be in this clone alone; not known at first. */
  #owes: boolean | undefined;

  constructor(
    ledger: WorkLedger,
    pool: AgentExecutorPool,
    random: () => number,
    tell: (event: WorkerEvent) => void,
  ) {
    this.#ledger = ledger;
    this.#pool = pool;
    this.#random = random;
    this.#tell = tell;
  }

  /** Something is in this clone alone. */
  owe(): void {
    this.#owes = true;
  }

  /** Shares what is not shared; now and then gives back what is orphaned. @throws LedgerError as `sync` and `recoverOrphanedWork` */
  async run(): Promise<void> {
    await this.share();
    if (performance.now() < this.#due) return;
    const { lease_ttl_s } = await this.#ledger.settings();
    const interval = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (lease_ttl_s * 1000) / 4));
    this.#due = performance.now() + interval * (0.75 + this.#random() / 2);
    const given = [...(await this.#pool.recover()), ...(await recoverSilent(this.#ledger))];
    if (given.length > 0) this.#tell({ type: 'recovered', work_ids: given.map(({ id }) => id) });
  }

  /** Shares what is in this clone alone. @throws LedgerError as `sync` */
  async share(): Promise<void> {
    if (this.#ledger.mode !== 'push') return;
    this.#owes ??= (await this.unshared()) > 0;
    if (!this.#owes) return;
    const { accepted, lost } = await this.#ledger.sync();
    this.#owes = false;
    if (accepted === 0 && lost.length === 0) return;
    const told = lost.map(({ id, message }) => ({ work_id: id ?? null, message }));
    this.#tell({ type: 'synced', accepted, lost: told });
  }

  /** How many transitions are in this clone alone. */
  async unshared(): Promise<number> {
    return (await this.#ledger.status()).pending.length;
  }
}
