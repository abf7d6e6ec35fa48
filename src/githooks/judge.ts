import { baseStateAt } from '../audit/base-state.ts';
import { checkPush } from '../audit/check-push.ts';
import type { Refusal } from '../audit/rules.ts';
import { replayLedger } from '../audit/verify.ts';
import { MAX_FILE_BYTES } from '../codec/read-yaml.ts';
import type { ReachedCommit } from '../git/log.ts';
import { MAX_COMMIT_BYTES } from '../git/model/commit.ts';
import { type Backend, openNativeBackend } from '../ledger/backend.ts';
import { chooseBranch, choosePresence } from '../ledger/options.ts';
import { Projection } from '../projection/projection.ts';
import { IncomingStore, Oversize } from '../store/incoming.ts';
import type { Oid } from '../store/port.ts';
import { kindOf, type LedgerRefs, type RefKind, type RefUpdate } from './updates.ts';

/** Why a push is not taken: of which ref, and what is wrong with it. */
export interface RefusedPush extends Refusal {
  ref: string;
}

const MEGABYTE = 1024 * 1024;
/** What may be brought at once beside the ledger's branch, in bytes of its files. */
const ROOM: Readonly<Record<Exclude<RefKind, 'ledger' | 'alike' | 'other'>, number>> = {
  inbox: 64 * MEGABYTE,
  review: 64 * MEGABYTE,
  presence: MEGABYTE,
};

/**
 * Judges a push to the repository that `dir` is in, before it is taken: what it does to the ledger's branch by every rule of the
 * ledger, what it puts beside it by its size, and nothing else.
 *
 * @param now seconds since 1970
 * @returns the first thing that is wrong; `undefined` where all of it may be taken
 */
export async function judgePush(
  dir: string,
  updates: readonly RefUpdate[],
  now: number = Math.floor(Date.now() / 1000),
): Promise<RefusedPush | undefined> {
  const backend = await openNativeBackend(dir);
  const incoming = new IncomingStore(backend.place);
  try {
    const judge = new Judge(backend, incoming, updates, now);
    for (const update of updates) {
      const refusal = await judge.judge(update);
      if (refusal !== undefined) return { ...refusal, ref: update.ref };
    }
    return undefined;
  } finally {
    incoming.close();
    await backend.close();
  }
}

/** It may go, but it may not come. */
const refuseAlike = ({ now }: RefUpdate): Refusal | undefined =>
  now === undefined
    ? undefined
    : {
        rule: 'ref',
        message: 'some systems, or git itself, would take it for a ref of the ledger',
        commit: now,
      };

/** Commits that a push may bring beside the branch, over all refs: each is an offer, a sign of life or a proposal. */
const MAX_BESIDE = 100_000;

class Judge {
  readonly #backend: Backend;
  readonly #incoming: IncomingStore;
  readonly #updates: readonly RefUpdate[];
  readonly #now: number;
  /** Objects beside the branch that were looked at: what several refs share counts for the first. */
  readonly #seen = new Set<Oid>();
  #reached: Promise<Map<Oid, ReachedCommit> | undefined> | undefined;
  readonly #refs: LedgerRefs;

  constructor(backend: Backend, incoming: IncomingStore, updates: readonly RefUpdate[], now: number) {
    const { config } = backend;
    const branch = chooseBranch({}, config);
    this.#backend = backend;
    this.#incoming = incoming;
    this.#updates = updates;
    this.#now = now;
    this.#refs = { branch: `refs/heads/${branch}`, presence: choosePresence(config, branch) };
  }

  async judge(update: RefUpdate): Promise<Refusal | undefined> {
    const kind = kindOf(update.ref, this.#refs);
    if (kind === 'other') return undefined;
    if (kind === 'alike') return refuseAlike(update);
    try {
      return await (kind === 'ledger' ? this.#branch(update) : this.#beside(update, ROOM[kind]));
    } catch (error) {
      if (!(error instanceof Oversize)) throw error;
      return { rule: 'size', message: error.message, commit: error.oid };
    }
  }

  async #branch({ old, now }: RefUpdate): Promise<Refusal | undefined> {
    if (now === undefined) {
      return { rule: 'deletion', message: 'the branch of a ledger is not deleted', commit: old ?? '' };
    }
    const { store, indexDir, lock, signatures } = this.#backend;
    const projection = new Projection({ store, dir: indexDir, lock, elapsed: () => performance.now() });
    try {
      const baseState =
        old === undefined
          ? undefined
          : await baseStateAt(old, projection, this.#incoming, async () =>
              replayLedger(await store(), old, { signatures }),
            );
      return await checkPush({
        incoming: this.#incoming,
        baseState,
        tip: now,
        now: this.#now,
        signatures: signatures && ((query) => signatures({ ...query, incoming: true })),
      });
    } finally {
      projection.close();
    }
  }

  /** What stands beside the branch is judged by those who read it; here, only by what it takes to keep it. */
  async #beside({ now }: RefUpdate, room: number): Promise<Refusal | undefined> {
    if (now === undefined) return undefined;
    if ((await this.#incoming.look(now))?.type !== 'commit')
      return { rule: 'size', message: 'it is no commit', commit: now };
    this.#reached ??= this.#readBeside();
    const reached = await this.#reached;
    if (reached === undefined)
      return {
        rule: 'size',
        message: `it brings more than ${MAX_BESIDE} commits beside the branch`,
        commit: now,
      };
    const [seen, waiting] = [this.#seen, [now]];
    let bytes = 0;
    for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
      const commit = reached.get(oid);
      if (commit === undefined || seen.has(oid)) continue;
      seen.add(oid);
      // Its message is read by those who read it, and of no more bytes than any other's.
      const { size: said = 0 } = (await this.#incoming.look(oid)) ?? {};
      if (said > MAX_COMMIT_BYTES)
        throw new Oversize(oid, `the commit has ${said} bytes; ${MAX_COMMIT_BYTES} are allowed`);
      for (const { path, after } of commit.changes) {
        if (after === undefined || seen.has(after.oid)) continue;
        seen.add(after.oid);
        const size = (await this.#incoming.look(after.oid))?.size ?? 0;
        bytes += size;
        if (size > MAX_FILE_BYTES || bytes > room)
          return { rule: 'size', message: `${path} has ${size} bytes, of ${bytes} in all`, commit: oid };
      }
      waiting.push(...commit.parents);
    }
    return undefined;
  }

  /** All that the push brings beside the branch, asked of git at once; `undefined` where it is too much. */
  async #readBeside(): Promise<Map<Oid, ReachedCommit> | undefined> {
    const tips: Oid[] = [];
    for (const { ref, now } of this.#updates) {
      const kind = kindOf(ref, this.#refs);
      if (now === undefined || kind === 'other' || kind === 'alike' || kind === 'ledger') continue;
      if ((await this.#incoming.look(now))?.type === 'commit') tips.push(now);
    }
    const from = (await this.#incoming.look(this.#refs.branch))?.oid;
    const found = await this.#incoming.reached(tips, { from, most: MAX_BESIDE + 1 });
    return found.length > MAX_BESIDE ? undefined : new Map(found.map((commit) => [commit.oid, commit]));
  }
}
