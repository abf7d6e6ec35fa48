import type { Heartbeat, RunningExecution } from './ports.ts';

const RENEW_AT = 1 / 3;
/** A sign that did not get through is tried again after this part of the time that it was due after. */
const AGAIN = 1 / 4;

interface Beat {
  timer: NodeJS.Timeout;
  renewed: number | undefined;
}

/** Signs of life in the ledger itself: the last checkpoint again, a commit at each third of a lease. */
export class CheckpointHeartbeat implements Heartbeat {
  readonly #beats = new Map<string, Beat>();

  start(execution: RunningExecution): void {
    const { execution_id, ttl_ms } = execution;
    const due = ttl_ms * RENEW_AT;
    const give = async (): Promise<void> => {
      const began = performance.now();
      const taken = await execution.renew().then(
        () => true,
        // Whoever watches the lease sees that it was not renewed.
        () => false,
      );
      if (this.#beats.get(execution_id) !== beat) return;
      if (taken) beat.renewed = began;
      beat.timer = setTimeout(give, taken ? due : due * AGAIN);
    };
    const beat: Beat = { timer: setTimeout(give, due), renewed: undefined };
    this.#beats.set(execution_id, beat);
  }

  /** What an execution is at is no checkpoint. */
  step(): void {}

  async end(execution_id: string): Promise<void> {
    clearTimeout(this.#beats.get(execution_id)?.timer);
    this.#beats.delete(execution_id);
  }

  lastRenewed(execution_id: string): number | undefined {
    return this.#beats.get(execution_id)?.renewed;
  }

  async close(): Promise<void> {
    for (const execution_id of [...this.#beats.keys()]) await this.end(execution_id);
  }
}
