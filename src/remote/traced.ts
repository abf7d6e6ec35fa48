import type { Oid } from '../store/port.ts';
import { type FetchTrace, type PushTrace, type RemotePart, traced } from '../trace/channels.ts';
import { maskUrls } from '../trace/mask.ts';
import type {
  FetchResult,
  FetchScope,
  Inbox,
  LedgerRemote,
  PushResult,
  SideRefList,
  SideRefs,
} from './port.ts';

/** A remote whose every look and push is published, with its answer. */
export class TracedRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly seenRef: string;
  readonly inbox: Inbox | undefined;
  readonly presence: SideRefs | undefined;
  readonly reviews: SideRefs;
  readonly #remote: LedgerRemote;

  constructor(remote: LedgerRemote) {
    const { name, url, seenRef, inbox, presence, reviews } = remote;
    this.name = name;
    this.url = url;
    this.seenRef = seenRef;
    this.#remote = remote;
    this.inbox = inbox && {
      clone: inbox.clone,
      mirror: inbox.mirror,
      offer: (pending) => this.#push('inbox', pending, () => inbox.offer(pending), answered),
      retract: () => this.#push('inbox', null, () => inbox.retract(), answered),
    };
    this.presence = presence && this.#beside('presence', presence);
    this.reviews = this.#beside('review', reviews);
  }

  fetch(scope: FetchScope = 'all'): Promise<FetchResult> {
    const part = scope === 'all' && this.inbox !== undefined ? 'branch and inboxes' : 'branch';
    return this.#fetch(part, () => this.#remote.fetch(scope));
  }

  push(tip: Oid, offer?: Oid): Promise<PushResult> {
    return this.#push('branch', tip, () => this.#remote.push(tip, offer), pushed, offer);
  }

  #beside(part: RemotePart, refs: SideRefs): SideRefs {
    return {
      namespace: refs.namespace,
      mirror: refs.mirror,
      publish: (name, commit, expected) =>
        this.#push(part, commit, () => refs.publish(name, commit, expected), pushed),
      retract: (name, expected) => this.#push(part, null, () => refs.retract(name, expected), pushed),
      list: () => this.#fetch(part, () => refs.list()),
    };
  }

  #fetch<T extends FetchResult | SideRefList>(part: RemotePart, work: () => Promise<T>): Promise<T> {
    const { name: remote, url } = this;
    return traced('fetch', () => ({ remote, url, part }), work, fetched);
  }

  #push<T>(
    part: RemotePart,
    tip: Oid | null,
    work: () => Promise<T>,
    end: (answer: T) => Partial<PushTrace>,
    offer?: Oid,
  ): Promise<T> {
    const { name: remote, url } = this;
    const began = () => ({ remote, url, part, tip, ...(offer === undefined ? {} : { offer }) });
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

function pushed(answer: PushResult): Partial<PushTrace> {
  switch (answer.kind) {
    case 'accepted':
    case 'behind':
      return { outcome: answer.kind };
    case 'refused':
      return { outcome: 'refused', reason: maskUrls(answer.reason) };
    case 'unreachable':
    case 'unknown':
      return { outcome: answer.kind, reason: maskUrls(answer.cause.message) };
    default:
      return answer satisfies never;
  }
}

const answered = (taken: boolean): Partial<PushTrace> => ({ outcome: taken ? 'accepted' : 'not_accepted' });
