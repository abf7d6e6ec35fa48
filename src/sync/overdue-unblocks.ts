import { decodeMessage } from '../codec/message.ts';
import { derivedOp } from '../codec/op.ts';
import { itemPath } from '../codec/path.ts';
import type { CommandOf, TransitionEvent } from '../domain/commands.ts';
import type { WorkId } from '../domain/ids.ts';
import type { Oid } from '../store/port.ts';
import type { Ending } from './outcome.ts';
import type { Overdue, SyncContext } from './ports.ts';
import { UNCAUSED } from './state-keys.ts';

/**
 * What followed from a completion that no program of the ledger made, as where a host merged a review branch: items that are
 * still blocked on what is completed. The commands are those that the completing program would have added, by name, actor and
 * time, so that of two clones that make them one is found to be the other.
 */
export async function overdueUnblocks(context: SyncContext, tip: Oid): Promise<CommandOf<'unblock'>[]> {
  const overdue = await context.views.overdue(tip);
  if (overdue.length === 0) return [];
  const { state } = context;
  const uncaused = new Set((state.get(UNCAUSED) ?? '').split(' '));
  const commands: CommandOf<'unblock'>[] = [];
  const without: string[] = [];
  for (const one of overdue) {
    const { id, blocker_id } = one;
    const name = nameOf(one);
    const cause = uncaused.has(name) ? undefined : await completionOf(context, tip, blocker_id);
    if (cause === undefined) without.push(name);
    else {
      const { op, actor, at } = cause;
      const reason = `${blocker_id} is completed`;
      commands.push({ verb: 'unblock', id, op: derivedOp(op, id), actor, at, reason });
    }
  }
  // Looking for what is not there takes all of history, and is done once.
  if (without.some((name) => !uncaused.has(name))) state.set(UNCAUSED, without.join(' '));
  return commands;
}

const nameOf = ({ id, blocker_id, rev }: Overdue): string => `${id}:${blocker_id}:${rev}`;

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

/** Nobody asked for what is overdue: where it is lost, as for want of rights, nothing is, and the next clone makes it. */
export async function withoutOverdue(
  { store }: SyncContext,
  settled: ReadonlyMap<string, Ending>,
  overdue: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Ending>> {
  const others = new Map(settled);
  for (const [op, end] of settled) {
    if (end.kind !== 'lost' || !overdue.has(op)) continue;
    await store.moveRef(end.kept, await store.readRef(end.kept), undefined);
    others.delete(op);
  }
  return others;
}
