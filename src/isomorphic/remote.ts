// In one file over 300 lines: each message is decided by one list of refs, which fetches, pushes and refs beside the branch share.
import type { AuthCallback } from 'isomorphic-git';
import git from 'isomorphic-git';
import { asError, LedgerError } from '../domain/errors.ts';
import { isAncestor, missingObjects } from '../git/model/history.ts';
import {
  advanceSeen,
  compareWithSeen,
  INBOX,
  inboxesIn,
  mirrorOf,
  mirrorRefs,
  presenceMirrorOf,
  REVIEWS,
  reviewMirrorOf,
  showTip,
  sideRefsIn,
} from '../remote/clone-refs.ts';
import {
  type Combined,
  type FetchResult,
  type FetchScope,
  type LedgerRemote,
  type Offer,
  Patience,
  type PushResult,
  type SideRefList,
  type SideRefs,
  type Written,
} from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { installPack } from './objects.ts';
import { demultiplex, encodeLine, FLUSH } from './pkt-line.ts';
import {
  type Advertisement,
  choose,
  readDiscoveryFailure,
  readPushFailure,
  readPushReport,
  SmartHttp,
} from './smart-http.ts';
import type { IsomorphicStore } from './store.ts';

export interface IsomorphicRemoteOptions {
  store: IsomorphicStore;
  name: string;
  /** http or https. A user and a password in it are used, and shown nowhere. */
  url: string;
  branch: string;
  seenRef: string;
  /** Where presence goes, such as `refs/work-ledger/presence`; without one there is none. */
  presence?: string | undefined;
  /** Asked for a user and a password where the server wants them and `url` has none. */
  onAuth?: AuthCallback | undefined;
}

interface RefCommand {
  ref: string;
  before: Oid | undefined;
  /** `undefined` removes the ref. */
  after: Oid | undefined;
}

const NOTHING = '0'.repeat(40);

/**
 * A remote over http or https, without the git program.
 *
 * The wire is spoken here and not by the library's `fetch` and `push`: those move refs before the objects are there, and by
 * force; they fail where the remote has no `HEAD`; and they push on top of whatever they find, not of what was seen.
 */
export class IsomorphicRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly writesTo = undefined;
  readonly seenRef: string;
  readonly inbox: SideRefs;
  readonly presence: SideRefs | undefined;
  readonly reviews: SideRefs;
  readonly #store: IsomorphicStore;
  readonly #http: SmartHttp;
  readonly #target: string;
  readonly #shownRef: string;

  /** @throws LedgerError `INVALID_INPUT` where `url` is no http or https address */
  constructor({ store, name, url, branch, seenRef, presence, onAuth }: IsomorphicRemoteOptions) {
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new LedgerError('INVALID_INPUT', `The remote ${name} is not at an http or https address.`, {
        hint: 'Without the git program, a remote is reached over https alone.',
      });
    }
    this.#store = store;
    this.#http = new SmartHttp({ url, onAuth });
    this.#target = `refs/heads/${branch}`;
    this.#shownRef = `refs/remotes/${name}/${branch}`;
    this.name = name;
    this.url = this.#http.url;
    this.seenRef = seenRef;
    this.inbox = this.#sideRefs(INBOX, mirrorOf(name), seenRef);
    this.presence =
      presence === undefined ? undefined : this.#sideRefs(`${presence}/`, presenceMirrorOf(name));
    this.reviews = this.#sideRefs(REVIEWS, reviewMirrorOf(name), seenRef);
  }

  async fetch(scope: FetchScope = 'all', patience = Patience.ofMessage()): Promise<FetchResult> {
    const mirrors = scope === 'all';
    // Read first: what was seen before asking must be in what the remote has when it is asked.
    const seen = await this.#store.readRef(this.seenRef);
    let found: Oid | undefined;
    let inboxes = new Map<string, Oid>();
    try {
      const advertisement = await this.#http.discover('git-upload-pack', patience);
      found = advertisement.refs.get(this.#target);
      if (mirrors) inboxes = inboxesIn(advertisement.refs);
      await this.#download(advertisement, [found, ...inboxes.values()], patience);
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      return { kind: 'unreachable', cause: asError(cause) };
    }
    if (found === undefined) {
      return seen === undefined ? { kind: 'ok', tip: undefined } : { kind: 'rewritten', seen, found };
    }
    if (seen !== undefined && !(await isAncestor(this.#store.objects, seen, found))) {
      return { kind: 'rewritten', seen, found };
    }
    if (mirrors) await mirrorRefs(this.#store, mirrorOf(this.name), inboxes);
    return { kind: 'ok', tip: await this.#advance(found) };
  }

  async push(
    tip: Oid,
    offer?: Offer,
    combined: readonly Combined[] = [],
    patience = Patience.ofMessage(),
  ): Promise<PushResult> {
    const seen = await this.#store.readRef(this.seenRef);
    let advertisement: Advertisement;
    try {
      advertisement = await this.#http.discover('git-receive-pack', patience);
    } catch (error) {
      return readDiscoveryFailure(error);
    }
    const { refs, capabilities } = advertisement;
    const decided =
      (await this.#decide(refs.get(this.#target), seen, tip)) ?? decideCombined(advertisement, combined);
    const branch = decided === undefined ? [{ ref: this.#target, before: seen, after: tip }] : [];
    const together = decided === undefined ? combined.map(commandFor) : [];
    const commands = [...branch, ...together, ...offerIn(refs, offer)];
    const sent =
      commands.length === 0
        ? undefined
        : await this.#send(capabilities, commands, {
            target: this.#target,
            seen,
            isTogether: together.length > 0,
            patience,
          });
    const result = decided ?? sent ?? { kind: 'behind' };
    if (result.kind === 'accepted') await this.#advance(tip);
    return result;
  }

  async written(patience = Patience.ofMessage()): Promise<Written> {
    const seen = await this.#store.readRef(this.seenRef);
    if (seen === undefined) return 'holds';
    try {
      const found = (await this.#http.discover('git-receive-pack', patience)).refs.get(this.#target);
      if (found === undefined) return 'lacks';
      // What is new there is found by the next fetch.
      const isHere = (await this.#store.objects.read(found)) !== undefined;
      return isHere ? await compareWithSeen(this.#store, seen, found) : 'unknown';
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      return 'unreachable';
    }
  }

  /**
   * What becomes of the branch, where that is certain without asking. Pushing on top of anything but what was seen would repair
   * a rewritten branch without a word.
   */
  async #decide(current: Oid | undefined, seen: Oid | undefined, tip: Oid): Promise<PushResult | undefined> {
    if (current === tip) return { kind: 'accepted' };
    if (current !== seen) return { kind: 'behind' };
    if (seen !== undefined && !(await isAncestor(this.#store.objects, seen, tip))) return { kind: 'behind' };
    return undefined;
  }

  /** @param builtOn what the commits there build on, as far as the remote has it: a ref of this clone */
  #sideRefs(namespace: string, mirror: string, builtOn?: string): SideRefs {
    const swap = (
      name: string,
      before: Oid | undefined,
      after: Oid | undefined,
      patience = Patience.ofMessage(),
    ): Promise<PushResult> => this.#swap({ ref: `${namespace}${name}`, before, after }, builtOn, patience);
    return {
      namespace,
      mirror,
      publish: (name, commit, expected, patience) => swap(name, expected, commit, patience),
      retract: (name, expected, patience) => swap(name, expected, undefined, patience),
      list: (patience = Patience.ofMessage()) => this.#listSideRefs(namespace, mirror, patience),
    };
  }

  /** Moves one ref, iff it is where the caller expects it. */
  async #swap(
    { ref, before, after }: RefCommand,
    builtOn: string | undefined,
    patience: Patience,
  ): Promise<PushResult> {
    let advertisement: Advertisement;
    try {
      advertisement = await this.#http.discover('git-receive-pack', patience);
    } catch (error) {
      return readDiscoveryFailure(error);
    }
    const current = advertisement.refs.get(ref);
    if (current === after) return { kind: 'accepted' };
    if (current !== before) return { kind: 'behind' };
    const seen = builtOn === undefined ? undefined : await this.#store.readRef(builtOn);
    return this.#send(advertisement.capabilities, [{ ref, before, after }], { target: ref, seen, patience });
  }

  async #listSideRefs(namespace: string, mirror: string, patience: Patience): Promise<SideRefList> {
    try {
      const advertisement = await this.#http.discover('git-upload-pack', patience);
      const found = sideRefsIn(advertisement.refs, namespace);
      const have = (await this.#store.listRefs(mirror)).map(({ oid }) => oid);
      await this.#download(advertisement, [...found.values()], patience, have);
      await mirrorRefs(this.#store, mirror, found);
      return { kind: 'ok', found };
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      return { kind: 'unreachable', cause: asError(cause) };
    }
  }

  /** Objects come in one pack: what refs that are there already reach is not sent again. */
  async #download(
    { capabilities }: Advertisement,
    wanted: readonly (Oid | undefined)[],
    patience: Patience,
    more: readonly Oid[] = [],
  ): Promise<void> {
    const haves = new Set([...(await this.#haves()), ...more]);
    const wants = new Set(wanted.filter((oid) => oid !== undefined && !haves.has(oid)));
    if (wants.size === 0) return;
    const agreed = choose(capabilities, ['side-band-64k', 'ofs-delta', 'no-progress']);
    const request = [
      ...[...wants].map((oid, n) => encodeLine(`want ${oid}${n === 0 ? ` ${agreed}` : ''}\n`)),
      Buffer.from(FLUSH),
      ...[...haves].map((oid) => encodeLine(`have ${oid}\n`)),
      encodeLine('done\n'),
    ];
    const answer = await this.#http.call('git-upload-pack', request, patience);
    await installPack(this.#store.objects, demultiplex(answer).payload);
  }

  /** Refs are durable and whole, which objects that merely lie here need not be. */
  async #haves(): Promise<Set<Oid>> {
    const refs = [this.seenRef, this.#target, this.#shownRef].map((ref) => this.#store.readRef(ref));
    const mirrored = await this.#store.listRefs(this.inbox.mirror);
    return new Set(
      [...(await Promise.all(refs)), ...mirrored.map(({ oid }) => oid)].filter((oid) => oid !== undefined),
    );
  }

  /**
   * The server compares and swaps each ref by itself, and where inboxes are among them, all of them or none.
   *
   * @returns what became of `target`, where it was among them
   */
  async #send(
    capabilities: ReadonlySet<string>,
    commands: readonly RefCommand[],
    {
      target,
      seen,
      patience,
      isTogether = false,
    }: { target: string; seen: Oid | undefined; patience: Patience; isTogether?: boolean },
  ): Promise<PushResult> {
    const atomic = isTogether ? ['atomic'] : [];
    const agreed = choose(capabilities, ['report-status', 'side-band-64k', 'delete-refs', ...atomic]);
    const lines = commands.map(({ ref, before = NOTHING, after = NOTHING }, n) =>
      encodeLine(`${before} ${after} ${ref}${n === 0 ? `\0 ${agreed}` : ''}`),
    );
    const pack = await this.#pack(commands, seen);
    try {
      const message = [...lines, Buffer.from(FLUSH), ...pack];
      const { payload, said } = demultiplex(await this.#http.call('git-receive-pack', message, patience));
      return readPushReport(payload, target, said);
    } catch (error) {
      return readPushFailure(error);
    }
  }

  /** A push that only removes refs combines no pack. */
  async #pack(commands: readonly RefCommand[], seen: Oid | undefined): Promise<Uint8Array[]> {
    const { objects } = this.#store;
    const { fs, gitdir, cache } = objects;
    const tips = commands.flatMap(({ after }) => (after === undefined ? [] : [after]));
    if (tips.length === 0) return [];
    const oids = new Set<Oid>();
    for (const tip of tips) for (const oid of await missingObjects(objects, tip, seen)) oids.add(oid);
    const { packfile } = await git.packObjects({ fs, gitdir, cache, oids: [...oids] });
    return packfile === undefined ? [] : [packfile];
  }

  async #advance(tip: Oid): Promise<Oid> {
    const seen = await advanceSeen(this.#store, this.seenRef, tip);
    await showTip(this.#store, this.#shownRef, seen);
    return seen;
  }
}

const commandFor = ({ clone, offered, landed }: Combined): RefCommand => ({
  ref: `${INBOX}${clone}`,
  before: offered,
  after: landed,
});

/** What becomes of a push with offers of others, where that is certain without asking. */
function decideCombined(
  { refs, capabilities }: Advertisement,
  combined: readonly Combined[],
): PushResult | undefined {
  if (combined.length === 0) return undefined;
  if (!capabilities.has('atomic'))
    return { kind: 'refused', reason: 'the remote moves each ref by itself', together: false };
  const isThere = combined.every(({ clone, offered }) => refs.get(`${INBOX}${clone}`) === offered);
  return isThere ? undefined : { kind: 'behind' };
}

/** An inbox that is elsewhere than expected stays as it is. */
function offerIn(refs: Advertisement['refs'], offer: Offer | undefined): RefCommand[] {
  if (offer === undefined) return [];
  const ref = `${INBOX}${offer.clone}`;
  const before = refs.get(ref);
  return before === offer.expected && before !== offer.pending ? [{ ref, before, after: offer.pending }] : [];
}
