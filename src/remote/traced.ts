import type { Oid } from '../store/port.ts';
import { type FetchTrace, type PushTrace, type RemotePart, traced } from '../trace/channels.ts';
import { maskUrls } from '../trace/mask.ts';
import type {
  BranchPushResult,
  Combined,
  FetchResult,
  FetchScope,
  LedgerRemote,
  Offer,
  Patience,
  SideRefList,
  SideRefs,
  Written,
  WrittenTo,
} from './port.ts';

/** A remote whose every look and push is published, with its answer. */
export class TracedRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly writesTo: WrittenTo | undefined;
  readonly seenRef: string;
  readonly inbox: SideRefs | undefined;
  readonly presence: SideRefs | undefined;
  readonly reviews: SideRefs;
  readonly #remote: LedgerRemote;

  constructor(remote: LedgerRemote) {
    const { name, url, writesTo, seenRef, inbox, presence, reviews } = remote;
    this.name = name;
    this.url = url;
    this.writesTo = writesTo;
    this.seenRef = seenRef;
    this.#remote = remote;
    this.inbox = inbox && this.#sideRefs('inbox', inbox);
    this.presence = presence && this.#sideRefs('presence', presence);
    this.reviews = this.#sideRefs('review', reviews);
  }

  fetch(scope: FetchScope = 'all', patience?: Patience): Promise<FetchResult> {
    const part = scope === 'all' && this.inbox !== undefined ? 'branch and inboxes' : 'branch';
    return this.#fetch(part, () => this.#remote.fetch(scope, patience), fetched);
  }

  push(
    tip: Oid,
    offer?: Offer,
    combined?: readonly Combined[],
    patience?: Patience,
  ): Promise<BranchPushResult> {
    const push = () => this.#remote.push(tip, offer, combined, patience);
    return this.#push('branch', tip, push, pushed, offer?.pending);
  }

  written(patience?: Patience): Promise<Written> {
    const end = (outcome: Written): Partial<FetchTrace> => ({ outcome });
    return this.#fetch('written branch', () => this.#remote.written(patience), end);
  }

  #sideRefs(part: RemotePart, refs: SideRefs): SideRefs {
    return {
      namespace: refs.namespace,
      mirror: refs.mirror,
      publish: (name, commit, expected, patience) =>
        this.#push(part, commit, () => refs.publish(name, commit, expected, patience), pushed),
      retract: (name, expected, patience) =>
        this.#push(part, null, () => refs.retract(name, expected, patience), pushed),
      list: (patience) => this.#fetch(part, () => refs.list(patience), fetched),
    };
  }

  #fetch<T>(part: RemotePart, work: () => Promise<T>, end: (answer: T) => Partial<FetchTrace>): Promise<T> {
    const url = (): string => (part === 'written branch' ? this.#writtenUrl() : maskUrls(this.url));
    return traced('fetch', () => ({ remote: this.name, url: url(), part }), work, end);
  }

  #writtenUrl(): string {
    return maskUrls(this.writesTo?.url ?? this.url);
  }

  #push<T>(
    part: RemotePart,
    tip: Oid | null,
    work: () => Promise<T>,
    end: (answer: T) => Partial<PushTrace>,
    offer?: Oid,
  ): Promise<T> {
    const began = () => {
      const where = { remote: this.name, url: this.#writtenUrl() };
      return { ...where, part, tip, ...(offer === undefined ? {} : { offer }) };
    };
    return traced('push', began, work, end);
  }
}

function fetched(answer: FetchResult | SideRefList): Partial<FetchTrace> {
  switch (answer.kind) {
    case 'ok':
      return { outcome: 'ok', ...('tip' in answer ? { tip: answer.tip ?? null } : {}) };
    case 'rewritten':
      return { outcome: 'rewritten', tip: answer.found ?? null };
    case 'unreachable':
      return { outcome: 'unreachable', reason: maskUrls(answer.cause.message) };
    default:
      return answer satisfies never;
  }
}

function pushed(answer: BranchPushResult): Partial<PushTrace> {
  switch (answer.kind) {
    case 'accepted':
    case 'behind':
    case 'unconfirmed':
      return { outcome: answer.kind };
    case 'refused':
    case 'denied':
      return { outcome: answer.kind, reason: maskUrls(answer.reason) };
    case 'unreachable':
    case 'unknown':
      return { outcome: answer.kind, reason: maskUrls(answer.cause.message) };
    default:
      return answer satisfies never;
  }
}
