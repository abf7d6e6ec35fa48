import type {
  Clock,
  CloneLock,
  LocalState,
  LockName,
  QueuedRequest,
  RequestQueue,
} from '../../../src/sync/ports.ts';
import type { Process } from './process.ts';

/** What a clone remembers outside git. It is asked in the middle of a turn, so nobody can come between; to be killed one can. */
export class SimulatedState implements LocalState {
  readonly #process: Process;
  /** What there was no room for: it lasts as long as the process. */
  readonly #unwritten = new Map<string, string>();

  constructor(process: Process) {
    this.#process = process;
  }

  get(key: string): string | undefined {
    const { clone } = this.#process;
    return this.#process.sees(`state ${key}`, this.#unwritten.get(key) ?? clone.state.get(key));
  }

  set(key: string, value: string): void {
    if (this.#process.isDiskFull) {
      this.#unwritten.set(key, value);
      return;
    }
    this.#unwritten.delete(key);
    this.#write(key, (state) => state.set(key, value));
  }

  add(key: string, value: string): boolean {
    if (this.get(key) !== undefined) return false;
    this.set(key, value);
    return true;
  }

  delete(key: string): void {
    this.#unwritten.delete(key);
    this.#write(key, (state) => state.delete(key));
  }

  keys(folder: string): string[] {
    const found = [...new Set([...this.#process.clone.state.keys(), ...this.#unwritten.keys()])]
      .filter((key) => key.startsWith(`${folder}/`))
      .map((key) => key.slice(folder.length + 1))
      .sort();
    return this.#process.sees(`state ${folder}/*`, found);
  }

  #write(key: string, effect: (state: Map<string, string>) => unknown): void {
    this.#process.callAtOnce({ what: `notes ${key}`, touches: [`state ${key}`] }, () =>
      effect(this.#process.clone.state),
    );
  }
}

/** How often a waiter looks: some looks for each wait, as with locks on a disk. */
const SHORTEST_MS = 2;
const LONGEST_MS = 120;

/** The locks of a clone. The processes of a clone meet here, and nowhere else. */
export class SimulatedLock implements CloneLock {
  readonly #process: Process;
  readonly #clock: Clock;

  constructor(process: Process, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
  }

  async run<T>(
    name: LockName,
    task: () => Promise<T>,
    giveUp?: () => Promise<boolean>,
    pause: (ms: number) => Promise<void> = (ms) => this.#clock.sleep(ms),
  ): Promise<T | undefined> {
    for (let wait = SHORTEST_MS; !(await this.#take(name)); wait = Math.min(LONGEST_MS, wait * 1.5)) {
      if (await giveUp?.()) return undefined;
      await pause(wait);
    }
    try {
      return await task();
    } finally {
      // Of a process that is dead this is never reached; the system lets go for it.
      this.#letGo(name);
    }
  }

  #take(name: string): Promise<boolean> {
    const { locks } = this.#process.clone;
    return this.#process.call(
      { what: `takes the lock ${name}`, touches: [`lock ${name}`], writes: true },
      () => {
        if (locks.has(name)) return false;
        locks.set(name, this.#process);
        return true;
      },
    );
  }

  #letGo(name: string): void {
    const { locks } = this.#process.clone;
    this.#process.callAtOnce({ what: `lets go of the lock ${name}`, touches: [`lock ${name}`] }, () => {
      if (locks.get(name) === this.#process) locks.delete(name);
    });
  }
}

const LOOK_FOR_REQUESTS_MS = 20;

/** Requests that processes of one clone leave each other. What a dead process left is thrown away unread. */
export class SimulatedRequestQueue implements RequestQueue {
  readonly #process: Process;
  readonly #clock: Clock;
  #posted = 0;

  constructor(process: Process, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
  }

  post(text: string): string {
    this.#posted += 1;
    const name = `${this.#process.name}/${this.#posted}`;
    this.#change(`leaves the request ${name}`, () =>
      this.#requests.set(name, { state: 'asked', text, by: this.#process }),
    );
    return name;
  }

  withdraw(name: string): boolean {
    const mine = this.#stateOf(name) === 'asked';
    this.#change(`withdraws the request ${name}`, () => this.#requests.delete(name));
    return mine;
  }

  collect(name: string): string | undefined {
    const request = this.#requests.get(name);
    if (this.#stateOf(name) !== 'answered') return undefined;
    this.#change(`collects the answer to ${name}`, () => this.#requests.delete(name));
    return request && this.#process.hears(name, request.text);
  }

  async wait(name: string, ms: number): Promise<void> {
    for (let waited = 0; waited < ms; waited += LOOK_FOR_REQUESTS_MS) {
      if (this.#stateOf(name) === 'answered') return;
      await this.#clock.sleep(LOOK_FOR_REQUESTS_MS);
    }
  }

  receive(): QueuedRequest[] {
    const taken: QueuedRequest[] = [];
    for (const [name, request] of this.#requests) {
      if (!request.by.alive) this.#requests.delete(name);
      else if (request.state === 'asked') {
        this.#change(`takes the request ${name}`, () =>
          this.#requests.set(name, { ...request, state: 'taken' }),
        );
        taken.push({ name, text: request.text });
      }
    }
    return this.#process.sees('requests', taken);
  }

  isAwaited(name: string): boolean {
    return this.#stateOf(name) === 'taken';
  }

  answer(name: string, text: string): void {
    const request = this.#requests.get(name);
    if (request === undefined) return;
    this.#change(`answers the request ${name}`, () =>
      this.#requests.set(name, { ...request, state: 'answered', text }),
    );
  }

  pause(): Promise<void> {
    return this.#clock.sleep(LOOK_FOR_REQUESTS_MS);
  }

  #stateOf(name: string) {
    return this.#process.sees('requests', this.#requests.get(name)?.state);
  }

  get #requests() {
    return this.#process.clone.requests;
  }

  #change(what: string, effect: () => void): void {
    this.#process.callAtOnce({ what, touches: ['requests'] }, effect);
  }
}
