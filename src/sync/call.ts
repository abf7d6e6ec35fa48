import {
  type BranchPushResult,
  type Combined,
  type FetchResult,
  type FetchScope,
  type LedgerRemote,
  type Offer,
  Patience,
  type SideRefs,
  type Written,
  type WrittenTo,
} from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import type { CallContext, Clock, RemoteContext } from './ports.ts';

/** Milliseconds of a clock that only goes forward, where there is one. */
export const elapsed = (clock: Clock): number => clock.elapsed?.() ?? clock.now().getTime();

/** Who waited behind others has so long at least, in milliseconds, and so asks once, too. */
const SHORTEST_MS = 2_000;

/** When the time of a call is up that was made at `since` and waited behind others until now, by `elapsed`. */
export const deadlineOf = (clock: Clock, since: number, patience: number): number =>
  Math.max(since + patience, elapsed(clock) + SHORTEST_MS);

/** How long a call still has whose time is up at `deadline`, by `elapsed`. */
export const timeTo = (clock: Clock, deadline: number): number => Math.max(0, deadline - elapsed(clock));

/** The time of a call. @param deadline when it is up, by `elapsed` */
export const timeUntil = (clock: Clock, deadline: number): Patience =>
  new Patience(() => elapsed(clock), timeTo(clock, deadline));

/**
 * How long a remote may still say nothing in several calls that are one to their caller. What is done between them does not count, such as a
 * question to a person.
 */
export class SharedTime {
  readonly #clock: Clock;
  #left: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#left = ms;
  }

  /** Of calls that go on side by side, the one that waited longest counts. */
  async spend<T>(task: (time: Patience) => Promise<T>): Promise<T> {
    const time = new Patience(() => elapsed(this.#clock), this.#left);
    try {
      return await task(time);
    } finally {
      this.#left = Math.min(this.#left, time.left());
    }
  }
}

/** @param time of the call; where none is given, it begins now */
export function inCall(
  context: RemoteContext,
  time = timeUntil(context.clock, elapsed(context.clock) + context.patience),
): CallContext {
  return { ...context, remote: new PatientRemote(context.remote, time), time };
}

/** A remote for one call: all messages that it takes share one patience. */
class PatientRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly writesTo: WrittenTo | undefined;
  readonly seenRef: string;
  readonly inbox: SideRefs | undefined;
  readonly presence: SideRefs | undefined;
  readonly reviews: SideRefs;
  readonly #remote: LedgerRemote;
  readonly #patience: Patience;

  constructor(remote: LedgerRemote, patience: Patience) {
    const { name, url, writesTo, seenRef, inbox, presence, reviews } = remote;
    this.name = name;
    this.url = url;
    this.writesTo = writesTo;
    this.seenRef = seenRef;
    this.#remote = remote;
    this.#patience = patience;
    this.inbox = inbox && this.#sideRefs(inbox);
    this.presence = presence && this.#sideRefs(presence);
    this.reviews = this.#sideRefs(reviews);
  }

  fetch(scope?: FetchScope): Promise<FetchResult> {
    return this.#remote.fetch(scope, this.#patience);
  }

  push(tip: Oid, offer?: Offer, combined?: readonly Combined[]): Promise<BranchPushResult> {
    return this.#remote.push(tip, offer, combined, this.#patience);
  }

  written(): Promise<Written> {
    return this.#remote.written(this.#patience);
  }

  #sideRefs(refs: SideRefs): SideRefs {
    const { namespace, mirror } = refs;
    return {
      namespace,
      mirror,
      publish: (name, commit, expected) => refs.publish(name, commit, expected, this.#patience),
      retract: (name, expected) => refs.retract(name, expected, this.#patience),
      list: () => refs.list(this.#patience),
    };
  }
}
