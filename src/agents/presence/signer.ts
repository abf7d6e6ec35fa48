import type { Clock } from '../../sync/ports.ts';
import { presenceName } from './name.ts';
import { encodePresence, type ListedExecution, type PresenceRecord } from './record.ts';
import { OwnPresence, type PresencePlace, type PutResult } from './session.ts';

export type Self = Pick<PresenceRecord, 'agent' | 'host' | 'pid' | 'program' | 'clone'>;

/** Writes the signs of one process, each with the next number. */
export class PresenceSigner {
  readonly #place: PresencePlace;
  readonly #self: Self;
  readonly #clock: Clock;
  #session: string;
  #own: OwnPresence;
  #seq = 0;

  constructor(place: PresencePlace, self: Self, clock: Clock, session: string) {
    this.#place = place;
    this.#self = self;
    this.#clock = clock;
    this.#session = session;
    this.#own = new OwnPresence(place, this.name);
  }

  /** The ref's name. */
  get name(): string {
    return presenceName(this.#self.agent, this.#session);
  }

  /** Whatever fails here may be well the next time. */
  async give(executions: ListedExecution[]): Promise<PutResult> {
    this.#seq += 1;
    const at = this.#clock.now();
    const record: PresenceRecord = {
      schema: 1,
      ...this.#self,
      session: this.#session,
      seq: this.#seq,
      at: at.toISOString(),
      executions,
    };
    try {
      return await this.#own.put(encodePresence(record), at);
    } catch (error) {
      return { kind: 'failed', cause: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Goes on under another name: this one is someone else's. */
  rename(session: string): void {
    this.#session = session;
    this.#own = new OwnPresence(this.#place, this.name);
  }

  /** What cannot be taken away is silent from now on, and is pruned some day. */
  async remove(): Promise<void> {
    await this.#own.remove().catch(() => undefined);
  }
}
