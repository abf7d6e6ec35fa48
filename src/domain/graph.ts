import { LedgerError } from './errors.ts';
import type { WorkId } from './ids.ts';
import { isTerminal, type WorkItem } from './item.ts';
import type { LedgerView } from './view.ts';

/**
 * What `id` waits for: its dependencies, the item that blocks it, and its open children (a container waits for them).
 * A cycle through any of these would be a deadlock.
 */
function waitsFor(view: LedgerView, id: WorkId): readonly WorkId[] {
  const status = view.statusOf(id);
  if (status === undefined || status === 'damaged') return [];
  const item = view.find(id);
  if (item === undefined) return [];
  const blocker = item.block?.blocker_id;
  const children = isTerminal(item.status) ? [] : view.openChildrenOf(id);
  return [...item.dependencies, ...(blocker === undefined ? [] : [blocker]), ...children];
}

/** The shortest chain `from → … → to` of things waited for, both ends included. */
function findChain(view: LedgerView, from: WorkId, to: WorkId): WorkId[] | undefined {
  const cameFrom = new Map<WorkId, WorkId | undefined>([[from, undefined]]);
  const queue: WorkId[] = [from];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (id === to) {
      const chain: WorkId[] = [];
      for (let at: WorkId | undefined = id; at !== undefined; at = cameFrom.get(at)) chain.unshift(at);
      return chain;
    }
    for (const next of waitsFor(view, id)) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, id);
      queue.push(next);
    }
  }
  return undefined;
}

/** @throws LedgerError `DEPENDENCY_CYCLE` where `waiter` would come to wait for itself through `target` */
export function refuseCycle(view: LedgerView, waiter: WorkId, target: WorkId): void {
  const chain = waiter === target ? [target] : findChain(view, target, waiter);
  if (chain === undefined) return;
  const ids = [waiter, ...chain];
  throw new LedgerError('DEPENDENCY_CYCLE', `${waiter} would wait for itself: ${ids.join(' -> ')}.`, {
    hint: 'Drop one of the dependencies, blockers or parents on that way.',
    details: { cycle: ids },
  });
}

/** @throws LedgerError `UNKNOWN_REFERENCE` naming each id that no item has */
export function requireKnown(view: LedgerView, role: string, ids: readonly WorkId[]): void {
  const missing = ids.filter((id) => view.statusOf(id) === undefined);
  if (missing.length > 0) throw unknownReference(role, missing);
}

export const unknownReference = (role: string, missing: readonly WorkId[]): LedgerError =>
  new LedgerError('UNKNOWN_REFERENCE', `There is no item ${missing.join(', ')} to be the ${role}.`, {
    hint: '`wl list --all` shows every item.',
    details: { missing },
  });

/** Holds the rules about parents and dependencies for an item whose references are about to be written. */
export function checkReferences(view: LedgerView, item: WorkItem, before: WorkItem | undefined): void {
  const added = item.dependencies.filter((id) => !before?.dependencies.includes(id));
  requireKnown(view, 'dependency', added);
  for (const id of added) refuseCycle(view, item.id, id);
  if (item.parent_id === undefined || item.parent_id === before?.parent_id) return;
  requireKnown(view, 'parent', [item.parent_id]);
  refuseCycle(view, item.parent_id, item.id);
  // A new item is no one's child yet, so its own dependencies must be asked about too.
  for (const id of item.dependencies) refuseCycle(view, item.parent_id, id);
}

/**
 * Holds the rules for an item that ended and is about to be open again: it waits for its open children once more, and its
 * parent waits for it.
 */
export function checkReopened(view: LedgerView, item: WorkItem): void {
  const waiting = [item.id, ...view.openChildrenOf(item.id)];
  for (const id of waiting) {
    if (id !== item.id) refuseCycle(view, item.id, id);
    if (item.parent_id !== undefined) refuseCycle(view, item.parent_id, id);
  }
  requireFreeKey(view, item);
}

/** @throws LedgerError `INVALID_INPUT` where another open item has the idempotency key that `item`, once open, would have */
export function requireFreeKey(view: LedgerView, { id, idempotency_key }: WorkItem): void {
  const other = idempotency_key === undefined ? undefined : view.openByKey(idempotency_key);
  if (other === undefined || other === id) return;
  throw new LedgerError('INVALID_INPUT', `${other} is open and has the idempotency key of ${id} already.`, {
    hint: `\`wl show ${other}\` tells how it stands.`,
    details: { id: other, idempotency_key },
  });
}
