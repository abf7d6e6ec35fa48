import { Conversation } from '../agents.ts';
import {
  isLedgerError,
  LedgerError,
  type OpenOptions,
  type Resumption,
  type Verb,
  type WorkItem,
  type WorkLedger,
} from '../index.ts';
import { resolveOne } from '../operations/ids.ts';

/** Texts for a model, as the program's commands write them. */
export interface Texts {
  /** All that there is to know to go on with an item, with what the ledger says marked as data. */
  resume(resumption: Resumption): string;
  /** All of an item, marked as well. */
  show(ledger: WorkLedger, id: string): Promise<string>;
  /** Who the agent is, what it holds and what is ready, marked likewise. */
  standing(ledger: WorkLedger, held: WorkItem[]): Promise<string>;
}

export interface ConnectionOptions {
  /** Opens the ledger, and tells what is noticed meanwhile and later. */
  open(events: Pick<OpenOptions, 'onNotice' | 'onProgress' | 'onKeptBack'>): Promise<WorkLedger>;
  texts: Texts;
  /** The execution and the item that whoever started the program works for. */
  execution_id: string | undefined;
  work_id: string | undefined;
}

/** More calls than any model makes at once. */
const MOST_WAITING = 100;
/** A client that closes waits about two seconds before it ends its servers. */
const CLOSE_MS = 3_000;

/**
 * What one client's connection works with: the ledger, opened when it is first needed and tried again until there is one; the
 * conversation that it is; and the order of its calls.
 */
export class Connection {
  readonly texts: Texts;
  readonly #options: ConnectionOptions;
  #opening: Promise<{ ledger: WorkLedger; conversation: Conversation }> | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #notes: string[] = [];
  #busyWith: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.texts = options.texts;
  }

  /** @throws LedgerError `NO_LEDGER`, `NO_REPOSITORY` and others: the next call tries again */
  opened(): Promise<{ ledger: WorkLedger; conversation: Conversation }> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<{ ledger: WorkLedger; conversation: Conversation }> {
    const ledger = await this.#options.open({
      onNotice: ({ message, hint }) => this.note(hint === undefined ? message : `${message} ${hint}`),
      onKeptBack: ({ message }) => this.note(message),
      onProgress: ({ step, done, total }) => {
        this.#busyWith = `reading ${step}: ${done}${total === undefined ? '' : ` of ${total}`}`;
      },
    });
    const { execution_id } = this.#options;
    const conversation = new Conversation({
      ledger,
      execution_id,
      program: 'wl mcp',
      onNotice: (message) => this.note(message),
    });
    try {
      // The ledger may be missing: it is told here and not by the first thing that is asked.
      await ledger.query.settings();
      await conversation.recover();
    } catch (error) {
      if (isLedgerError(error, 'NO_LEDGER')) {
        await ledger.close();
        throw error;
      }
      // What earlier ones left is left still: the next connection tries again.
      if (!isLedgerError(error)) throw error;
    }
    return { ledger, conversation };
  }

  /** What a call is at, for whoever waits for it. */
  get busyWith(): string {
    return this.#busyWith ?? 'waiting for the remote';
  }

  /** Tells the model something beside the answer to its next call. */
  note(message: string): void {
    if (!this.#notes.includes(message)) this.#notes.push(message);
  }

  takeNotes(): string[] {
    return this.#notes.splice(0);
  }

  /**
   * Runs a call after those that came before it: what a model asks for in one breath happens in its order.
   *
   * @throws the signal's reason where the call was cancelled before its turn; LedgerError `CONTENDED` where too many wait
   */
  async inOrder<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING)
      throw new LedgerError('CONTENDED', `${MOST_WAITING} calls of this connection wait already.`);
    this.#waiting += 1;
    const turn = this.#tail.then(() => {
      signal.throwIfAborted();
      this.#busyWith = undefined;
      return task();
    });
    this.#tail = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The item that a call is about: the one that is named, the one that the program was started for, or the one that is held. */
  async item(typed: string | undefined, verb?: Verb): Promise<string> {
    const { ledger, conversation } = await this.opened();
    const named = typed ?? this.#options.work_id;
    if (named !== undefined) return resolveOne(ledger, named, verb);
    const held = await conversation.held();
    const [only] = held;
    if (only !== undefined && held.length === 1) return only.id;
    const what =
      only === undefined
        ? 'Nothing is held by this connection'
        : `This connection holds ${held.map(({ id }) => id).join(' and ')}`;
    throw new LedgerError('INVALID_INPUT', `${what}: name the item by its id.`);
  }

  /** Ends it, once the call that is under way is over or the time is up: what it holds is given back. */
  async close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    if (opened === undefined) return;
    const signal = AbortSignal.timeout(CLOSE_MS);
    try {
      await Promise.race([this.#tail, aborted(signal)]);
      await opened.conversation.close(signal);
    } finally {
      await opened.ledger.close();
    }
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
