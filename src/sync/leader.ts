import { isLedgerError, LedgerError, type LedgerErrorOptions } from '../domain/errors.ts';
import type { LedgerCommand } from './draft.ts';
import type { Group } from './local.ts';
import type { Outcome } from './outcome.ts';
import type { CloneLock, Machine, QueuedRequest, RequestQueue } from './ports.ts';

/** A group that can be handed to another process: each of its commands is known. */
export interface PlainGroup extends Group {
  commands: readonly LedgerCommand[];
}

/** Who does the work, for this process and for those that ask it to. */
export interface GroupHandler<Before> {
  /** Decides and commits a group here, and publishes it where asked to. */
  submit(group: Group, publish: boolean): Promise<Outcome[]>;
  /** How things stand before a group is handed to another process. */
  remember(group: PlainGroup): Promise<Before>;
  /** Finds out what became of a group whose process died with it, and does what that one left undone. */
  takeOver(group: PlainGroup, publish: boolean, before: Before): Promise<Outcome[]>;
}

/** Who waits for an answer looks so many times less often for a leader that is gone than others look for a lock. */
const FOLLOWER_LOOKS = 5;

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
 * Whoever gets the lock `serve` leads, and for as long as it has work of its own takes up what others leave in the request
 * queue. Whoever does not get it leaves a request and waits for the answer. Where the leader dies, the next process leads, and
 * each finds out by its transitions' names what became of them.
 */
export class Leader<Before> {
  readonly #lock: CloneLock;
  readonly #queue: RequestQueue;
  readonly #turn: Machine['turn'];
  readonly #handler: GroupHandler<Before>;
  readonly #terms = new Set<Promise<unknown>>();
  #waiting: Request[] = [];
  #leads = false;
  /** Jobs under way: of this process, and in all. */
  #own = 0;
  #open = 0;
  #wake: () => void = () => undefined;

  constructor(lock: CloneLock, queue: RequestQueue, turn: Machine['turn'], handler: GroupHandler<Before>) {
    this.#lock = lock;
    this.#queue = queue;
    this.#turn = turn;
    this.#handler = handler;
  }

  /** @see Synchronizer.submit */
  submit(group: Group, publish: boolean): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      const work = (): Promise<Outcome[]> => this.#handler.submit(group, publish);
      const handOver = (): Promise<Outcome[]> => this.#handOver(group, publish, work);
      // Requests of one turn come together.
      if (this.#waiting.push({ work, handOver, resolve, reject }) === 1)
        void this.#turn().then(() => this.#begin());
    });
  }

  /** Ends when whatever was taken up for others is answered. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#terms);
  }

  async #begin(): Promise<void> {
    const requests = this.#waiting.splice(0);
    const start = (): void => {
      for (const request of requests) this.#start(request);
    };
    if (this.#leads) return start();
    const led = await this.#lead(start, async () => true).catch((error: unknown) => {
      for (const { reject } of requests) reject(error);
      return true;
    });
    if (!led) for (const { handOver, resolve, reject } of requests) void handOver().then(resolve, reject);
  }

  /** Leads until nothing is left of what was begun. @returns false where `giveUp` ended the wait for that */
  async #lead(
    begin: () => void,
    giveUp?: () => Promise<boolean>,
    pause?: (ms: number) => Promise<void>,
  ): Promise<boolean> {
    const task = async (): Promise<true> => {
      begin();
      await this.#serve();
      return true;
    };
    const term = this.#lock.run('serve', task, giveUp, pause);
    this.#terms.add(term);
    return ((await term.finally(() => this.#terms.delete(term))) ?? false) === true;
  }

  async #serve(): Promise<void> {
    this.#leads = true;
    while (this.#open > 0) {
      // Whoever has no work of its own left stops taking requests, however many wait: the next process leads.
      if (this.#own > 0) for (const request of this.#takeRequests()) this.#reply(request);
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, this.#queue.pause()]);
    }
    this.#leads = false;
  }

  #takeRequests(): QueuedRequest[] {
    try {
      return this.#queue.receive();
    } catch {
      // Those who wait lead by themselves, later.
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

  #reply({ name, text }: QueuedRequest): void {
    const work = async (): Promise<Outcome[]> => {
      const { group, publish } = decodeRequest(text);
      return this.#handler.submit(group, publish);
    };
    const reply = async (): Promise<void> => {
      const said: Reply = await work().then(
        (outcomes) => ({ outcomes }),
        (failure: unknown) => ({ failure }),
      );
      this.#queue.answer(name, encodeReply(said));
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

  /** Another process leads: leaves it a request, and leads where that one ends without taking it up. */
  async #handOver(group: Group, publish: boolean, work: Job['work']): Promise<Outcome[]> {
    const text = encodeRequest(group, publish);
    const before = text === undefined ? undefined : await this.#handler.remember(group as PlainGroup);
    const { progress } = group;
    progress?.signal?.throwIfAborted();
    const name = text === undefined ? undefined : this.#queue.post(text);
    if (progress !== undefined && name !== undefined) progress.stage = 'elsewhere';
    return new Promise((resolve, reject) => {
      if (name === undefined || before === undefined) {
        this.#lead(() => this.#start({ work, resolve, reject })).catch(reject);
        return;
      }
      const collect = (): boolean => {
        const answer = this.#queue.collect(name);
        if (answer !== undefined) settle(decodeReply(answer), { resolve, reject });
        return answer !== undefined;
      };
      const begin = (): void => {
        if (collect()) return;
        const mine = this.#queue.withdraw(name);
        const takeOver = (): Promise<Outcome[]> =>
          this.#handler.takeOver(group as PlainGroup, publish, before);
        this.#start({ work: mine ? work : takeOver, resolve, reject });
      };
      // The answer wakes whoever waits for it; the lock is looked for only now and then, in case it comes free.
      const pause = (ms: number): Promise<void> => this.#queue.wait(name, ms * FOLLOWER_LOOKS);
      this.#lead(begin, async () => collect(), pause).catch(reject);
    });
  }
}

function settle(reply: Reply, { resolve, reject }: Pick<Job, 'resolve' | 'reject'>): void {
  if ('outcomes' in reply) resolve(reply.outcomes);
  else reject(reply.failure);
}

/** What one process asks of another of the same clone. */
interface GroupRequest {
  group: PlainGroup;
  publish: boolean;
}

/** A larger one is not handed on: whoever asks that much waits for its own turn. */
const LARGEST = 256 * 1024;

/** @returns `undefined` for what cannot be handed on */
function encodeRequest(group: Group, publish: boolean): string | undefined {
  if (!isPlain(group)) return undefined;
  const { commands, atomic, provisional } = group;
  const text = JSON.stringify({ group: { commands, atomic, provisional }, publish } satisfies GroupRequest);
  return text.length <= LARGEST ? text : undefined;
}

/** Requests are this program's own, in a folder of the clone that only its user writes. */
const decodeRequest = (text: string): GroupRequest => JSON.parse(text) as GroupRequest;

const isPlain = (group: Group): group is PlainGroup =>
  group.commands.every((command) => typeof command !== 'function');

type Reply = { outcomes: Outcome[] } | { failure: unknown };

const encodeReply = (reply: Reply): string =>
  JSON.stringify(reply, (_, value: unknown) => (value instanceof Error ? { $error: flatten(value) } : value));

const decodeReply = (text: string): Reply =>
  JSON.parse(text, (_, value: unknown) => (isFlatError(value) ? unflatten(value.$error) : value)) as Reply;

interface FlatError extends Pick<LedgerErrorOptions, 'hint' | 'details'> {
  code: LedgerError['code'] | undefined;
  message: string;
}

function flatten(error: Error): FlatError {
  if (!isLedgerError(error)) return { code: undefined, message: error.message };
  const { code, message, hint, details } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }), details };
}

function unflatten({ code, message, ...options }: FlatError): Error {
  return code === undefined ? new Error(message) : new LedgerError(code, message, options);
}

const isFlatError = (value: unknown): value is { $error: FlatError } =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 1 && '$error' in value;
