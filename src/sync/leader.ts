import { elapsed } from './call.ts';
import type { LedgerCommand } from './draft.ts';
import type { Reply } from './handover.ts';
import type { Group } from './local.ts';
import type { Ending, Outcome } from './outcome.ts';
import type { Clock, CloneLock, LocalState, Machine, QueuedRequest, RequestQueue } from './ports.ts';
import { BEAT } from './state-keys.ts';

/** A group that can be handed to another process: each of its commands is known. */
export interface PlainGroup extends Group {
  commands: readonly LedgerCommand[];
}

/** What a process of a clone is asked for. */
export type Work = { kind: 'write'; group: Group } | { kind: 'sync' } | { kind: 'fetch' };

/** What became of it: for a `write` the outcomes of its commands, for a `sync` the endings of what was pending. */
export type Told = readonly (Outcome | Ending)[];

/** How a piece of work is to be done. */
export interface Manner {
  /** Another process may do it as well, once it goes on. */
  around: boolean;
  /** When it was asked for, by `elapsed`. */
  since: number;
}

/** Who does the work, for this process and for those that ask it to. */
export interface WorkHandler<Before> {
  perform(work: Work, manner: Manner): Promise<Told>;
  /** How things stand before a group is handed to another process. */
  remember(group: PlainGroup): Promise<Before>;
  /** Finds out what became of a group that another process had begun, and does what that one left undone. */
  takeOver(group: PlainGroup, before: Before, manner: Manner): Promise<Told>;
}

/** What processes of one clone that meet need of it. */
export interface Meeting {
  lock: CloneLock;
  requestQueue?: RequestQueue | undefined;
  clock: Clock;
  state: LocalState;
  turn: Machine['turn'];
  /** How long a call of this process waits, in milliseconds. */
  patience: number;
}

/** Who waits for an answer looks so many times less often for a leader that is gone than others look for a lock. */
const FOLLOWER_LOOKS = 5;
/** How often a leader gives a sign of life. */
const BEAT_MS = 1_000;
/** Longer than this nobody waits for a leader: who takes no more requests ends within its patience. */
const LONGEST_WAIT_MS = 60_000;
/** Whoever takes a request up ends within the time of who left it; so long after that, nobody will. */
const LATE_MS = 2_000;
/** A leader that gives none for so long stands still, as after Ctrl-Z: nobody waits for it. */
const SILENT_MS = 10_000;

interface Job {
  work: Work;
  since: number;
  resolve(told: Told): void;
  reject(error: unknown): void;
}

/**
 * Lets one process of a clone do the work of all that come at the same time, so that they share commits, looks and pushes as the
 * callers of one process do.
 *
 * Whoever gets the lock `serve` leads, and for as long as it has work of its own takes up what others leave in the request
 * queue. Whoever does not get it leaves a request and waits for the answer. Where the leader dies, the next process leads, and
 * each finds out by its transitions' names what became of them. Where it stands still, or the time of a request is up, which a leader that
 * died can have taken with it, they go around it: the lock only orders, since refs are compared and swapped.
 */
export class Leader<Before> {
  readonly #meeting: Meeting;
  readonly #handler: WorkHandler<Before>;
  /** What other processes wait for. */
  readonly #promised = new Set<Promise<void>>();
  #waiting: Job[] = [];
  #leads = false;
  /** Jobs under way: of this process, and in all. */
  #own = 0;
  #open = 0;
  #wake: () => void = () => undefined;

  constructor(meeting: Meeting, handler: WorkHandler<Before>) {
    this.#meeting = meeting;
    this.#handler = handler;
  }

  /** Has it done, by this process or by another one of the clone. @param since when it was asked for, by `elapsed` */
  lead(work: Work, since: number = elapsed(this.#meeting.clock)): Promise<Told> {
    return new Promise((resolve, reject) => {
      // Requests of one turn come together.
      if (this.#waiting.push({ work, since, resolve, reject }) === 1)
        void this.#meeting.turn().then(() => this.#begin());
    });
  }

  /** Ends when whatever was taken up for others is answered. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#promised);
  }

  async #begin(): Promise<void> {
    const jobs = this.#waiting.splice(0);
    const start = (around: boolean): void => {
      for (const job of jobs)
        this.#start(job, () => this.#handler.perform(job.work, { around, since: job.since }));
    };
    if (this.#leads) return start(false);
    const { requestQueue } = this.#meeting;
    const led = await this.#term(start, async () => requestQueue !== undefined).catch((error: unknown) => {
      for (const { reject } of jobs) reject(error);
      return true;
    });
    if (!led) for (const job of jobs) void this.#handOver(job).catch(job.reject);
  }

  /**
   * Leads until nothing is left of what was begun; or goes around a leader that stands still, or past `until`, and does that alone. Where this process has
   * come to lead meanwhile, for another caller, it is begun in that term: whoever waits is not passed over by who asks later.
   *
   * @returns false where `giveUp` ended the wait for that
   */
  async #term(
    begin: (around: boolean) => void,
    giveUp: () => Promise<boolean>,
    {
      until = Number.POSITIVE_INFINITY,
      pause,
    }: { until?: number; pause?: (ms: number) => Promise<void> } = {},
  ): Promise<boolean> {
    const isSilent = watchLeader(this.#meeting);
    let around = false;
    let isGivenUp = false;
    const task = async (): Promise<true> => {
      begin(false);
      await this.#serve();
      return true;
    };
    const isOver = async (): Promise<boolean> => {
      isGivenUp = await giveUp();
      const isLate = elapsed(this.#meeting.clock) > until;
      around = !isGivenUp && !this.#leads && (isLate || (await isSilent()));
      return isGivenUp || around || this.#leads;
    };
    for (;;) {
      const led = await this.#meeting.lock.run('serve', task, isOver, pause);
      if (led === true) return true;
      if (isGivenUp) return false;
      if (around || this.#leads) {
        begin(around);
        return true;
      }
    }
  }

  async #serve(): Promise<void> {
    const { clock, lock, state, requestQueue } = this.#meeting;
    this.#leads = true;
    silentLeaders.delete(lock);
    let beaten = elapsed(clock);
    while (this.#open > 0) {
      // Whoever has no work of its own left stops taking requests, however many wait: the next process leads.
      if (this.#own > 0) for (const request of this.#takeRequests()) this.#reply(request);
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race(requestQueue === undefined ? [woken] : [woken, requestQueue.pause()]);
      const now = elapsed(clock);
      if (now - beaten < BEAT_MS) continue;
      beaten = now;
      state.set(BEAT, String(now));
    }
    this.#leads = false;
  }

  #takeRequests(): QueuedRequest[] {
    try {
      return this.#meeting.requestQueue?.receive() ?? [];
    } catch {
      // Those who wait lead by themselves, later.
      return [];
    }
  }

  #start({ resolve, reject }: Job, work: () => Promise<Told>): void {
    this.#own += 1;
    const done = this.#track(work()).finally(() => {
      this.#own -= 1;
    });
    void done.then(resolve, reject);
  }

  #reply({ name, text }: QueuedRequest): void {
    const queue = this.#meeting.requestQueue;
    const reply = async (): Promise<void> => {
      // Whoever left it may have gone around this process meanwhile, and does it by itself.
      const isWithdrawn = (): boolean => queue?.isAwaited(name) === false;
      const { decodeWork, encodeReply } = await import('./handover.ts');
      const { clock } = this.#meeting;
      const { work, at } = decodeWork(text, isWithdrawn);
      // It can have waited for a leader that took no more; a clock that was set meanwhile tells nothing of that.
      const waited = Math.min(LONGEST_WAIT_MS, Math.max(0, clock.now().getTime() - at));
      const said: Reply = await this.#handler
        .perform(work, { around: false, since: elapsed(clock) - waited })
        .then(
          (told) => ({ told }),
          (failure: unknown) => ({ failure }),
        );
      if (!isWithdrawn()) queue?.answer(name, encodeReply(said));
    };
    // Whoever gets no answer looks for what became of its transitions.
    const replied = this.#track(reply()).catch(() => undefined);
    this.#promised.add(replied);
    void replied.finally(() => this.#promised.delete(replied));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#open += 1;
    return work.finally(() => {
      this.#open -= 1;
      this.#wake();
    });
  }

  /** Another process leads: leaves it a request, and leads where that one ends without taking it up. */
  async #handOver(job: Job): Promise<void> {
    const { work, since } = job;
    const queue = this.#meeting.requestQueue;
    const { decodeReply, encodeWork } = await import('./handover.ts');
    const { clock, patience } = this.#meeting;
    const until = since + patience + LATE_MS;
    const text = encodeWork(work, clock.now().getTime() - (elapsed(clock) - since));
    const group = work.kind === 'write' ? work.group : undefined;
    const before =
      group && text !== undefined ? await this.#handler.remember(group as PlainGroup) : undefined;
    const progress = group?.progress;
    progress?.signal?.throwIfAborted();
    const name = text === undefined ? undefined : queue?.post(text);
    if (queue === undefined || name === undefined) {
      const begin = (around: boolean): void =>
        this.#start(job, () => this.#handler.perform(work, { around, since }));
      await this.#term(begin, async () => false, { until });
      return;
    }
    if (progress !== undefined) progress.stage = 'elsewhere';
    const collect = (): boolean => {
      const answer = queue.collect(name);
      if (answer !== undefined) settle(decodeReply(answer), job);
      return answer !== undefined;
    };
    const begin = (around: boolean): void => {
      if (collect()) return;
      const isMine = queue.withdraw(name);
      if (isMine || before === undefined)
        this.#start(job, () => this.#handler.perform(work, { around, since }));
      else this.#start(job, () => this.#handler.takeOver(group as PlainGroup, before, { around, since }));
    };
    // The answer wakes whoever waits for it; the lock is looked for only now and then, in case it comes free.
    const pause = (ms: number): Promise<void> => queue.wait(name, ms * FOLLOWER_LOOKS);
    await this.#term(begin, async () => collect(), { until, pause });
  }
}

/** Leaders that this process waited for in vain, by lock: their last sign, and their process where that is known. */
const silentLeaders = new WeakMap<CloneLock, { beat: string | undefined; pid: number | undefined }>();

/**
 * @returns what tells whether whoever has the lock `serve` has given no sign of life for too long. Who asks the remote several times waits
 *   for such a one once
 */
export function watchLeader({
  clock,
  state,
  lock,
}: Pick<Meeting, 'clock' | 'state' | 'lock'>): () => Promise<boolean> {
  let [beat, since] = [state.get(BEAT), elapsed(clock)];
  const holder = async (): Promise<number | undefined> => (await lock.holder?.('serve'))?.pid;
  return async () => {
    const now = state.get(BEAT);
    if (now !== beat) [beat, since] = [now, elapsed(clock)];
    const isSilent = elapsed(clock) - since > SILENT_MS;
    if (isSilent) silentLeaders.set(lock, { beat, pid: await holder() });
    const known = silentLeaders.get(lock);
    // Another one that leads by now, and has not led for a second, has given no sign either.
    return isSilent || (known !== undefined && known.beat === beat && known.pid === (await holder()));
  };
}

function settle(reply: Reply, { resolve, reject }: Pick<Job, 'resolve' | 'reject'>): void {
  if ('told' in reply) resolve(reply.told);
  else reject(reply.failure);
}
