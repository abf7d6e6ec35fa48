import type { WorkId, WorkItem } from '../../src/index.ts';
import { eventsOf, messageOf } from './events.ts';
import type { ChatReply } from './protocol.ts';

export interface ReaderParts {
  /** Resolves once the line has left for the client; rejects where the client is gone. */
  send(reply: ChatReply): Promise<void>;
  find(id: WorkId): Promise<WorkItem | 'later' | undefined>;
  seen: Readonly<Record<string, number>>;
}

/**
 * Tells one client what it has not seen. Nothing is kept for a client that reads slowly: the ledger has it all, and is asked
 * once the line before has left.
 */
export class Reader {
  readonly #parts: ReaderParts;
  readonly #seen: Map<string, number>;
  readonly #wanted = new Set<WorkId>();
  #busy = false;
  #told: Promise<void> = Promise.resolve();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#seen = new Map(Object.entries(parts.seen));
  }

  /** There may be something new about these items. */
  look(ids: Iterable<WorkId>): void {
    for (const id of ids) this.#wanted.add(id);
    if (!this.#busy) this.#told = this.#tellAll();
  }

  /** Resolves once the client was told all there was. */
  idle(): Promise<void> {
    return this.#told;
  }

  async #tellAll(): Promise<void> {
    this.#busy = true;
    const later: WorkId[] = [];
    for (const id of this.#wanted) {
      this.#wanted.delete(id);
      try {
        const item = await this.#parts.find(id);
        if (item === 'later') later.push(id);
        else if (item !== undefined) await this.#tell(item);
      } catch {
        // The client is gone, or the item cannot be read just now, which the next look tries again.
        later.push(id);
        break;
      }
    }
    for (const id of later) this.#wanted.add(id);
    this.#busy = false;
  }

  async #tell(item: WorkItem): Promise<void> {
    const message = messageOf(item);
    for (const event of eventsOf(item).slice(this.#seen.get(message) ?? 0)) {
      await this.#parts.send(event);
      this.#seen.set(message, event.seq);
    }
  }
}
