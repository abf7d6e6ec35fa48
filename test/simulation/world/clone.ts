import type { Oid } from '../../../src/store/port.ts';
import type { Actor } from '../scheduler.ts';

/** How a clone's clock differs from the time of the world. */
export interface Skew {
  /** Milliseconds that it is ahead. */
  ahead_ms: number;
  /** From when on, in virtual milliseconds: clocks jump. */
  from: number;
}

/** A request of one process of a clone to another. */
export interface Request {
  state: 'asked' | 'taken' | 'answered';
  text: string;
  by: Actor;
}

/** What of a clone is on its disk, and so outlives its processes: all that they share. */
export class Clone {
  readonly name: string;
  readonly refs: Map<string, Oid>;
  readonly state: Map<string, string>;
  /** Who holds which lock. A process that dies lets go. */
  readonly locks = new Map<string, Actor>();
  readonly requests = new Map<string, Request>();
  /** Where its branch was, and from when on. */
  readonly tips: { at: number; tip: Oid | undefined }[] = [];
  /** In the order of their times. */
  skews: Skew[] = [];
  /** When nothing can be written. */
  disk_full: { from: number; until: number } | undefined;

  constructor(
    name: string,
    from: { refs?: Iterable<[string, Oid]>; state?: Iterable<[string, string]> } = {},
  ) {
    this.name = name;
    this.refs = new Map(from.refs);
    this.state = new Map(from.state);
  }

  /** How far its clock is ahead at a time. */
  aheadAt(time: number): number {
    return this.skews.findLast(({ from }) => from <= time)?.ahead_ms ?? 0;
  }

  /** A copy of what is on the disk. */
  keep(): { refs: ReadonlyMap<string, Oid>; state: ReadonlyMap<string, string> } {
    return { refs: new Map(this.refs), state: new Map(this.state) };
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

  letGo(dead: Actor): void {
    for (const [name, holder] of this.locks) if (holder === dead) this.locks.delete(name);
  }
}
