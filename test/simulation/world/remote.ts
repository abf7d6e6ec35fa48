import { asError } from '../../../src/domain/errors.ts';
import {
  acceptedRefOf,
  advanceSeen,
  compareWithSeen,
  expectedAt,
  INBOX,
  mirrorOf,
  mirrorRefs,
  noteAccepted,
  presenceMirrorOf,
  REVIEWS,
  reviewMirrorOf,
} from '../../../src/remote/clone-refs.ts';
import type {
  BranchPushResult,
  Combined,
  FetchResult,
  FetchScope,
  LedgerRemote,
  Offer,
  Patience,
  PushResult,
  SideRefList,
  SideRefs,
  Written,
  WrittenTo,
} from '../../../src/remote/port.ts';
import type { LedgerStore, Oid } from '../../../src/store/port.ts';
import type { HostConnection, SideFolder, Swap } from './connection.ts';

/** What of a clone's store a connection works with. */
type CloneRefs = Pick<LedgerStore, 'readRef' | 'listRefs' | 'moveRef' | 'mergeBase'>;

/** The branch of a remote in memory, as one clone reaches it. */
export class MemoryConnection implements LedgerRemote {
  readonly name: string;
  readonly url = 'memory:';
  readonly writesTo: WrittenTo | undefined;
  readonly seenRef: string;
  readonly inbox: SideRefs | undefined;
  readonly presence: SideRefs;
  readonly reviews: SideRefs;
  readonly #remote: HostConnection;
  readonly #reads: HostConnection;
  readonly #clone: CloneRefs;

  constructor(
    remote: HostConnection,
    store: CloneRefs,
    as: { name: string; seenRef: string; reads: HostConnection | undefined },
  ) {
    this.#remote = remote;
    this.#reads = as.reads ?? remote;
    this.writesTo = as.reads && { url: 'memory:written', acceptedRef: acceptedRefOf(as.name) };
    this.#clone = store;
    this.name = as.name;
    this.seenRef = as.seenRef;
    this.inbox =
      as.reads === undefined
        ? new MemorySideRefs(remote, store, {
            folder: 'inboxes',
            namespace: INBOX,
            mirror: mirrorOf(as.name),
            builtOn: as.seenRef,
          })
        : undefined;
    this.presence = new MemorySideRefs(remote, store, {
      folder: 'presence',
      namespace: 'refs/work-ledger/presence/',
      mirror: presenceMirrorOf(as.name),
    });
    this.reviews = new MemorySideRefs(remote, store, {
      folder: 'reviews',
      namespace: REVIEWS,
      mirror: reviewMirrorOf(as.name),
    });
  }

  async fetch(scope: FetchScope = 'all', patience?: Patience): Promise<FetchResult> {
    const seen = await this.#clone.readRef(this.seenRef);
    let given: Awaited<ReturnType<HostConnection['give']>>;
    try {
      given = await this.#reads.give(seen, patience);
    } catch (cause) {
      return { kind: 'unreachable', cause: asError(cause) };
    }
    const found = given.tip;
    if (seen !== undefined && (found === undefined || (await this.#clone.mergeBase(seen, found)) !== seen)) {
      return { kind: 'rewritten', seen, found };
    }
    if (scope === 'all' && this.inbox !== undefined)
      await mirrorRefs(this.#clone, this.inbox.mirror, given.inboxes);
    return {
      kind: 'ok',
      tip: found === undefined ? undefined : await advanceSeen(this.#clone, this.seenRef, found),
    };
  }

  async push(
    tip: Oid,
    offer?: Offer,
    combined: readonly Combined[] = [],
    patience?: Patience,
  ): Promise<BranchPushResult> {
    const { writesTo } = this;
    const seen = await this.#clone.readRef(this.seenRef);
    const expected = await expectedAt(this.#clone, { seen, writesTo }, tip);
    const result = await this.#remote.offer(expected, tip, { offer, combined }, patience);
    if (result.kind !== 'accepted') return result;
    if (writesTo === undefined) {
      await advanceSeen(this.#clone, this.seenRef, tip);
      return result;
    }
    await noteAccepted(this.#clone, writesTo, tip);
    return { kind: 'unconfirmed' };
  }

  async written(patience?: Patience): Promise<Written> {
    const seen = await this.#clone.readRef(this.seenRef);
    if (seen === undefined) return 'holds';
    try {
      const tip = await this.#remote.giveWritten(seen, patience);
      return await compareWithSeen(this.#clone, seen, tip);
    } catch {
      return 'unreachable';
    }
  }
}

/** Refs beside the branch as one clone reaches them in memory. */
class MemorySideRefs implements SideRefs {
  readonly namespace: string;
  readonly mirror: string;
  readonly #remote: HostConnection;
  readonly #clone: CloneRefs;
  readonly #folder: SideFolder;
  readonly #builtOn: string | undefined;

  constructor(
    remote: HostConnection,
    clone: CloneRefs,
    {
      folder,
      namespace,
      mirror,
      builtOn,
    }: {
      folder: SideFolder;
      namespace: string;
      mirror: string;
      /** What the commits there build on, as far as the remote has it: a ref of the clone. */
      builtOn?: string;
    },
  ) {
    this.namespace = namespace;
    this.mirror = mirror;
    this.#remote = remote;
    this.#clone = clone;
    this.#folder = folder;
    this.#builtOn = builtOn;
  }

  publish(name: string, commit: Oid, expected: Oid | undefined, patience?: Patience): Promise<PushResult> {
    return this.#swap({ name, expected, next: commit }, patience);
  }

  retract(name: string, expected: Oid, patience?: Patience): Promise<PushResult> {
    return this.#swap({ name, expected, next: undefined }, patience);
  }

  async #swap(swap: Swap, patience: Patience | undefined): Promise<PushResult> {
    const seen = this.#builtOn === undefined ? undefined : await this.#clone.readRef(this.#builtOn);
    return this.#remote.swapSideRef(this.#folder, swap, seen, patience);
  }

  async list(patience?: Patience): Promise<SideRefList> {
    try {
      const found = await this.#remote.giveSideRefs(this.#folder, patience);
      await mirrorRefs(this.#clone, this.mirror, found);
      return { kind: 'ok', found };
    } catch (cause) {
      return { kind: 'unreachable', cause: asError(cause) };
    }
  }
}
