import { decodeMessage } from '../codec/message.ts';
import { derivedOp } from '../codec/op.ts';
import { itemPath } from '../codec/path.ts';
import type { CommandOf } from '../domain/commands.ts';
import type { TransitionEvent } from '../domain/event.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { SyncContext } from './ports.ts';

/**
 * What followed from a completion that no program of the ledger made, as where a host merged a review branch: items that are
 * still blocked on what is completed. The commands are those that the completing program would have added, by name, actor and
 * time, so that of two clones that make them one is found to be the other.
 */
export async function overdueUnblocks(context: SyncContext, tip: Oid): Promise<CommandOf<'unblock'>[]> {
  const commands: CommandOf<'unblock'>[] = [];
  for (const { id, blocker_id } of await context.views.overdue(tip)) {
    const cause = await completionOf(context, tip, blocker_id);
    if (cause === undefined) continue;
    const { op, actor, at } = cause;
    const reason = `${blocker_id} is completed`;
    commands.push({ verb: 'unblock', id, op: derivedOp(op, id), actor, at, reason });
  }
  return commands;
}

/** The last transition that completed an item; `undefined` where it came here completed, as by an import. */
async function completionOf(
  { store }: SyncContext,
  tip: Oid,
  id: WorkId,
): Promise<TransitionEvent | undefined> {
  let found: TransitionEvent | undefined;
  const paths = [itemPath(id, 'completed')];
  for await (const { message } of store.commits({ to: tip, paths, changes: false })) {
    const decoded = decodeMessage(message);
    if (decoded.kind !== 'event' || decoded.event.id !== id) continue;
    const { verb } = decoded.event;
    if (verb === 'approve' || verb === 'complete') found = decoded.event;
  }
  return found;
}
