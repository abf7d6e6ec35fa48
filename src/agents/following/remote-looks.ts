import type { LedgerError } from '../../domain/errors.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import { isPassing } from '../../sync/look.ts';
import { CONTACT } from '../../sync/state-keys.ts';

/** The pause between two looks at a remote where something happens, and what it grows by while nothing does. */
const SHORTEST_MS = 1_000;
const GROWTH = 1.5;
const LONGEST_MS = 30_000;

export interface LookOptions {
  /** The longest pause between two looks at the remote, in milliseconds. Default 30,000. */
  interval?: number | undefined;
  /** Told once when the remote goes away, with the reason, and once when it is back, with `undefined`. */
  onRemote?: ((failure: LedgerError | undefined) => void) | undefined;
}

/**
 * Looks at the remote in the background: often while something happens, seldom while nothing does. What other processes of the
 * clone look at counts, so many that wait in one clone ask no more than one. A remote that goes away is asked again.
 */
export class RemoteLooks {
  readonly #ledger: WorkLedger;
  readonly #options: LookOptions;
  readonly #looked: () => void;
  #pause: number;
  #due = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #away = false;
  #succeeded = false;

  /** @param looked called after each look, however it ended */
  constructor(ledger: WorkLedger, options: LookOptions, looked: () => void) {
    this.#ledger = ledger;
    this.#options = options;
    this.#looked = looked;
    this.#pause = this.#within(SHORTEST_MS);
  }

  /** True once the remote answered, and where there is none to be asked. */
  get answered(): boolean {
    return this.#succeeded || this.#ledger.mode !== 'push';
  }

  /** Begins a look where one is due. @throws what the last one failed with, unless that passes */
  tick(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ledger.mode !== 'push' || this.#running !== undefined) return;
    const now = this.#now();
    if (now < this.#due || this.#othersLooked(now)) return;
    this.#running = this.#look();
  }

  /** Something happened: more may follow. */
  stir(): void {
    this.#pause = this.#within(SHORTEST_MS);
    this.#due = Math.min(this.#due, this.#now() + this.#pause);
  }

  /** Waits for a look under way: the ledger is in use until then. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #look(): Promise<void> {
    try {
      await this.#ledger.fetch();
      this.#succeeded = true;
      this.#tell(undefined);
    } catch (error) {
      if (!isPassing(error)) this.#failure = { error };
      else if (error.code !== 'CONTENDED') this.#tell(error);
    }
    this.#running = undefined;
    // Some earlier and some later, so that those who wait in many clones do not ask all at once.
    this.#due = this.#now() + this.#pause * (0.75 + this.#ledger.connection.clock.random() / 2);
    this.#pause = this.#within(this.#pause * GROWTH);
    this.#looked();
  }

  #tell(failure: LedgerError | undefined): void {
    const away = failure !== undefined;
    if (away !== this.#away) this.#options.onRemote?.(failure);
    this.#away = away;
  }

  #othersLooked(now: number): boolean {
    const contact = Date.parse(this.#ledger.connection.state.get(CONTACT) ?? '');
    const recent = this.#succeeded && contact <= now && contact + this.#pause > now;
    if (recent) this.#due = contact + this.#pause;
    return recent;
  }

  #within = (pause: number): number => Math.min(pause, this.#options.interval ?? LONGEST_MS);
  #now = (): number => this.#ledger.connection.clock.now().getTime();
}
