import type { TransitionEvent } from '../domain/commands.ts';
import { isWorkId, type WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { PULL_REQUEST } from '../domain/verbs/approve.ts';
import { connectionOf } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { IncomingStore } from '../store/incoming.ts';
import type { Oid } from '../store/port.ts';
import { judgeProposal, type ReviewFinding } from './judge.ts';
import { askRemote, branchOf, lookAtShared, type Shared, withUntrusted } from './shared.ts';

/**
 * How an item in review and its branch on the remote go together. `current`: merging it approves the item as it stands. `stale`: it
 * does not, and `findings` tell why. `missing`: there is no branch. Of branches whose item is not in review: `merged` where the
 * ledger has what the branch proposes, else `leftover`.
 */
export type ReviewState = 'current' | 'stale' | 'missing' | 'merged' | 'leftover';

export interface Review {
  id: WorkId;
  state: ReviewState;
  /** `undefined` where there is no such item. */
  item: WorkItem | undefined;
  branch: string;
  /** What the branch points to; `null` where there is none. */
  commit: Oid | null;
  /** What the branch proposes; only where it is current. */
  proposal: { base: Oid; after: WorkItem; event: TransitionEvent } | null;
  findings: ReviewFinding[];
}

/**
 * Items in review with their branches on the remote, and branches that are left over. A branch is nobody's word: what it would do is
 * told only where it was found to be right.
 *
 * @throws LedgerError as `lookAtShared`; `NO_REMOTE`, `NO_GIT`
 */
export async function listReviews(ledger: WorkLedger): Promise<Review[]> {
  const shared = await askRemote(ledger, (context) => lookAtShared(ledger, context));
  return withUntrusted(ledger, (incoming) => judgeAll(ledger, shared, incoming));
}

/** One of them. @throws LedgerError as `listReviews` */
export async function findReview(ledger: WorkLedger, id: WorkId): Promise<Review> {
  const shared = await askRemote(ledger, (context) => lookAtShared(ledger, context));
  const item = await ledger.query.find(id);
  return withUntrusted(ledger, (incoming) => judgeOne(ledger, shared, incoming, id, item));
}

async function judgeAll(ledger: WorkLedger, shared: Shared, incoming: IncomingStore): Promise<Review[]> {
  const items = await ledger.query.list({ status: ['in_review'] });
  const reviews: Review[] = [];
  for (const item of items) reviews.push(await judgeOne(ledger, shared, incoming, item.id, item));
  for (const id of shared.branches.keys()) {
    if (!isWorkId(id) || items.some((item) => item.id === id)) continue;
    const item = await ledger.query.find(id).catch(() => undefined);
    reviews.push(await judgeOne(ledger, shared, incoming, id, item));
  }
  return reviews;
}

async function judgeOne(
  ledger: WorkLedger,
  { tip, branches }: Shared,
  incoming: IncomingStore,
  id: WorkId,
  item: WorkItem | undefined,
): Promise<Review> {
  const commit = branches.get(id) ?? null;
  const review = { id, item, branch: branchOf(id), commit, proposal: null, findings: [] };
  const isOpen = item?.status === 'in_review';
  if (commit === null) {
    const message = await whyMissing(ledger, id);
    return { ...review, state: 'missing', findings: [{ rule: 'missing', message }] };
  }
  const { projection, clock, signatures } = connectionOf(ledger);
  const now = Math.floor(clock.now().getTime() / 1000);
  const judged = await judgeProposal({ incoming, projection, tip, now, signatures }, commit, id);
  switch (judged.kind) {
    case 'fit':
      // What is pending here may have ended the review already.
      return isOpen
        ? {
            ...review,
            state: 'current',
            proposal: { base: judged.base, after: judged.after, event: judged.event },
          }
        : { ...review, state: 'leftover' };
    case 'merged':
      if (!isOpen) return { ...review, state: 'merged' };
      return {
        ...review,
        state: 'stale',
        findings: [
          { rule: 'moved', message: 'what it proposes is on the ledger already, and the item is in review' },
        ],
      };
    case 'unfit':
      return { ...review, state: isOpen ? 'stale' : 'leftover', findings: judged.findings };
    default:
      return judged satisfies never;
  }
}

/** A merge can only be the last of the approvals that policy asks for. */
async function whyMissing(ledger: WorkLedger, id: WorkId): Promise<string> {
  const { review } = await ledger.query.permission('approve', { id, actor: PULL_REQUEST });
  if (review === null || review.given.length + 1 >= review.needed) return 'there is no review branch';
  const by = review.given.length === 0 ? '' : ` (${review.given.join(', ')})`;
  return `it has ${review.given.length} of ${review.needed} approvals${by}, and a branch for the last: wl review approve ${id}`;
}

/** What became of a branch that nobody needs any more. */
export interface ClearedBranch {
  id: WorkId;
  branch: string;
  /** False where the remote did not let go of it, or someone moved it meanwhile. */
  gone: boolean;
}

/** The item is there and its review is over. Where it is not there, the branch may be another ledger's; where it cannot be read, nobody knows. */
const OVER: ReadonlySet<string | undefined> = new Set([
  'pending',
  'in_progress',
  'blocked',
  'completed',
  'failed',
  'cancelled',
]);

/**
 * Takes away review branches whose item is no longer in review on the shared tip: each only where it still is what was seen.
 * Nothing depends on it, so what the remote does not let go of stays.
 *
 * @returns none where this clone shares nothing
 * @throws LedgerError `REMOTE_UNREACHABLE`, `HISTORY_REWRITTEN`
 */
export async function clearBranches(ledger: WorkLedger): Promise<ClearedBranch[]> {
  if (ledger.clone.mode !== 'push') return [];
  return askRemote(ledger, async (context) => {
    const { views, remote } = context;
    const { tip, branches } = await lookAtShared(ledger, context);
    const cleared: ClearedBranch[] = [];
    for (const [id, oid] of branches) {
      if (!OVER.has(await views.peek(tip, (view) => view.statusOf(id)))) continue;
      const { kind } = await remote.reviews.retract(id, oid);
      cleared.push({ id, branch: branchOf(id), gone: kind === 'accepted' });
    }
    return cleared;
  });
}
