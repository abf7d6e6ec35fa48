import type { Heartbeat, RunningExecution } from './ports.ts';

/** A sign that did not get through is tried again after this part of the time that it was due after. */
const AGAIN = 1 / 4;
const RENEW_AT = 1 / 3;

interface Beat {
  timer: NodeJS.Timeout;
  renewed: number | undefined;
}

/**
 * Signs of life in the ledger itself: the last checkpoint again, a commit at each third of a lease. For remotes that take no
 * presence: `better` is then `undefined`, or tells that it is not supported.
 */
export class CheckpointHeartbeat implements Heartbeat {
  readonly supported = true;
  readonly #better: Heartbeat | undefined;
  readonly #beats = new Map<string, Beat>();

  constructor(better?: Heartbeat) {
    this.#better = better;
  }

  start(execution: RunningExecution): void {
    this.#better?.start(execution);
    const due = execution.ttl_ms * RENEW_AT;
    const beat: Beat = { timer: setTimeout(() => undefined), renewed: undefined };
    const next = (ms: number): void => {
      beat.timer = setTimeout(give, ms);
    };
    const give = (): void => {
      if (this.#better?.supported) {
        next(due);
        return;
      }
      const began = performance.now();
      void execution.renew().then(
        () => {
          beat.renewed = began;
          if (this.#beats.get(execution.execution_id) === beat) next(due);
        },
        () => {
          // Whoever watches the lease sees that nothing was renewed.
          if (this.#beats.get(execution.execution_id) === beat) next(due * AGAIN);
        },
      );
    };
    next(due);
    this.#beats.set(execution.execution_id, beat);
  }

  step(execution_id: string, text: string): void {
    this.#better?.step(execution_id, text);
  }

  async end(execution_id: string): Promise<void> {
    const beat = this.#beats.get(execution_id);
    this.#beats.delete(execution_id);
    clearTimeout(beat?.timer);
    await this.#better?.end(execution_id);
  }

  lastRenewed(execution_id: string): number | undefined {
    const signs = [this.#beats.get(execution_id)?.renewed, this.#better?.lastRenewed(execution_id)];
    const known = signs.filter((sign) => sign !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#beats.keys()].map((execution_id) => this.end(execution_id)));
    await this.#better?.close();
  }
}
