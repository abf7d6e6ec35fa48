import { setImmediate as endOfTurn } from 'node:timers/promises';

/** Whoever makes calls: a simulated process, the network, a person. What is dead makes none, and is answered none. */
export interface Actor {
  readonly name: string;
  readonly alive: boolean;
  /** Stands still until this time, as after Ctrl-Z; in virtual milliseconds. */
  readonly stopped_until?: number | undefined;
}

/** One call of a port, before it has any effect. */
export interface Call {
  by: Actor;
  /** In words, for the transcript: `reads refs/heads/work-ledger`. */
  what: string;
  /** What of the shared state it touches: a remote ref, a clone's ref, a lock, a key of state. Nothing for a timer. */
  touches: readonly string[];
  writes: boolean;
  /** When it takes effect at the earliest, in virtual milliseconds. */
  due: number;
}

interface Parked extends Call {
  order: number;
  /** Has its effect, and answers whoever waits. */
  release(): void;
}

/** Which of the calls that are parked goes next; `undefined` where the run is of no interest any more. */
export type Choose = (parked: readonly Call[]) => Call | undefined;

/** What happens to a call: it goes ahead, or its process dies before or after it had its effect, or it fails. */
export type Fate = 'ahead' | 'dies before' | 'dies after' | { fails: Error };

export interface SchedulerOptions {
  /** Asked for each call when its turn has come. */
  fateOf?: ((call: Call) => Fate) | undefined;
  /** Told of each call that had its effect, and of the time. */
  onCall?: ((call: Call, at: number) => void) | undefined;
  kill?: ((actor: Actor) => void) | undefined;
}

/** Whoever is due first; of several, whoever came first. */
export const earliest: Choose = ([first, ...others]) =>
  first && others.reduce((least, call) => (call.due < least.due ? call : least), first);

/**
 * Time, and the order of all that others can see.
 *
 * Every call of a port parks here. One is released at a time: it has its effect, which waits for nothing, then all that follows
 * from the answer runs until everything is parked again. Nothing but this order and the time depends on anything outside.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  choose: Choose = earliest;
  #parked: Parked[] = [];
  #time = 0;
  #calls = 0;

  constructor(options: SchedulerOptions = {}) {
    this.#options = options;
  }

  /** Virtual milliseconds since the run began. */
  get time(): number {
    return this.#time;
  }

  /** All that is parked, in words. */
  get waiting(): string[] {
    return this.#parked.map(({ by, what, due }) => `${by.alive ? by.name : ''} ${what} ${due}`).sort();
  }

  /** How many calls were parked so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Parks a call until its turn. The answer of a process that is dead by then never comes. */
  park<T>(call: Call, effect: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#calls += 1;
      const release = (): void => this.#release(call, effect, resolve, reject);
      this.#parked.push({ ...call, order: this.#calls, release });
    });
  }

  /** Ends after so many virtual milliseconds. */
  sleep(by: Actor, ms: number, what = `waits ${Math.round(ms)} ms`): Promise<void> {
    return this.park(
      { by, what, touches: [], writes: false, due: this.#time + Math.max(ms, 0) },
      () => undefined,
    );
  }

  /**
   * Releases calls until nothing is parked, or until `isOver` says so.
   *
   * @returns false where calls were left: nobody chose one, or there were too many steps
   */
  async run(isOver: () => boolean, most = 200_000): Promise<boolean> {
    await endOfTurn();
    for (let steps = 0; !isOver() && this.#parked.length > 0; steps += 1) {
      const next = this.choose(this.#parked) as Parked | undefined;
      if (steps >= most || next === undefined) return false;
      this.#parked.splice(this.#parked.indexOf(next), 1);
      next.release();
      await endOfTurn();
    }
    return true;
  }

  #release<T>(
    call: Call,
    effect: () => T,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    const { by } = call;
    this.#time = Math.max(this.#time, call.due);
    if (!by.alive) return;
    const until = by.stopped_until ?? 0;
    if (until > this.#time) {
      this.park({ ...call, due: until }, effect).then(resolve, reject);
      return;
    }
    const { fateOf, onCall, kill } = this.#options;
    const fate = fateOf?.(call) ?? 'ahead';
    if (fate === 'dies before') return kill?.(by);
    if (typeof fate === 'object') return reject(fate.fails);
    try {
      const value = effect();
      onCall?.(call, this.#time);
      if (fate === 'dies after') return kill?.(by);
      resolve(value);
    } catch (error) {
      reject(error);
    }
  }
}
