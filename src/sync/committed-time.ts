import { readTrailers, recordedAt } from '../codec/message.ts';
import type {
  CommitDraft,
  CommitRecord,
  CommitRequest,
  CommitResult,
  LedgerStore,
  Oid,
} from '../store/port.ts';
import type { Clock, SyncContext } from './ports.ts';

/** A commit that records a time ahead of this clone's clock, by more than clocks may differ. One of the two clocks is wrong. */
export interface Ahead {
  commit: Oid;
  /** Who acted, and on which machine: the committer's e-mail. */
  actor: string;
  machine: string;
  /** By how much. */
  seconds: number;
}

/**
 * Commits on `base`. A commit is dated after what its parent records, also by a clock that is a little behind; a parent that is
 * further ahead of this clock is told before anything is committed, and not followed.
 *
 * @param skew_s by how much a clock may be off, as the settings at `base` have it
 */
export async function commitInTime(
  { store, clock, onAhead }: Pick<SyncContext, 'store' | 'clock' | 'onAhead'>,
  request: CommitRequest & { base: Oid },
  skew_s: number,
): Promise<CommitResult> {
  if (request.drafts.length === 0) return store.commit(request);
  const parent = await readCommit(store, request.base);
  const ahead = onAhead && (await aheadFrom(store, parent, clock, skew_s));
  if (ahead !== undefined) onAhead?.(ahead);
  return store.commit({ ...request, drafts: inTime(request.drafts, recordedAt(parent), skew_s) });
}

/** Dates drafts, which follow one another, after what their parents record: none is moved by more than `skew_s`. */
function inTime(drafts: readonly CommitDraft[], recorded: number, skew_s: number): CommitDraft[] {
  let latest = recorded;
  return drafts.map((draft) => {
    const own = draft.committed_at;
    const committed_at = latest - own > skew_s ? own : Math.max(own, latest);
    latest = Math.max(committed_at, recordedAt({ message: draft.message, committer: { at: committed_at } }));
    return { ...draft, committed_at };
  });
}

/** Whose clock is ahead of this clone's, as the commit `tip` tells. */
export async function findAhead(
  store: LedgerStore,
  tip: Oid,
  clock: Pick<Clock, 'now'>,
  skew_s: number,
): Promise<Ahead | undefined> {
  return aheadFrom(store, await readCommit(store, tip), clock, skew_s);
}

/** How far back who was ahead first is looked for. */
const FAR = 100;

/** Later commits may have been dated after the one that was ahead: the first one tells whose clock it is. */
async function aheadFrom(
  store: LedgerStore,
  tip: CommitRecord,
  { now }: Pick<Clock, 'now'>,
  skew_s: number,
): Promise<Ahead | undefined> {
  const seconds = recordedAt(tip) - Math.floor(now().getTime() / 1000);
  if (seconds <= skew_s) return undefined;
  let first = tip;
  for (let steps = 0; steps < FAR; steps += 1) {
    const [parent] = first.parents;
    const before = parent === undefined ? undefined : await readCommit(store, parent);
    if (before === undefined || recordedAt(before) < recordedAt(first)) break;
    first = before;
  }
  const { oid: commit, author, committer, message } = first;
  const actor = readTrailers(message).values.get('Work-Actor') ?? author.name;
  return { commit, actor, machine: committer.email, seconds };
}

async function readCommit(store: LedgerStore, commit: Oid): Promise<CommitRecord> {
  for await (const record of store.commits({ to: commit, newest: 1, changes: false })) return record;
  throw new Error(`there is no commit ${commit}`);
}
