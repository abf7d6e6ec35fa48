import type { RememberedExecution } from '../../../src/agents/workers/execution-memory.ts';
import type { Oid } from '../../../src/store/port.ts';
import type { Place } from '../../../src/sync/clone-name.ts';
import type { Actor } from '../scheduler.ts';
import type { ObjectPool } from './objects.ts';

/** How a clone's clock differs from the time of the world. */
export interface Skew {
  /** Milliseconds that it is ahead. */
  ahead_ms: number;
  /** From when on, in virtual milliseconds: clocks jump. */
  from: number;
}

/** A while in which a machine does nothing, and its date goes on. */
export interface Sleep {
  /** In virtual milliseconds. */
  from: number;
  until: number;
  /** Whether its clock that only goes forward goes on as well. */
  counted: boolean;
}

/** A request of one process of a clone to another. */
export interface Request {
  state: 'asked' | 'taken' | 'answered';
  text: string;
  by: Actor;
}

/** Of a copy: who commits there, and where it stands. */
interface Origin {
  identity?: string;
  place?: Place;
}

/** What of a clone is on its disk, and so outlives its processes: all that they share. */
export class Clone {
  readonly name: string;
  /** Who commits here, and where it stands: those of a copy tell of what it was copied from. */
  readonly identity: string;
  readonly place: Place;
  readonly refs: Map<string, Oid>;
  readonly state: Map<string, string>;
  /** Who holds which lock. A process that dies lets go. */
  readonly locks = new Map<string, Actor>();
  readonly requests = new Map<string, Request>();
  /** Objects that are gone from it. */
  readonly #pruned = new Set<Oid>();
  /** Objects that a process makes, and that no ref has yet. */
  readonly #made = new Map<Actor, readonly Oid[]>();
  /** What pools remember of their executions, with whose they are. */
  readonly executions = new Map<string, RememberedExecution & { pool: string; by: Actor }>();
  /** Where its branch was, and from when on. */
  readonly tips: { at: number; tip: Oid | undefined }[] = [];
  /** In the order of their times. */
  skews: Skew[] = [];
  sleeps: Sleep[] = [];
  /** When nothing can be written. */
  disk_full: { from: number; until: number } | undefined;

  constructor(
    name: string,
    from: { refs?: Iterable<[string, Oid]>; state?: Iterable<[string, string]> } = {},
    { identity = name, place = { machine: name, path: '/clone', inode: '1' } }: Origin = {},
  ) {
    this.name = name;
    this.identity = identity;
    this.place = place;
    this.refs = new Map(from.refs);
    this.state = new Map(from.state);
  }

  /** How far its clock is ahead at a time. */
  aheadAt(time: number): number {
    return this.skews.findLast(({ from }) => from <= time)?.ahead_ms ?? 0;
  }

  /** When its machine wakes that sleeps at a time; `undefined` where it is awake. */
  wakesAt(time: number): number | undefined {
    const asleep = this.sleeps.filter(({ from, until }) => from <= time && time < until);
    return asleep.length === 0 ? undefined : Math.max(...asleep.map(({ until }) => until));
  }

  /** Milliseconds up to a time by its clock that only goes forward. */
  elapsedAt(time: number): number {
    return (
      time -
      sleptThrough(
        this.sleeps.filter(({ counted }) => !counted),
        time,
      )
    );
  }

  /** A copy of what is on the disk. */
  keep(): { refs: ReadonlyMap<string, Oid>; state: ReadonlyMap<string, string> } {
    return { refs: new Map(this.refs), state: new Map(this.state) };
  }

  /** Another clone, with all that is on the disk of this one. */
  copy(name: string, place: Place): Clone {
    const copied = new Clone(name, this, { identity: this.identity, place });
    for (const oid of this.#pruned) copied.#pruned.add(oid);
    // The same machine has the same clock, and sleeps at the same time.
    if (place.machine === this.place.machine) {
      copied.skews = this.skews;
      copied.sleeps = this.sleeps;
    }
    return copied;
  }

  putBack({ refs, state }: ReturnType<Clone['keep']>): void {
    for (const [mine, kept] of [
      [this.refs, refs],
      [this.state, state],
    ] as const) {
      mine.clear();
      for (const [key, value] of kept) mine.set(key, value);
    }
  }

  has(oid: Oid): boolean {
    return !this.#pruned.has(oid);
  }

  /** Has them from now on. */
  gets(oids: Iterable<Oid>): void {
    if (this.#pruned.size > 0) for (const oid of oids) this.#pruned.delete(oid);
  }

  /** Has what these refs reach, as after a fetch. */
  fetched(tips: Iterable<Oid | undefined>, objects: ObjectPool): void {
    if (this.#pruned.size > 0) this.gets(objects.reachedFrom(tips));
  }

  /** What a process makes at a time is left alone, as git leaves it where it was told how old that has to be. */
  makes(process: Actor, oids: readonly Oid[]): void {
    this.#made.set(process, oids);
  }

  /** Loses all that no ref reaches, as by `git gc --prune=now` once logs of refs are gone. */
  prune(objects: ObjectPool): void {
    const kept = objects.reachedFrom([...this.refs.values(), ...[...this.#made.values()].flat()]);
    for (const oid of objects.names()) if (!kept.has(oid)) this.#pruned.add(oid);
  }

  letGo(dead: Actor): void {
    this.#made.delete(dead);
    for (const [name, holder] of this.locks) if (holder === dead) this.locks.delete(name);
  }
}

/** For how many milliseconds up to a time somebody slept who slept in these; where two of them meet, that counts once. */
export function sleptThrough(sleeps: readonly Pick<Sleep, 'from' | 'until'>[], time: number): number {
  let [slept, awake] = [0, 0];
  for (const { from, until } of sleeps.toSorted((one, other) => one.from - other.from)) {
    slept += Math.max(0, Math.min(until, time) - Math.max(from, awake));
    awake = Math.max(awake, until);
  }
  return slept;
}
