import { LedgerError } from '../../../src/domain/errors.ts';
import { connectionOf } from '../../../src/ledger/connection.ts';
import { initOn, openOn } from '../../../src/ledger/open.ts';
import type { OpenOptions } from '../../../src/ledger/options.ts';
import { timeOf } from '../../../src/ledger/seam.ts';
import type { WorkLedger } from '../../../src/ledger/work-ledger.ts';
import type { Oid } from '../../../src/store/port.ts';
import type { Machine } from '../../../src/sync/ports.ts';
import { Chance, chanceOf } from '../chance.ts';
import type { Actor, Fate } from '../scheduler.ts';
import type { Clone } from './clone.ts';
import { HostConnection } from './connection.ts';
import { BRANCH } from './host.ts';
import { SimulatedLock, SimulatedRequestQueue, SimulatedState } from './local.ts';
import { type Mishap, Network } from './network.ts';
import { SharedObjects } from './objects.ts';
import { MemoryConnection } from './remote.ts';
import { SimulatedStore } from './store.ts';
import type { World } from './world.ts';

/** The time at which every run begins. */
export const EPOCH = Date.parse('2026-01-03T10:00:00.000Z');

/** A call as its port describes it; the process says the rest. */
interface Described {
  what: string;
  touches: readonly string[];
  writes?: boolean;
  /** It needs room on the disk. */
  stores?: boolean;
}

/** As the store beside git says it. */
export const DISK_FULL = 'The disk is full; it was not done.';

/** After so long at most, a timer looks at the time. */
const LOOK_MS = 10_000;

type Opening = Pick<OpenOptions, 'mode' | 'actor'>;

/** A message that was sent. */
interface Sent {
  writes: boolean;
}

/** A moment to die at. */
export interface Death {
  call: number;
  when: 'before' | 'after';
}

/** What a process did, as far as something can go wrong with it. */
export interface Reach {
  messages: readonly Sent[];
  /** All moments of death that differ in what outlives the process: of others, that is as at the one before. */
  deaths: readonly Death[];
}

/** How a message fares: what befalls it, and how long it is under way. */
interface Sending {
  number: number;
  mishap: Mishap | undefined;
  isCutOff: boolean;
  there_ms: number;
  back_ms: number;
}

/**
 * A process of a clone. It has port objects of its own, through which the program reaches all that others can see.
 *
 * Where it is killed, what it asked for last may be done or not, nothing later is, and nothing that it waits for comes: so no
 * `finally` of it runs.
 */
export class Process implements Actor {
  readonly name: string;
  readonly clone: Clone;
  readonly #world: World;
  readonly #machine: Machine;
  alive = true;
  /** When it stands still, as after Ctrl-Z. */
  stops: { from: number; until: number } | undefined;
  onKilled: () => void = () => undefined;
  /** What else is to be done when it ends. */
  readonly onEnd: (() => void)[] = [];
  /** How many times longer than usual each call takes. */
  slowness = 1;
  readonly #opened: WorkLedger[] = [];
  /** How many it made. */
  calls = 0;
  readonly #messages: Sent[] = [];
  readonly #deaths = new Map<string, Death>();
  /** Messages up to this one do not arrive. */
  #cutOff = 0;

  constructor(world: World, clone: Clone, name: string) {
    this.#world = world;
    this.clone = clone;
    this.name = name;
    const { seed } = world;
    const [random, bytes] = [new Chance(seed, name, 'random'), new Chance(seed, name, 'bytes')];
    const now = (): number => EPOCH + Math.floor(world.scheduler.time + clone.aheadAt(world.scheduler.time));
    const elapsed = (): number => clone.elapsedAt(world.scheduler.time);
    this.#machine = {
      clock: {
        now: () => new Date(now()),
        elapsed,
        awake: elapsed,
        sleep: (ms) => this.rest(ms),
        random: () => random.next(),
      },
      timer: {
        elapsed: timeOf(elapsed, now),
        // As that of Node: whoever waits long looks at the time meanwhile.
        after: (ms, task) => this.#after(clone.sleeps.length > 0 ? Math.min(ms, LOOK_MS) : ms, task),
        holdFor: (ms, task) => this.#after(ms, task),
      },
      process: { host: clone.place.machine, pid: world.processes.length + 1 },
      draw: (count) => bytes.bytes(count),
      turn: () => world.scheduler.sleep(this, 0, 'ends a turn'),
    };
  }

  get stopped_until(): number | undefined {
    const { time } = this.#world.scheduler;
    const { from, until } = this.stops ?? { from: 0, until: 0 };
    const stopped = from <= time ? until : 0;
    return Math.max(stopped, this.clone.wakesAt(time) ?? 0);
  }

  /** Ends when it goes on that stands still; at once where it does not. */
  async whileStopped(): Promise<void> {
    const left = (this.stopped_until ?? 0) - this.#world.scheduler.time;
    if (left > 0) await this.#world.scheduler.sleep(this, left, 'goes on');
  }

  /** Parks until it is this call's turn. */
  call<T>(described: Described, effect: () => T): Promise<T> {
    return this.#world.scheduler.park(this.#whole(described, this.#latency()), () => {
      if (described.stores && this.isDiskFull) throw new LedgerError('STORAGE_FAILED', DISK_FULL);
      return this.hears(described.what, effect());
    });
  }

  /** To be told what each call of it is answered. */
  hears<T>(what: string, answer: T): T {
    this.#world.steps?.hear(this.name, what, answer);
    return answer;
  }

  /** What of its clone it is told in the middle of a turn: that is no call. */
  sees<T>(touched: string, answer: T): T {
    this.#world.steps?.touch([`${this.clone.name} ${touched}`], false);
    return this.hears(touched, answer);
  }

  get isDiskFull(): boolean {
    const { from, until } = this.clone.disk_full ?? { from: 0, until: 0 };
    return from <= this.#world.scheduler.time && this.#world.scheduler.time < until;
  }

  /** A call whose caller does not wait, so that nobody can come between; but the process can die of it. */
  callAtOnce(described: Described, effect: () => void): void {
    if (!this.alive) return;
    const call = this.#whole({ ...described, writes: true }, 0);
    const fate: Fate = this.#world.fateOf(call);
    if (fate === 'dies before') return this.kill();
    effect();
    this.did(call);
    this.#world.steps?.touch(call.touches, true);
    this.#world.note(call);
    if (fate === 'dies after') this.kill();
  }

  /** Notes where the clone's branch is now. */
  moved(ref: string, tip: Oid | undefined): void {
    if (ref === BRANCH) this.clone.tips.push({ at: this.#world.scheduler.time, tip });
  }

  /** To be told of each call of it that had its effect. */
  did({ number, writes, touches }: { number: number; writes: boolean; touches: readonly string[] }): void {
    // A lock of a clone matters to its other processes alone, and the system lets go of it.
    const isLock = touches.every((one) => one.startsWith(`${this.clone.name} lock `));
    const isAlone = this.#world.processes.every(
      (one) => one === this || one.clone !== this.clone || !one.alive,
    );
    if (writes && !(isLock && isAlone)) this.#mayDie({ call: number, when: 'after' });
  }

  get reach(): Reach {
    return { messages: this.#messages, deaths: [...this.#deaths.values()] };
  }

  /** To be asked for each message that goes to the remote. */
  sends(writes: boolean): Sending {
    const number = this.#messages.push({ writes });
    // It arrives, whatever becomes of its sender.
    if (writes) this.#mayDie({ call: this.calls + 1, when: 'before' });
    const mishap = this.#world.mishapOf(this, number);
    const way = (which: string): number =>
      this.#world.instant
        ? 0
        : this.slowness * (10 + 60 * chanceOf(this.#world.seed, this.name, number, which));
    const { there_ms, back_ms } = mishap?.kind === 'late' ? mishap : { there_ms: 0, back_ms: 0 };
    const isCutOff = number <= this.#cutOff;
    if (mishap?.kind === 'cut off') this.#cutOff = number + mishap.messages;
    return { number, mishap, isCutOff, there_ms: there_ms + way('there'), back_ms: back_ms + way('back') };
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const task of this.onEnd) task();
    this.clone.letGo(this);
    this.#world.steps?.touch([`${this.clone.name} lock *`, `${this.clone.name} requests`], true);
    this.#world.tell(`${this.name} is killed`);
    this.onKilled();
  }

  /** The ledger of the clone, as the program opens it. */
  async open({ mode = 'push', actor = this.clone.identity }: Opening = {}): Promise<WorkLedger> {
    return this.#keep(await openOn(this.#backend(), { actor, mode }));
  }

  async init(): Promise<WorkLedger> {
    return this.#keep((await initOn(this.#backend(), { actor: this.clone.name })).ledger);
  }

  /** Frees the memory that the system would free when a process ends. */
  free(): void {
    this.kill();
    for (const ledger of this.#opened.splice(0)) connectionOf(ledger).projection.close();
  }

  /** Waits by the clock that only goes forward: where that stands still while the machine sleeps, it waits for the rest. */
  async rest(ms: number, what?: string): Promise<void> {
    const { scheduler } = this.#world;
    const end = this.clone.elapsedAt(scheduler.time) + ms;
    let left = ms;
    do {
      await scheduler.sleep(this, left, what);
      left = end - this.clone.elapsedAt(scheduler.time);
    } while (left > 0.001);
  }

  #after(ms: number, task: () => void): () => void {
    let isOn = true;
    void this.rest(ms).then(() => isOn && task());
    return () => {
      isOn = false;
    };
  }

  #mayDie(death: Death): void {
    this.#deaths.set(`${death.when} ${death.call}`, death);
  }

  #keep(ledger: WorkLedger): WorkLedger {
    this.#opened.push(ledger);
    return ledger;
  }

  #backend(): Parameters<typeof openOn>[0] {
    const { objects } = this.#world;
    const { clock } = this.#machine;
    const store = new SimulatedStore(this, objects);
    return {
      machine: this.#machine,
      config: {
        remotes: new Map([['origin', 'memory:']]),
        pushes: new Map(),
        settings: new Map(),
        identity: { name: this.clone.identity, email: `${this.clone.identity}@example.org` },
      },
      place: this.clone.name,
      standsAt: () => this.clone.place,
      refs: store,
      lock: new SimulatedLock(this, clock),
      state: new SimulatedState(this),
      openRequestQueue: async () => new SimulatedRequestQueue(this, clock),
      local: undefined,
      indexDir: undefined,
      store: async () => store,
      connect: async ({ name, seenRef }) =>
        new MemoryConnection(
          new HostConnection({
            host: this.#world.host,
            wire: new Network(this, this.#world),
            freight: new SharedObjects(objects, this.clone),
          }),
          store,
          { name, seenRef, reads: undefined },
        ),
      close: async () => undefined,
    };
  }

  #whole({ what, touches, writes = false }: Described, takes: number) {
    this.calls += 1;
    return {
      by: this,
      what,
      touches: touches.map((one) => `${this.clone.name} ${one}`),
      writes,
      due: this.#world.scheduler.time + takes,
      number: this.calls,
    };
  }

  /** Mostly short, and now and then long enough for others to do much meanwhile. */
  #latency(): number {
    if (this.#world.instant) return 0;
    const chance = chanceOf(this.#world.seed, this.name, this.calls, 'takes');
    return this.slowness * (chance > 0.98 ? 150 * (chance - 0.98) * 50 : chance);
  }
}
