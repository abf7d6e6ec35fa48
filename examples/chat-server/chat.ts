import { escapeUnsafe, isLedgerError, type WorkId, type WorkItem, type WorkLedger } from '../../src/index.ts';
import { messageOf } from './events.ts';
import { ChatError, type Message } from './protocol.ts';

const TITLE_LENGTH = 100;
/** A server that is started anew takes one of them, which is no fault of the message. */
const MAX_ATTEMPTS = 20;

/** Messages of users as items: of one swarm, and the session as their job. */
export class Chat {
  readonly #ledger: WorkLedger;
  readonly #swarm: string;
  /** What was asked for last in each session, so that a message that is sent twice finds the first. */
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(ledger: WorkLedger, swarm: string) {
    this.#ledger = ledger;
    this.#swarm = swarm;
  }

  /** The message that an item is; `undefined` where it is none. */
  async find(id: WorkId): Promise<WorkItem | undefined> {
    const item = await this.#ledger.query.find(id);
    return item?.swarm_name === this.#swarm && messageOf(item) !== '' ? item : undefined;
  }

  /**
   * The message as everyone has it; `later` while something of it is in this clone alone. That may be refused yet, or go with this
   * machine, and another server would go on from before it.
   */
  async findShared(id: WorkId): Promise<WorkItem | 'later' | undefined> {
    const item = await this.find(id);
    // Asked after the item was read: what is shared by then was not less when it was read.
    const { pending } = await this.#ledger.clone.status();
    return pending.some((one) => one.id === id) ? 'later' : item;
  }

  /** All messages of a session, oldest first. */
  async messages(session: string): Promise<WorkItem[]> {
    const items = await this.#ledger.query.list({ swarm_name: this.#swarm, job_id: session, all: true });
    return items.filter((item) => messageOf(item) !== '');
  }

  /**
   * Makes an item of a message; of one that was sent before, the item that it was made into.
   *
   * @throws ChatError `ID_IN_USE` where another text has its id; LedgerError as `createWork`
   */
  submit(session: string, user: string, message: Message): Promise<WorkItem> {
    const turn = (this.#tails.get(session) ?? Promise.resolve()).then(() =>
      this.#submit(session, user, message),
    );
    const tail = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#tails.get(session) === tail) this.#tails.delete(session);
      });
    this.#tails.set(session, tail);
    return turn;
  }

  async #submit(session: string, user: string, { id, text }: Message): Promise<WorkItem> {
    const description = text.replaceAll(/\r\n?/g, '\n').toWellFormed();
    const known = (await this.messages(session)).find((item) => messageOf(item) === id);
    if (known !== undefined && known.description !== description) throw inUse(id);
    if (known !== undefined) return known;
    try {
      return await this.#ledger.createWork({
        title: titleOf(text),
        description,
        created_by: user,
        swarm_name: this.#swarm,
        job_id: session,
        max_attempts: MAX_ATTEMPTS,
        context: { session_id: session, message_id: id },
        // Two servers of one ledger may get it at the same time, and one that was answered and deleted is not to be answered again. The
        // key is the user's own, so nobody else takes it first.
        idempotency_key: `<${user}>chat/${session}/${id}`,
      });
    } catch (error) {
      if (isLedgerError(error, 'KEY_USED')) throw inUse(id);
      throw error;
    }
  }
}

const inUse = (id: string): ChatError =>
  new ChatError('ID_IN_USE', `The message ${id} has another text already.`);

/** The beginning of a text on one line. */
export function titleOf(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[^\S ]/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/ +/g, ' ');
  return escapeUnsafe([...line.trim()].slice(0, TITLE_LENGTH).join('').trim()) || 'Message without words';
}
