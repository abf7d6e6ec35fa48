import { resolve } from 'node:path';
import { asError } from '../domain/errors.ts';
import { LockOwners, stillLocked } from '../git/locks.ts';
import { isShallow } from '../git/repository.ts';
import { diskFault, type GitAnswer, lastWords, talk } from '../git/transport.ts';
import type { LedgerStore, Oid } from '../store/port.ts';
import { displayUrl } from '../trace/mask.ts';
import {
  acceptedRefOf,
  advanceSeen,
  compareWithSeen,
  expectedAt,
  INBOX,
  mirrorOf,
  noteAccepted,
  presenceMirrorOf,
  REVIEWS,
  reviewMirrorOf,
  writtenRefOf,
} from './clone-refs.ts';
import {
  AMBIGUOUS,
  FETCH,
  NativeSideRefs,
  PUSH,
  readDryRun,
  readGitPush,
  withFolders,
} from './native-refs.ts';
import {
  type BranchPushResult,
  type Combined,
  type FetchResult,
  type FetchScope,
  type LedgerRemote,
  type Offer,
  Patience,
  type PushResult,
  type SideRefs,
  type Written,
  type WrittenTo,
} from './port.ts';

export interface NativeRemoteOptions {
  gitDir: string;
  store: LedgerStore;
  name: string;
  url: string;
  /** Where pushes go, where that is another address, as git can be told to read it. */
  pushUrl?: string | undefined;
  branch: string;
  seenRef: string;
  /** Whether it offers in the inbox what is pending, and combines what others offered. */
  inbox: boolean;
  /** Where presence goes, such as `refs/work-ledger/presence`; without one there is none. */
  presence: string | undefined;
}

/** Deeper than any history; one more, and git would fetch all of the clone's other branches too. */
const DEEP = '--depth=2147483646';

/** A ref's lock that another process has, or left behind when it died. */
const LOCKED = /Unable to create '([^']+\.lock)'/g;
/** Another process holds a ref's lock for a few milliseconds at most; each try waits 100 by itself. */
const LOCK_TRIES = 20;

/** A remote over ssh, https or a path, by git itself. */
export class NativeRemote implements LedgerRemote {
  readonly name: string;
  readonly url: string;
  readonly writesTo: WrittenTo | undefined;
  readonly seenRef: string;
  readonly inbox: SideRefs | undefined;
  readonly presence: SideRefs | undefined;
  readonly reviews: SideRefs;
  readonly #options: NativeRemoteOptions;
  readonly #owners: LockOwners;
  #shows = true;

  constructor(options: NativeRemoteOptions) {
    this.name = options.name;
    this.url = displayUrl(options.url);
    this.seenRef = options.seenRef;
    this.#options = options;
    this.#owners = new LockOwners(options.gitDir);
    const { name: remote, presence: namespace, pushUrl, store } = options;
    this.writesTo =
      pushUrl === undefined ? undefined : { url: displayUrl(pushUrl), acceptedRef: acceptedRefOf(remote) };
    const git = (args: readonly string[], patience?: Patience) => this.#git(args, patience);
    const sideRefs = (folder: string, mirror: string): SideRefs =>
      new NativeSideRefs({ namespace: folder, mirror, remote, writesTo: pushUrl, store, git });
    // What is offered in one place and looked for in another comes too late to be combined.
    this.inbox = options.inbox && pushUrl === undefined ? sideRefs(INBOX, mirrorOf(remote)) : undefined;
    this.presence = namespace === undefined ? undefined : sideRefs(`${namespace}/`, presenceMirrorOf(remote));
    this.reviews = sideRefs(REVIEWS, reviewMirrorOf(remote));
  }

  /** @throws LedgerError `CONTENDED` where a ref of this clone stays locked; `STORAGE_FAILED`, `PERMISSION_DENIED` where it cannot be written */
  async fetch(scope: FetchScope = 'all', patience?: Patience, attempt = 1): Promise<FetchResult> {
    const { branch, store } = this.#options;
    const seen = await store.readRef(this.seenRef);
    const source = `refs/heads/${branch}`;
    const shown = `refs/remotes/${this.name}/${branch}`;
    // Without a plus the first ref only moves forward; the second shows people what the remote has, whatever it is.
    const inboxes = scope === 'all' && this.inbox ? [`+${INBOX}*:${this.inbox.mirror}*`] : [];
    const refspecs = [`${source}:${this.seenRef}`, `+${source}:${shown}`, ...inboxes];
    const options = [
      ...(scope === 'all' ? ['--prune'] : []),
      // A ledger is of no use without its history. The other branches of a shallow clone stay as they are.
      ...(seen === undefined && isShallow(this.#options.gitDir) ? [DEEP] : []),
    ];
    const args = [...FETCH, ...options, '--end-of-options', this.name, ...refspecs];
    const result = await this.#git(args, patience);
    if (result.ok) return { kind: 'ok', tip: await store.readRef(this.seenRef) };
    const fault = diskFault('fetching', result.said);
    if (fault !== undefined) throw fault;
    if (/couldn't find remote ref/i.test(result.said)) {
      return seen === undefined
        ? { kind: 'ok', tip: undefined }
        : { kind: 'rewritten', seen, found: undefined };
    }
    if (/\[rejected\]|non-fast-forward/.test(result.said)) {
      const found = await store.readRef(shown);
      if (seen !== undefined && found !== undefined && (await store.mergeBase(seen, found)) !== seen) {
        return { kind: 'rewritten', seen, found };
      }
      // Two fetches of this clone met; the other one moved the ref.
      return { kind: 'ok', tip: await store.readRef(this.seenRef) };
    }
    const locks = [...result.said.matchAll(LOCKED)].map(([, lock = '']) => lock);
    // Git cannot know that it was a process of this program that died and left its lock behind.
    const freed = locks.filter((lock) => this.#owners.breakDead(resolve(this.#options.gitDir, lock)));
    if (freed.length > 0 && attempt < LOCK_TRIES) return this.fetch(scope, patience, attempt + 1);
    if (locks.length > 0 && locks.every((lock) => lock.endsWith(`/${shown}.lock`))) {
      // What people look at is behind until the next fetch; what counts has moved.
      return { kind: 'ok', tip: await store.readRef(this.seenRef) };
    }
    if (locks.length > 0 || /cannot lock ref/.test(result.said)) {
      if (attempt < LOCK_TRIES) {
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
        return this.fetch(scope, patience, attempt + 1);
      }
      const lock = locks[0] && resolve(this.#options.gitDir, locks[0]);
      throw stillLocked(lock, (lock && this.#owners.holderOf(lock)) || undefined);
    }
    return { kind: 'unreachable', cause: new Error(lastWords(result.said)) };
  }

  async push(
    tip: Oid,
    offer?: Offer,
    combined: readonly Combined[] = [],
    patience?: Patience,
  ): Promise<BranchPushResult> {
    const { branch, store } = this.#options;
    const { writesTo } = this;
    const target = `refs/heads/${branch}`;
    const seen = await store.readRef(this.seenRef);
    // A lease alone would let go of what was seen: it stands in for force.
    if (seen !== undefined && (await store.mergeBase(seen, tip)) !== seen) return { kind: 'behind' };
    // The lease refuses a branch that is anywhere but where this clone last saw it, also one that was set back.
    const expected = await expectedAt(store, { seen, writesTo }, tip);
    const moves = [{ from: tip, to: target, expected }];
    if (offer !== undefined && this.inbox !== undefined)
      moves.push({ from: offer.pending, to: `${INBOX}${offer.clone}`, expected: offer.expected });
    for (const { clone, offered, landed } of combined)
      moves.push({ from: landed, to: `${INBOX}${clone}`, expected: offered });
    const together = combined.length > 0 ? ['--atomic'] : [];
    const leases = moves.map((move) => `--force-with-lease=${move.to}:${move.expected ?? ''}`);
    const pushed = (refspecs: readonly string[]): Promise<GitAnswer> =>
      this.#git([...PUSH, ...together, ...leases, '--end-of-options', this.name, ...refspecs], patience);
    const answer = await pushed(moves.map(({ from, to }) => `${from}:${to}`));
    const result = readGitPush(
      AMBIGUOUS.test(answer.said) ? await withFolders(store, moves, pushed) : answer,
      target,
    );
    if (result.kind !== 'accepted') return result;
    if (writesTo === undefined) return this.#accepted(tip);
    await noteAccepted(store, writesTo, tip);
    return { kind: 'unconfirmed' };
  }

  async written(patience?: Patience): Promise<Written> {
    const { branch, store, pushUrl } = this.#options;
    const seen = await store.readRef(this.seenRef);
    if (seen === undefined) return 'holds';
    const target = `refs/heads/${branch}`;
    const args = [...PUSH, '--dry-run', '--end-of-options', this.name, `${seen}:${target}`];
    const written = readDryRun((await this.#git(args, patience)).said, target);
    if (written !== 'parted') return written;
    // What the remote has besides is found by the next fetch; what is at another address has to be read there.
    if (pushUrl === undefined) return 'unknown';
    const ref = writtenRefOf(this.name);
    const read = [...FETCH, '--end-of-options', pushUrl, `+${target}:${ref}`];
    const { ok } = await this.#git(read, patience);
    return ok ? compareWithSeen(store, seen, await store.readRef(ref)) : 'unknown';
  }

  async #accepted(tip: Oid): Promise<PushResult> {
    try {
      await advanceSeen(this.#options.store, this.seenRef, tip);
    } catch (cause) {
      // The remote has it, and this clone cannot note that: whether others went on from there is for the next look.
      return { kind: 'unknown', cause: asError(cause) };
    }
    // This one is for people; where it cannot be moved, it is left to fetches.
    const shown = `refs/remotes/${this.name}/${this.#options.branch}`;
    this.#shows &&= await advanceSeen(this.#options.store, shown, tip).then(
      () => true,
      () => false,
    );
    return { kind: 'accepted' };
  }

  #git(args: readonly string[], patience = Patience.ofMessage()): Promise<GitAnswer> {
    // A mirror would push every ref it has, and refuses to push one.
    return talk(this.#options.gitDir, ['-c', `remote.${this.name}.mirror=false`, ...args], patience);
  }
}
