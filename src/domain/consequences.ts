import type { CommandOf } from './commands.ts';
import type { Transition } from './decide.ts';
import type { WorkItem } from './item.ts';
import type { LedgerView } from './view.ts';

/** True for an item that is still blocked on one that is completed: unblocking it follows by itself. */
export const isOverdue = (view: LedgerView, { block }: WorkItem): boolean =>
  block?.blocker_id !== undefined && view.statusOf(block.blocker_id) === 'completed';

/**
 * What follows by itself from a transition, in the same push: items that were blocked by an item that is now completed
 * are unblocked, each by a commit of its own.
 *
 * @param view the ledger after the transition
 * @returns the commands, but for their `op`, which is derived from the cause so that no clone can apply one twice
 */
export function consequences(
  view: LedgerView,
  { before, after, event }: Transition,
): Omit<CommandOf<'unblock'>, 'op'>[] {
  if (after?.status !== 'completed' || before?.status === 'completed' || before === undefined) return [];
  return view.blockedOn(after.id).map((id) => ({
    verb: 'unblock',
    id,
    actor: event.actor,
    at: event.at,
    reason: `${after.id} is completed`,
  }));
}
