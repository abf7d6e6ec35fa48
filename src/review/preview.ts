import { diffFields, type FieldChange } from '../audit/diff.ts';
import { newOp } from '../codec/op.ts';
import type { TransitionEvent } from '../domain/commands.ts';
import { decide, type Transition } from '../domain/decide.ts';
import { isLedgerError, LedgerError } from '../domain/errors.ts';
import type { WorkId } from '../domain/ids.ts';
import type { WorkItem } from '../domain/item.ts';
import { PULL_REQUEST } from '../domain/pull-request.ts';
import type { WorkLedger } from '../ledger/work-ledger.ts';
import { reviewPage } from './body.ts';

/** What an approval would do to an item, as this clone has it. */
export interface Preview {
  before: WorkItem;
  after: WorkItem;
  changes: FieldChange[];
}

/**
 * Decides the approval of an item without making it, whatever any branch says: by merging, or where the ledger's rules keep it for
 * people, by this clone's actor.
 *
 * @throws LedgerError `NOT_FOUND`; `ILLEGAL_TRANSITION` where the item is not in review
 */
export async function previewReview(ledger: WorkLedger, id: WorkId): Promise<Preview> {
  const { projection, clock } = ledger.connection;
  const { tip } = await ledger.asOf();
  const now = clock.now();
  const made = await projection.read(tip, (view): Transition => {
    const approveBy = (actor: string): Transition => {
      const decision = decide(view, { verb: 'approve', id, op: newOp(now), actor, at: now.toISOString() });
      if (decision.kind === 'transition') return decision;
      throw new LedgerError('ILLEGAL_TRANSITION', `Approving ${id} changes nothing.`);
    };
    try {
      return approveBy(PULL_REQUEST);
    } catch (error) {
      if (!isLedgerError(error) || view.find(id)?.status !== 'in_review') throw error;
      return approveBy(ledger.actor);
    }
  });
  const { before, after } = made;
  if (before === undefined || after === undefined)
    throw new LedgerError('INTERNAL', 'An approval came back without its item.');
  return { before, after, changes: diffFields(before, after) };
}

/** What a reviewer reads, in Markdown. */
export async function pageOf(
  ledger: WorkLedger,
  shown: Pick<Preview, 'before' | 'after'> & { event?: TransitionEvent | undefined },
): Promise<string> {
  const history = await ledger.history(shown.before.id);
  return reviewPage({ ...shown, history, branch: ledger.connection.branch });
}
