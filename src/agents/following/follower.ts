import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Oid } from '../../store/port.ts';
import { hintAt } from './ref-hint.ts';
import { type LookOptions, RemoteLooks } from './remote-looks.ts';

/** How often refs are read where no hint comes. */
const POLL_MS = 500;

export interface FollowOptions extends LookOptions {
  /** How often this clone's own refs are read, in milliseconds. Default 500. */
  poll?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Where the line of accepted transitions ends: what the remote is known to have, or this clone's branch where none is asked. */
export async function lineOf({ connection, mode }: WorkLedger): Promise<string> {
  if (mode !== 'push') return connection.localRef;
  const { context } = await connection.write();
  return context.remote?.seenRef ?? connection.localRef;
}

/** Waits for a ref of this clone to move, whoever moves it, and looks at the remote meanwhile. */
export class Follower {
  readonly #ledger: WorkLedger;
  readonly #ref: string;
  readonly #options: FollowOptions;
  readonly #looks: RemoteLooks;
  readonly #endHint: () => void;
  /** Something may have happened since the ref was last read. */
  #stirred = false;
  #wake: () => void = () => undefined;

  constructor(ledger: WorkLedger, ref: string, options: FollowOptions) {
    this.#ledger = ledger;
    this.#ref = ref;
    this.#options = options;
    this.#looks = new RemoteLooks(ledger, options, this.#stir);
    this.#endHint = hintAt(ledger.connection.place, ref, this.#stir);
    options.signal?.addEventListener('abort', this.#stir);
  }

  tip(): Promise<Oid | undefined> {
    return this.#ledger.connection.refs.readRef(this.#ref);
  }

  /**
   * Waits until the ref is elsewhere than at `known`.
   *
   * @param until in milliseconds since 1970, by the ledger's clock
   * @returns where it is; `undefined` once `until` has come or the signal was given
   * @throws LedgerError `HISTORY_REWRITTEN` and whatever else a look fails with, unless it only means "not now"
   */
  async moved(known: Oid | undefined, until = Number.POSITIVE_INFINITY): Promise<Oid | undefined> {
    for (;;) {
      if (this.#options.signal?.aborted) return undefined;
      this.#stirred = false;
      const tip = await this.tip();
      if (tip !== undefined && tip !== known) {
        this.#looks.stir();
        return tip;
      }
      if (!(await this.#pause(until))) return undefined;
    }
  }

  /** Waits until the remote has answered once. @returns false where `until` came, or the signal was given, before */
  async answered(until = Number.POSITIVE_INFINITY): Promise<boolean> {
    while (!this.#looks.answered) {
      if (this.#options.signal?.aborted || !(await this.#pause(until))) return false;
    }
    return true;
  }

  /** Waits for the time `until`, whatever happens meanwhile. */
  async idle(until: number): Promise<void> {
    while (!this.#options.signal?.aborted && (await this.#pause(until)));
  }

  /** Ends what it started. The ledger is in use until then. */
  async end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#stir);
    this.#endHint();
    await this.#looks.end();
  }

  /** @returns false where `until` has come */
  async #pause(until: number): Promise<boolean> {
    this.#looks.tick();
    const { clock } = this.#ledger.connection;
    const left = until - clock.now().getTime();
    if (left <= 0) return false;
    if (!this.#stirred) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, clock.sleep(Math.min(this.#options.poll ?? POLL_MS, left))]);
    }
    this.#stirred = false;
    return true;
  }

  #stir = (): void => {
    this.#stirred = true;
    this.#wake();
  };
}
