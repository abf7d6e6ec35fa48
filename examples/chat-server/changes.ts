import type { WorkId, WorkLedger } from '../../src/index.ts';

/** How many transitions are looked back at before everything is taken for changed. */
const FAR = 200;

/** Tells which items moved, whoever moved them. */
export class Changes {
  readonly #ledger: WorkLedger;
  #tip: string | undefined;

  constructor(ledger: WorkLedger) {
    this.#ledger = ledger;
  }

  /** @returns the items that moved since the last call; `all` where that cannot be told */
  async next(): Promise<Set<WorkId> | 'all'> {
    const { tip } = await this.#ledger.query.asOf();
    if (tip === this.#tip) return new Set();
    const newest = await this.#ledger.audit.log({ limit: FAR });
    const known = newest.findIndex(({ commit }) => commit === this.#tip);
    this.#tip = newest[0]?.commit;
    if (known < 0) return 'all';
    return new Set(newest.slice(0, known).flatMap(({ id }) => (id === undefined ? [] : [id])));
  }

  /** What was told of last did not arrive. */
  forget(): void {
    this.#tip = undefined;
  }
}
