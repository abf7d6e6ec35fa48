import type {
  BranchPushResult,
  Combined,
  FetchResult,
  FetchScope,
  LedgerRemote,
  Offer,
  Patience,
  PushResult,
  SideRefs,
  Written,
} from '../../src/remote/port.ts';
import type { MemoryRemote } from './memory-remote.ts';

/** One clone's connection, which can be cut, and can lose the answer to a push that was taken. */
export class FaultyRemote implements LedgerRemote {
  readonly #inner: LedgerRemote;
  readonly #shared: MemoryRemote;
  cut = false;
  /** The next push is taken, its answer is lost, and the connection with it. */
  loseNextAnswer = false;
  /** The next push is lost before it arrives. */
  loseNextPush = false;
  /** Works as a clone that neither offers nor combines. */
  keepsToItself = false;
  /** Takes no refs together. */
  movesEachAlone = false;
  /** Pushes and offers that were tried. */
  pushes = 0;
  /** Times that the remote was asked what it has. */
  fetches = 0;
  /** How much time each of these was given, in milliseconds. */
  timesLeft: (number | undefined)[] = [];
  /** Cannot ask what is there where pushes go. */
  mayNotPush = false;
  /** Why a push of this tip is refused, as by a hook. */
  refusalOf: (tip: string) => Promise<string | undefined> = async () => undefined;
  /** Waited for before something is put into an inbox by a push of its own. */
  beforeInbox: () => Promise<void> = async () => undefined;
  /** Waited for before side refs are listed. */
  beforeList: () => Promise<void> = async () => undefined;
  /** Waited for before a side ref is taken away. */
  beforeRetract: () => Promise<void> = async () => undefined;
  /** Waited for before a push is sent. */
  beforePush: () => Promise<void> = async () => undefined;

  constructor(inner: LedgerRemote, shared: MemoryRemote) {
    this.#inner = inner;
    this.#shared = shared;
  }

  get name(): string {
    return this.#inner.name;
  }

  get url(): string {
    return this.#inner.url;
  }

  get seenRef(): string {
    return this.#inner.seenRef;
  }

  get inbox(): SideRefs | undefined {
    const { inbox } = this.#inner;
    if (inbox === undefined || this.keepsToItself) return undefined;
    const beside = this.#beside(inbox);
    return {
      ...beside,
      publish: async (...asked) => {
        this.pushes += 1;
        await this.beforeInbox();
        return beside.publish(...asked);
      },
    };
  }

  get presence(): SideRefs | undefined {
    const { presence } = this.#inner;
    return presence && this.#beside(presence);
  }

  get reviews(): SideRefs {
    return this.#beside(this.#inner.reviews);
  }

  #beside(refs: SideRefs): SideRefs {
    const away = { kind: 'unreachable', cause: new Error('the connection is cut') } as const;
    return {
      namespace: refs.namespace,
      mirror: refs.mirror,
      publish: async (...asked) => (this.cut ? away : refs.publish(...asked)),
      retract: async (...asked) => {
        await this.beforeRetract();
        return this.cut ? away : refs.retract(...asked);
      },
      list: async (...asked) => {
        await this.beforeList();
        return this.cut ? away : refs.list(...asked);
      },
    };
  }

  async fetch(scope?: FetchScope, patience?: Patience): Promise<FetchResult> {
    this.fetches += 1;
    this.timesLeft.push(patience?.left());
    return this.cut
      ? { kind: 'unreachable', cause: new Error('the connection is cut') }
      : this.#inner.fetch(scope, patience);
  }

  get writesTo(): LedgerRemote['writesTo'] {
    return this.#inner.writesTo;
  }

  written(patience?: Patience): Promise<Written> {
    return this.cut || this.mayNotPush ? Promise.resolve('unknown') : this.#inner.written(patience);
  }

  async push(
    tip: string,
    offer?: Offer,
    combined?: readonly Combined[],
    patience?: Patience,
  ): Promise<BranchPushResult> {
    this.pushes += 1;
    await this.beforePush();
    if (this.movesEachAlone && combined !== undefined && combined.length > 0)
      return { kind: 'refused', reason: 'the remote moves each ref by itself', together: false };
    const reason = await this.refusalOf(tip);
    if (reason !== undefined) {
      // A hook says no to the branch, and not to what is put beside it.
      if (offer !== undefined) await this.#inner.inbox?.publish(offer.clone, offer.pending, offer.expected);
      return { kind: 'refused', reason };
    }
    const broken = (): PushResult => ({ kind: 'unknown', cause: new Error('the connection broke') });
    if (this.cut) return { kind: 'unreachable', cause: new Error('the connection is cut') };
    if (this.loseNextPush) {
      this.loseNextPush = false;
      return broken();
    }
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      this.#shared.breakOffNextPush('after');
      const result = await this.#inner.push(tip, offer, combined, patience);
      this.cut = true;
      return result;
    }
    return this.#inner.push(tip, offer, combined, patience);
  }
}
