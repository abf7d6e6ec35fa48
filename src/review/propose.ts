import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import { PULL_REQUEST } from '../domain/verbs/approve.ts';
import { Overlay } from '../domain/view.ts';
import { connectionOf, requestBy } from '../ledger/connection.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import type { PushResult } from '../remote/port.ts';
import type { Oid } from '../store/port.ts';
import { commitInTime } from '../sync/committed-time.ts';
import { decideInto, draftOf, type Step } from '../sync/draft.ts';
import { denied, unreachable } from '../sync/look.ts';
import type { CallContext, RemoteContext } from '../sync/ports.ts';
import { judgeProposal } from './judge.ts';
import { askRemote, branchOf, lookAtShared, type Shared, withUntrusted } from './shared.ts';

/** What came of proposing an item's approval. */
export type Proposed =
  /** `made`: the branch is new. `rebuilt`: it stood for something else. `current`: it was right already. */
  | { kind: 'made' | 'rebuilt' | 'current'; id: WorkId; branch: string; commit: Oid }
  /** Nobody may approve the item by merging: it is not in review, or the ledger's rules keep it for people. */
  | { kind: 'refused'; id: WorkId; error: LedgerError };

const TRIES = 5;

/**
 * Puts an item's approval as one commit on top of the shared tip, on its own branch on the remote, for a host to merge. The
 * ledger's branch, its work tree and what is pending here are not touched. Where the branch holds just that already, it stays.
 *
 * @throws LedgerError `NO_REMOTE`, `INVALID_INPUT` where the remote may not be asked; `REMOTE_UNREACHABLE`, `REMOTE_REFUSED`;
 *   `CONTENDED` where others kept moving the branch; `NOT_FOUND`
 */
export async function proposeReview(ledger: WorkLedger, id: WorkId): Promise<Proposed> {
  return askRemote(ledger, async (context) => {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const shared = await lookAtShared(ledger, context);
      const done = await tryPropose(ledger, context, shared, id);
      if (done !== undefined) return done;
    }
    throw new LedgerError('CONTENDED', `Others kept moving ${branchOf(id)} on ${context.remote.url}.`, {
      hint: `Try again: wl review refresh ${id}`,
    });
  });
}

/** @returns `undefined` where someone else moved the branch meanwhile */
async function tryPropose(
  ledger: WorkLedger,
  context: CallContext,
  { tip, branches }: Shared,
  id: WorkId,
): Promise<Proposed | undefined> {
  const { store, views, remote, clock, committer } = context;
  const branch = branchOf(id);
  const stands = branches.get(id);
  if (stands !== undefined && (await isCurrent(ledger, tip, stands, id)))
    return { kind: 'current', id, branch, commit: stands };
  const step = await decideApproval(ledger, context, { tip, id });
  if (step instanceof LedgerError) return { kind: 'refused', id, error: step };
  // Objects need a ref until they are on the remote.
  const ref = `refs/work-ledger/tmp/${context.randomSuffix()}`;
  const drafts = [draftOf(step, committer, clock.now())];
  const skew_s = await views.peek(tip, ({ settings }) => settings.clock_skew_s);
  const made = await commitInTime(context, { ref, expected: undefined, base: tip, drafts }, skew_s);
  if (made.kind === 'moved') return undefined;
  try {
    const pushed = await remote.reviews.publish(id, made.tip, stands);
    if (!(await isTaken(context, pushed, id, made.tip))) return undefined;
    return { kind: stands === undefined ? 'made' : 'rebuilt', id, branch, commit: made.tip };
  } finally {
    await store.moveRef(ref, made.tip, undefined);
  }
}

async function isCurrent(ledger: WorkLedger, tip: Oid, head: Oid, id: WorkId): Promise<boolean> {
  // Out of git's sight nothing foreign is judged, and so nothing is kept.
  if (connectionOf(ledger).local === undefined) return false;
  const { projection, clock, signatures } = connectionOf(ledger);
  const now = Math.floor(clock.now().getTime() / 1000);
  const judged = await withUntrusted(ledger, (incoming) =>
    judgeProposal({ incoming, projection, tip, now, signatures }, head, id),
  );
  return judged.kind === 'fit';
}

/** The approval alone: what follows from it is made by the next clone that syncs. */
async function decideApproval(
  ledger: WorkLedger,
  { views, signs }: RemoteContext,
  { tip, id }: { tip: Oid; id: WorkId },
): Promise<Step | LedgerError> {
  const request = requestBy(connectionOf(ledger), PULL_REQUEST);
  try {
    return await views.peek(tip, (view) => {
      const command = { ...request, verb: 'approve', id, reason: undefined } as const;
      const decided = decideInto(new Overlay(view), command, signs);
      const [step] = decided.kind === 'steps' ? decided.steps : [];
      if (step?.transition?.after?.status === 'completed') return step;
      return new LedgerError(
        'ILLEGAL_TRANSITION',
        `${id} needs other approvals before the last, which a merge can be.`,
        {
          hint: `wl review approve ${id}`,
          details: { id },
        },
      );
    });
  } catch (error) {
    if (!isLedgerError(error) || error.code === 'NOT_FOUND') throw error;
    return error;
  }
}

async function isTaken(
  { remote }: RemoteContext,
  pushed: PushResult,
  id: WorkId,
  commit: Oid,
): Promise<boolean> {
  switch (pushed.kind) {
    case 'accepted':
      return true;
    case 'behind':
      return false;
    case 'refused':
      throw new LedgerError(
        'REMOTE_REFUSED',
        `The remote ${remote.url} refused ${branchOf(id)}: ${pushed.reason}.`,
        {
          hint: `Its rules have to let you push branches below review/. Without one: wl review approve ${id}`,
          details: { remote: remote.name, reason: pushed.reason, branch: branchOf(id) },
        },
      );
    case 'denied':
      throw denied(remote, pushed.reason);
    case 'unreachable':
      throw unreachable(remote, pushed.cause);
    case 'unknown': {
      // Only the remote knows whether it was taken.
      const listed = await remote.reviews.list();
      if (listed.kind === 'ok') return listed.found.get(id) === commit;
      throw unreachable(remote, pushed.cause, true);
    }
    default:
      return pushed satisfies never;
  }
}
