import type { WorkLedger } from '../../src/index.ts';
import { Changes } from './changes.ts';
import type { Chat } from './chat.ts';
import type { Reader } from './reader.ts';

/** How often the ledger is looked at for what nobody here did. */
const LOOK_MS = 500;

/** Has the readers look at what moved in the ledger. */
export class Hub {
  readonly #chat: Chat;
  readonly #changes: Changes;
  readonly #readers = new Map<Reader, string>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(ledger: WorkLedger, chat: Chat) {
    this.#chat = chat;
    this.#changes = new Changes(ledger);
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** From now on the reader is told what moves in its session, after all that is there. @returns how many messages that is */
  async join(reader: Reader, session: string): Promise<number> {
    this.#readers.set(reader, session);
    const items = await this.#chat.messages(session);
    reader.look(items.map(({ id }) => id));
    return items.length;
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** Something moved, or may have. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#tell();
      } catch {
        // The ledger cannot be read just now: what moved is found once it can.
        this.#changes.forget();
      }
    }
  }

  async #tell(): Promise<void> {
    const moved = await this.#changes.next();
    if (moved === 'all') {
      for (const [reader, session] of this.#readers) {
        reader.look((await this.#chat.messages(session)).map(({ id }) => id));
      }
      return;
    }
    const sessions = new Map<string, string[]>();
    for (const id of moved) {
      const session = (await this.#chat.find(id))?.job_id;
      if (session !== undefined) sessions.set(session, [...(sessions.get(session) ?? []), id]);
    }
    for (const [reader, session] of this.#readers) reader.look(sessions.get(session) ?? []);
  }

  /** Tells all that there is, to those who read it within `ms`. */
  async close(ms: number): Promise<void> {
    clearInterval(this.#timer);
    await this.look();
    const told = Promise.all([...this.#readers.keys()].map((reader) => reader.idle()));
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, ms))]);
  }
}
