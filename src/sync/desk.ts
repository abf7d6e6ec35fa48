import { decodeOrder, decodeReply, encodeOrder, encodeReply, type PlainGroup, type Reply } from './letter.ts';
import type { Group } from './local.ts';
import type { Outcome } from './outcome.ts';
import type { CloneLock, Letter, Mailbox } from './ports.ts';

/** Who does the work, for this process and for those that ask it to. */
export interface Clerk<Before> {
  /** Decides and commits a group here, and publishes it where asked to. */
  submit(group: Group, publish: boolean): Promise<Outcome[]>;
  /** How things stand before a group is handed to another process. */
  remember(group: PlainGroup): Promise<Before>;
  /** Finds out what became of a group whose process died with it, and does what that one left undone. */
  adopt(group: PlainGroup, publish: boolean, before: Before): Promise<Outcome[]>;
}

/** Who waits for an answer looks for a free seat so many times less often than others look for a lock. */
const SEAT_LOOKS = 5;

interface Job {
  work(): Promise<Outcome[]>;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** A job that another process can do as well. */
interface Request extends Job {
  handOver(): Promise<Outcome[]>;
}

/**
 * Lets one process of a clone do the work of all that come at the same time, so that they share commits and pushes as the
 * callers of one process do.
 *
 * Whoever finds the seat free takes it, and for as long as it has work of its own takes up what others leave in the mailbox.
 * Whoever finds it taken leaves a letter and waits for the answer. Where the one at work dies, the next takes the seat, and
 * each finds out by its transitions' names what became of them.
 */
export class Desk<Before> {
  readonly #lock: CloneLock;
  readonly #mailbox: Mailbox;
  readonly #clerk: Clerk<Before>;
  readonly #sittings = new Set<Promise<unknown>>();
  #waiting: Request[] = [];
  #seated = false;
  /** Jobs under way: of this process, and in all. */
  #own = 0;
  #open = 0;
  #wake: () => void = () => undefined;

  constructor(lock: CloneLock, mailbox: Mailbox, clerk: Clerk<Before>) {
    this.#lock = lock;
    this.#mailbox = mailbox;
    this.#clerk = clerk;
  }

  /** @see Synchronizer.submit */
  submit(group: Group, publish: boolean): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      const work = (): Promise<Outcome[]> => this.#clerk.submit(group, publish);
      const handOver = (): Promise<Outcome[]> => this.#handOver(group, publish, work);
      // Requests of one turn come together.
      if (this.#waiting.push({ work, handOver, resolve, reject }) === 1)
        setImmediate(() => void this.#begin());
    });
  }

  /** Ends when whatever was taken up for others is answered. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#sittings);
  }

  async #begin(): Promise<void> {
    const requests = this.#waiting.splice(0);
    const start = (): void => {
      for (const request of requests) this.#start(request);
    };
    if (this.#seated) return start();
    const sat = await this.#sit(start, async () => true).catch((error: unknown) => {
      for (const { reject } of requests) reject(error);
      return true;
    });
    if (!sat) for (const { handOver, resolve, reject } of requests) void handOver().then(resolve, reject);
  }

  /** Takes the seat, and keeps it until nothing is left of what was begun. @returns whether the wait for it was worth it */
  async #sit(
    begin: () => void,
    giveUp?: () => Promise<boolean>,
    pause?: (ms: number) => Promise<void>,
  ): Promise<boolean> {
    const task = async (): Promise<true> => {
      begin();
      await this.#serve();
      return true;
    };
    const sitting = this.#lock.run('serve', task, giveUp, pause);
    this.#sittings.add(sitting);
    return ((await sitting.finally(() => this.#sittings.delete(sitting))) ?? false) === true;
  }

  async #serve(): Promise<void> {
    this.#seated = true;
    while (this.#open > 0) {
      // Whoever is done goes home, however many wait: the next one takes the seat.
      if (this.#own > 0) for (const letter of this.#collectMail()) this.#reply(letter);
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, this.#mailbox.pause()]);
    }
    this.#seated = false;
  }

  #collectMail(): Letter[] {
    try {
      return this.#mailbox.take();
    } catch {
      // Those who wait take the seat themselves, later.
      return [];
    }
  }

  #start({ work, resolve, reject }: Job): void {
    this.#own += 1;
    const done = this.#track(work()).finally(() => {
      this.#own -= 1;
    });
    void done.then(resolve, reject);
  }

  #reply({ name, text }: Letter): void {
    const work = async (): Promise<Outcome[]> => {
      const { group, publish } = decodeOrder(text);
      return this.#clerk.submit(group, publish);
    };
    const reply = async (): Promise<void> => {
      const said: Reply = await work().then(
        (outcomes) => ({ outcomes }),
        (failure: unknown) => ({ failure }),
      );
      this.#mailbox.answer(name, encodeReply(said));
    };
    // Whoever gets no answer looks for what became of its transitions.
    void this.#track(reply()).catch(() => undefined);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#open += 1;
    return work.finally(() => {
      this.#open -= 1;
      this.#wake();
    });
  }

  /** Someone else is at work: leaves a letter, and takes the seat where that one goes without taking it up. */
  async #handOver(group: Group, publish: boolean, work: Job['work']): Promise<Outcome[]> {
    const text = encodeOrder(group, publish);
    const before = text === undefined ? undefined : await this.#clerk.remember(group as PlainGroup);
    const name = text === undefined ? undefined : this.#mailbox.post(text);
    return new Promise((resolve, reject) => {
      if (name === undefined || before === undefined) {
        this.#sit(() => this.#start({ work, resolve, reject })).catch(reject);
        return;
      }
      const collect = (): boolean => {
        const answer = this.#mailbox.collect(name);
        if (answer !== undefined) settle(decodeReply(answer), { resolve, reject });
        return answer !== undefined;
      };
      const begin = (): void => {
        if (collect()) return;
        const mine = this.#mailbox.withdraw(name);
        const adopt = (): Promise<Outcome[]> => this.#clerk.adopt(group as PlainGroup, publish, before);
        this.#start({ work: mine ? work : adopt, resolve, reject });
      };
      // The answer wakes whoever waits for it; the seat is looked for only now and then, in case it comes free.
      const pause = (ms: number): Promise<void> => this.#mailbox.wait(name, ms * SEAT_LOOKS);
      this.#sit(begin, async () => collect(), pause).catch(reject);
    });
  }
}

function settle(reply: Reply, { resolve, reject }: Pick<Job, 'resolve' | 'reject'>): void {
  if ('outcomes' in reply) resolve(reply.outcomes);
  else reject(reply.failure);
}
