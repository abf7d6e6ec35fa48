import type { Oid } from '../../../src/store/port.ts';
import type { Place } from '../../../src/sync/clone-name.ts';
import { asSimulated } from '../guard.ts';
import { type Call, type Fate, Scheduler } from '../scheduler.ts';
import type { Steps } from '../steps.ts';
import type { AgentRun, Ending } from '../worker.ts';
import { Clone } from './clone.ts';
import { Host } from './host.ts';
import type { Mishap } from './network.ts';
import { ObjectPool } from './objects.ts';
import { Process } from './process.ts';

/** What befalls processes and messages, by their numbers. */
export interface Fates {
  fateOf(call: Call & { number: number }): Fate;
  mishapOf(process: Process, message: number): Mishap | undefined;
}

const NOTHING: Fates = { fateOf: () => 'ahead', mishapOf: () => undefined };

/** A world at rest: all that a run begins with. Making a world of it copies a few maps. */
export interface Snapshot {
  objects: ObjectPool;
  refs: ReadonlyMap<string, Oid>;
  clones: readonly { name: string; refs: ReadonlyMap<string, Oid>; state: ReadonlyMap<string, string> }[];
}

export interface WorldOptions {
  seed: number;
  from?: Snapshot | undefined;
  fates?: Fates | undefined;
  /** Calls take no time: whoever runs this decides on their order. */
  instant?: boolean | undefined;
  /** Told what each call touches, and what it answers. */
  steps?: Steps | undefined;
  /** Told each thing that happens, in the order of time. */
  onEvent?: ((at: number, text: string) => void) | undefined;
}

/** The remote, the clones and their processes, and the time that they have in common. */
export class World {
  readonly seed: number;
  readonly instant: boolean;
  readonly steps: Steps | undefined;
  readonly scheduler: Scheduler;
  readonly objects: ObjectPool;
  readonly host: Host;
  readonly clones = new Map<string, Clone>();
  readonly processes: Process[] = [];
  /** Who worked on what, how it ended as a worker said, and all executions that workers asked for. */
  readonly agents: AgentRun[] = [];
  readonly endings: Ending[] = [];
  readonly executions = new Set<string>();
  /** Commits that somebody pushed without the program, and those that a caller asked to acknowledge. */
  readonly forged = new Set<Oid>();
  readonly acknowledged = new Set<Oid>();
  isMended = false;
  #fates: Fates;
  readonly #onEvent: NonNullable<WorldOptions['onEvent']>;

  constructor({
    seed,
    from,
    fates = NOTHING,
    instant = false,
    steps,
    onEvent = () => undefined,
  }: WorldOptions) {
    this.seed = seed;
    this.instant = instant;
    this.steps = steps;
    this.objects = from?.objects.copy() ?? new ObjectPool();
    this.host = new Host(from?.refs);
    for (const { name, ...disk } of from?.clones ?? []) this.clones.set(name, new Clone(name, disk));
    this.#fates = fates;
    this.#onEvent = onEvent;
    this.scheduler = new Scheduler({
      fateOf: (call) => this.fateOf(call),
      onCall: (call) => {
        if (call.by instanceof Process) call.by.did(call as Call & { number: number });
        steps?.touch(call.touches, call.writes);
        this.note(call);
      },
      kill: (actor) => this.processes.find((process) => process === actor)?.kill(),
    });
  }

  addClone(name: string): Clone {
    const clone = new Clone(name);
    this.clones.set(name, clone);
    return clone;
  }

  /** Makes a clone beside another one, as `cp -r` does. */
  copy(clone: Clone, name: string, place: Place): Clone {
    const copied = clone.copy(name, place);
    this.clones.set(name, copied);
    return copied;
  }

  /** Starts a process of a clone: the first is `ada.1`. */
  start(clone: Clone): Process {
    const earlier = this.processes.filter((process) => process.clone === clone).length;
    const process = new Process(this, clone, `${clone.name}.${earlier + 1}`);
    this.processes.push(process);
    return process;
  }

  /** From now on nothing goes wrong any more. Clocks stay as they are. */
  mend(): void {
    this.isMended = true;
    this.host.mend();
    for (const clone of this.clones.values()) clone.disk_full = undefined;
    this.#fates = NOTHING;
  }

  /** Runs the world until a task of it is done, whoever else is at work. @throws Error where it waits for what never comes */
  async untilDone<T>(task: () => Promise<T>): Promise<T> {
    let done: { value: T } | { error: unknown } | undefined;
    asSimulated(task).then(
      (value) => {
        done = { value };
      },
      (error: unknown) => {
        done = { error };
      },
    );
    await this.scheduler.run(() => done !== undefined);
    if (done === undefined) throw new Error('it waits for something that never comes');
    if ('error' in done) throw done.error;
    return done.value;
  }

  fateOf(call: Call): Fate {
    return 'number' in call ? this.#fates.fateOf(call as Call & { number: number }) : 'ahead';
  }

  mishapOf(process: Process, message: number): Mishap | undefined {
    return this.#fates.mishapOf(process, message);
  }

  note({ by, what, writes, touches }: Call): void {
    const isSeen = writes || by.name.includes('#');
    if (isSeen && touches.length + Number(by.name.includes('#')) > 0) this.tell(`${by.name} ${what}`);
  }

  tell(text: string): void {
    this.#onEvent(this.scheduler.time, text);
  }

  snapshot(): Snapshot {
    return {
      objects: this.objects.copy(),
      refs: new Map(this.host.refs),
      clones: [...this.clones.values()].map(({ name, refs, state }) => ({
        name,
        refs: new Map(refs),
        state: new Map(state),
      })),
    };
  }
}
