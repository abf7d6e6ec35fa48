import type { Oid } from '../store/port.ts';

/** How long a remote may be silent where the caller does not say. */
const PATIENT_MS = 60_000;

/**
 * How long a call still waits for a remote that says nothing, over all messages that the call takes: one is made for each call.
 *
 * Time in which a transfer goes on does not count: a call ends for silence, and not for size.
 */
export class Patience {
  readonly #now: () => number;
  readonly #watchers = new Set<() => void>();
  #until: number;
  #shortened = 0;
  #transferred = 0;
  /** Ends the wait at once. */
  readonly signal: AbortSignal | undefined;

  /** @param now the clock that `ms` is measured by */
  constructor(now: () => number, ms: number, signal?: AbortSignal) {
    this.#now = now;
    this.#until = now() + ms;
    this.signal = signal;
  }

  /** For a message of which no caller said how long it may take. */
  static ofMessage(): Patience {
    return new Patience(() => performance.now(), PATIENT_MS);
  }

  /** Milliseconds; 0 where the time is up. */
  left(): number {
    return this.signal?.aborted ? 0 : Math.max(0, this.#until - this.#now());
  }

  /** Milliseconds that do not count, since something was coming in the meantime. */
  get transferred(): number {
    return this.#transferred;
  }

  /** So many milliseconds do not count: something was coming for somebody else who waited for the same. */
  extend(ms: number): void {
    if (ms <= 0 || this.signal?.aborted) return;
    this.#until += ms;
    this.#transferred += ms;
  }

  /** Ends the wait `ms` from now, if that is sooner: somebody waits for the same message who has less time left. */
  shorten(ms: number): void {
    if (ms >= this.left()) return;
    this.#until = this.#now() + ms;
    this.#shortened += 1;
    for (const onShorter of this.#watchers) onShorter();
  }

  /** @param onShorter called each time that the wait gets shorter, until the function that is returned is called */
  watch(onShorter: () => void): () => void {
    this.#watchers.add(onShorter);
    return () => void this.#watchers.delete(onShorter);
  }

  /**
   * For one message: to be called each time that something of it comes. What is left afterwards is what was left the first
   * time, so that nothing but the wait for that was spent.
   */
  transfer(): () => void {
    let [first, shortened]: [number | undefined, number] = [undefined, this.#shortened];
    return () => {
      const left = this.left();
      if (first === undefined || shortened !== this.#shortened) [first, shortened] = [left, this.#shortened];
      if (left > 0) this.extend(this.#now() + first - this.#until);
    };
  }
}

export type FetchResult =
  /** `tip` is `undefined` where the remote has no such branch, and never had as far as this clone saw. */
  | { kind: 'ok'; tip: Oid | undefined }
  /** What this clone has seen is not in the branch as it was read. Nothing moved. */
  | { kind: 'rewritten'; seen: Oid; found: Oid | undefined }
  | { kind: 'unreachable'; cause: Error };

/** What a fetch is to bring: the branch and the inboxes, or the branch alone. */
export type FetchScope = 'all' | 'branch';

export type PushResult =
  | { kind: 'accepted' }
  /**
   * The branch is elsewhere than was seen, or an offer that was combined: someone else was first. Fetch and decide again. `reason` is
   * what the remote said.
   */
  | { kind: 'behind'; reason?: string }
  /** A hook or a protected branch said no to what was pushed: final. `together` is false where it cannot take refs together, whatever they are. */
  | { kind: 'refused'; reason: string; together?: false }
  /** Nothing is taken from here, whatever it is: rights are missing, or the push asks for what the remote cannot do. */
  | { kind: 'denied'; reason: string }
  /** It never arrived. */
  | { kind: 'unreachable'; cause: Error }
  /** It broke off, and the remote may or may not have taken it: ask before saying anything. */
  | { kind: 'unknown'; cause: Error };

/** What became of a push to the branch, which can be read elsewhere than it is written. */
export type BranchPushResult =
  | PushResult
  /** It was taken where pushes go. Only what is read there counts: it is accepted once it shows. */
  | { kind: 'unconfirmed' };

/** How the branch is where pushes go, against what this clone has seen of it where it is read. */
export type Written =
  /** That is in it. */
  | 'holds'
  /** It is older, or there is none. */
  | 'lacks'
  /** It has another history. */
  | 'parted'
  /** Who asks is not told, as without the right to push. */
  | 'unknown'
  /** It does not answer. */
  | 'unreachable';

/** Where pushes go, where that is another address than the one that is read. */
export interface WrittenTo {
  /** For messages, without secrets. */
  readonly url: string;
  /** Local ref: what was last taken there. */
  readonly acceptedRef: string;
}

/**
 * The shared branch, as one clone reaches it.
 *
 * Law: the branch moves by fast-forward only, and of concurrent pushes from one tip exactly one is accepted. After `ok`
 * and `accepted`, the clone's ref `seenRef` is at the branch's tip; it never goes back. Where the branch is written at another
 * address than it is read, no push is `accepted`. A message ends within 5 s of the end of the patience that it was given, and
 * then nothing is left of it on this machine. Every adapter passes `test/conformance/remote.ts`.
 */
export interface LedgerRemote {
  readonly name: string;
  /** Where it is, for messages, without secrets. */
  readonly url: string;
  /** `undefined` where both are one, so that the answer to a push is the remote's own. */
  readonly writesTo: WrittenTo | undefined;
  /** Local ref: the shared tip that this clone last saw. */
  readonly seenRef: string;
  /**
   * Where clones that lost a push offer what they have pending, by the clone's name; `undefined` where the adapter cannot, or
   * was told not to. Its mirror is as of the last `fetch` of `all`.
   */
  readonly inbox: SideRefs | undefined;
  /** Where those who are at work say so; `undefined` where the adapter cannot, or was told not to. */
  readonly presence: SideRefs | undefined;
  /** Review branches, by the id of the item; each holds one commit on top of the branch. */
  readonly reviews: SideRefs;
  /**
   * @param scope `branch` leaves the mirror of the inboxes as it is, and what is offered where it is
   * @param patience of the call; without one, the adapter's own for each message
   */
  fetch(scope?: FetchScope, patience?: Patience): Promise<FetchResult>;
  /**
   * Offers `tip` as the branch's new tip; refused where the branch is not at `seenRef`.
   *
   * @param offer put into the inbox by the same push, whatever becomes of the branch; the inbox, too, moves only from the
   *   value that is expected
   * @param combined what `tip` has of other clones. All of the push is taken, or none of it: it is `behind` where one of these inboxes
   *   holds something else by now, and `refused` where the remote cannot take refs together, or takes one of them not. Not with an `offer`
   */
  push(
    tip: Oid,
    offer?: Offer,
    combined?: readonly Combined[],
    patience?: Patience,
  ): Promise<BranchPushResult>;
  /**
   * Asks where pushes go. A reading can be older than what was pushed, as from a replica; this tells a branch that was set back
   * from one that is read too early. Moves nothing that is shared.
   */
  written(patience?: Patience): Promise<Written>;
}

/** What a clone has pending, for its inbox. */
export interface Offer {
  /** The clone's name. */
  clone: string;
  pending: Oid;
  /** What the inbox holds; `undefined` where it is empty. */
  expected: Oid | undefined;
}

/** An offer of another clone whose transitions are part of what is pushed. The push puts what became of it in its place. */
export interface Combined {
  /** The clone that offered. */
  clone: string;
  /** What was read in its inbox. */
  offered: Oid;
  /** The last commit that was made of it. */
  landed: Oid;
}

export type SideRefList =
  /** What the remote has, by name. The mirror is the same. */
  { kind: 'ok'; found: ReadonlyMap<string, Oid> } | { kind: 'unreachable'; cause: Error };

/**
 * A folder of refs beside the branch, each overwritten in place, whatever it builds on.
 *
 * Law: a ref moves only from the value that the caller expects; `undefined` stands for one that is not there. Where it is
 * elsewhere, the answer is `behind` and it stays. Every adapter passes `test/conformance/remote-side-refs.ts`.
 */
export interface SideRefs {
  /** On the remote: this and a name. */
  readonly namespace: string;
  /** In this clone, as of the last `list`: this and a name. */
  readonly mirror: string;
  /** Puts a commit there; `accepted` too where the remote has it already. */
  publish(name: string, commit: Oid, expected: Oid | undefined, patience?: Patience): Promise<PushResult>;
  /** Takes it away; `accepted` or `behind` where it is gone already. */
  retract(name: string, expected: Oid, patience?: Patience): Promise<PushResult>;
  list(patience?: Patience): Promise<SideRefList>;
}
