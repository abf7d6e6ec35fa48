import type { WorkId } from '../../domain/ids.ts';
import { timerOf } from '../../ledger/seam.ts';
import type { WorkLedger } from '../../ledger/work-ledger.ts';
import type { Timer } from '../../sync/ports.ts';
import type { Presence } from '../presence/presence.ts';

/** An execution that runs. */
export interface RunningExecution {
  /** The item's id. */
  id: WorkId;
  execution_id: string;
  epoch: number;
  /** How long its claim lasts without a sign of life. */
  ttl_s: number;
  /** Gives a sign of life in the ledger itself: the way of last resort. @throws where the remote did not take it */
  renew(): Promise<void>;
}

/** Signs of life of the executions of one pool, given at a third of their leases; by `renew` where there is no better way. */
export interface Heartbeat {
  start(execution: RunningExecution): void;
  /** Tells what an execution is at, in one line. */
  step(execution_id: string, text: string): void;
  end(execution_id: string): Promise<void>;
  /** When the remote last took a sign of it, by the ledger's timer. */
  lastRenewed(execution_id: string): number | undefined;
  close(): Promise<void>;
}

/**
 * Signs of life of a pool by presence, opened when the first execution starts: a pool that only waits gives none. Where the
 * remote takes no presence, each execution's own `renew` gives them.
 */
export class PresenceHeartbeat implements Heartbeat {
  readonly #open: () => Promise<Presence>;
  readonly #timer: Timer;
  #presence: Presence | undefined;
  #opening: Promise<Presence | undefined> | undefined;
  readonly #waiting = new Map<string, RunningExecution>();

  /** @param program what people read as the program that runs */
  constructor(ledger: WorkLedger, agent: string, program: string, onNotice?: (message: string) => void) {
    this.#timer = timerOf(ledger);
    this.#open = async () => {
      const { openPresence } = await import('../presence/open.ts');
      return openPresence({ ledger, agent, program, onNotice: ({ message }) => onNotice?.(message) });
    };
  }

  get supported(): boolean {
    return this.#presence?.supported ?? true;
  }

  start(execution: RunningExecution): void {
    if (this.#presence !== undefined) return this.#presence.start(execution);
    this.#waiting.set(execution.execution_id, execution);
    this.#opening ??= this.#begin();
  }

  step(execution_id: string, text: string): void {
    this.#presence?.step(execution_id, text);
  }

  async end(execution_id: string): Promise<void> {
    this.#waiting.delete(execution_id);
    await this.#presence?.end(execution_id);
  }

  lastRenewed(execution_id: string): number | undefined {
    const since = this.#presence?.sinceRenewed(execution_id);
    return since === undefined ? undefined : this.#timer.elapsed() - since * 1000;
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close();
  }

  async #begin(): Promise<Presence | undefined> {
    try {
      this.#presence = await this.#open();
    } catch {
      // Without signs the lease tells: whoever watches it stops the agent in time, and the next start tries again.
      this.#opening = undefined;
      return undefined;
    }
    for (const execution of this.#waiting.values()) this.#presence.start(execution);
    this.#waiting.clear();
    return this.#presence;
  }
}
