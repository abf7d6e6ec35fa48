import { LedgerError } from './errors.ts';
import { EXHAUSTED, exhaustedKey } from './holding.ts';
import type { WorkId } from './ids.ts';
import { isTerminal, type WorkItem, type WorkStatus } from './item.ts';
import { firstOf, listed } from './text.ts';
import type { LedgerView, UsedKey } from './view.ts';

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
  // Grows while it is walked; to take from its front would move all that is behind.
  for (const id of queue) {
    if (id === to) {
      const chain: WorkId[] = [];
      for (let at: WorkId | undefined = id; at !== undefined; at = cameFrom.get(at)) chain.push(at);
      return chain.reverse();
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
  throw new LedgerError('DEPENDENCY_CYCLE', `${waiter} would wait for itself: ${listed(ids, ' -> ')}.`, {
    hint: 'Drop one of the dependencies, blockers or parents on that way.',
    details: { cycle: firstOf(ids) },
  });
}

/** @throws LedgerError `UNKNOWN_REFERENCE` naming each id that no item has */
export function requireKnown(view: LedgerView, role: string, ids: readonly WorkId[]): void {
  const missing = ids.filter((id) => view.statusOf(id) === undefined);
  if (missing.length > 0) throw unknownReference(role, missing);
}

export const unknownReference = (role: string, missing: readonly WorkId[]): LedgerError =>
  new LedgerError('UNKNOWN_REFERENCE', `There is no item ${listed(missing)} to be the ${role}.`, {
    hint: '`wl list --all` shows every item.',
    details: { missing: firstOf(missing) },
  });

/**
 * Holds the rules about parents and dependencies for an item whose references are about to be written. What is imported comes with the
 * parent that it had, also with one that ended.
 */
export function checkReferences(
  view: LedgerView,
  item: WorkItem,
  before: WorkItem | undefined,
  from: 'here' | 'elsewhere' = 'here',
): void {
  const had = new Set(before?.dependencies);
  const added = item.dependencies.filter((id) => !had.has(id));
  requireKnown(view, 'dependency', added);
  // Nothing waits for what is new, but where a file was changed by hand; so a long chain costs each of its links the same.
  const isAwaited = before !== undefined || isReferred(view, item.id);
  if (isAwaited) for (const id of added) refuseCycle(view, item.id, id);
  else if (added.includes(item.id)) refuseCycle(view, item.id, item.id);
  if (item.parent_id === undefined || item.parent_id === before?.parent_id) return;
  requireKnown(view, 'parent', [item.parent_id]);
  refuseCycle(view, item.parent_id, item.id);
  // A new item is no one's child yet, so its own dependencies must be asked about too.
  // What the parent waits for already, as it does for an open part, does not wait for the parent.
  for (const id of item.dependencies)
    if (!isOpenPartOf(view, item.parent_id, id)) refuseCycle(view, item.parent_id, id);
  if (isAwaited || item.parent_id === item.id) refuseOwnAncestor(view, item.id, item.parent_id);
  if (from === 'here' && !isTerminal(item.status)) requireOpenParent(view, item, isTerminal);
}

function isOpenPartOf(view: LedgerView, parent: WorkId, id: WorkId): boolean {
  const status = view.statusOf(id);
  if (status === undefined || status === 'damaged' || isTerminal(status)) return false;
  return view.find(id)?.parent_id === parent;
}

/** True where something open names the id. */
const isReferred = (view: LedgerView, id: WorkId): boolean =>
  view.openDependentsOf(id).length + view.openChildrenOf(id).length + view.blockedOn(id).length > 0;

/** An open part of what is completed would make that untrue. @throws LedgerError `ILLEGAL_TRANSITION` where its parent is as `ended` says */
function requireOpenParent(
  view: LedgerView,
  { id, parent_id }: WorkItem,
  ended: (status: WorkStatus) => boolean,
): void {
  const status = parent_id === undefined ? undefined : view.statusOf(parent_id);
  if (parent_id === undefined || status === undefined || status === 'damaged' || !ended(status)) return;
  throw new LedgerError(
    'ILLEGAL_TRANSITION',
    `${parent_id} is ${status}, so ${id} cannot be an open part of it.`,
    {
      hint: `To work on it again: wl reopen ${parent_id} --reason TEXT`,
      details: { id, parent_id, parent_status: status },
    },
  );
}

/** Nothing is a part of itself, by however many steps, also where some of these ended. */
function refuseOwnAncestor(view: LedgerView, id: WorkId, parent: WorkId): void {
  const chain: WorkId[] = [id];
  const seen = new Set<WorkId>();
  for (let at: WorkId | undefined = parent; at !== undefined && !seen.has(at); ) {
    chain.push(at);
    if (at === id) {
      throw new LedgerError('DEPENDENCY_CYCLE', `${id} would be a part of itself: ${chain.join(' -> ')}.`, {
        hint: 'Give one of them another parent: wl update ID --parent none',
        details: { cycle: firstOf(chain) },
      });
    }
    seen.add(at);
    at = view.statusOf(at) === 'damaged' ? undefined : view.find(at)?.parent_id;
  }
}

/** @throws LedgerError `NOT_READY` where parts of it are open: it is not done before they are */
export function requireNoOpenParts(view: LedgerView, { id }: WorkItem): void {
  const ids = view.openChildrenOf(id);
  if (ids.length === 0) return;
  throw new LedgerError('NOT_READY', `${id} has open parts: ${listed(ids)}.`, {
    hint: 'Finish them first, or give them another parent: wl update ID --parent none',
    details: { id, obstacles: [{ kind: 'open_children', ids: firstOf(ids) }] },
  });
}

/**
 * Holds the rules for an item that ended and is about to be open again: it waits for its open children once more, and its
 * parent, which is not completed, waits for it.
 */
export function checkReopened(view: LedgerView, item: WorkItem): void {
  requireOpenParent(view, item, (status) => status === 'completed');
  const waiting = [item.id, ...view.openChildrenOf(item.id)];
  for (const id of waiting) {
    if (id !== item.id) refuseCycle(view, item.id, id);
    if (item.parent_id !== undefined) refuseCycle(view, item.parent_id, id);
  }
}

/**
 * What an idempotency key was used for by another transition than the one that would take it now.
 *
 * @returns `undefined` where it is free
 */
export function keyInUse(
  view: Pick<LedgerView, 'usedKey'>,
  { idempotency_key: key, last_op }: Pick<WorkItem, 'idempotency_key' | 'last_op'>,
): UsedKey | undefined {
  const used = key === undefined ? undefined : view.usedKey(key);
  return used?.op === last_op ? undefined : used;
}

/** True for a key that not everyone may take. */
export const isReservedKey = (key: string): boolean => key.startsWith('<') || key.startsWith(EXHAUSTED);

/**
 * Some keys are not for everyone, so that nobody who guesses one takes it first: `<actor>…` is for that actor, and `exhausted:…` for the
 * escalation of work that has failed so.
 *
 * @throws LedgerError `INVALID_INPUT`
 */
export function requireOwnKey(
  view: Pick<LedgerView, 'find' | 'statusOf'>,
  item: WorkItem,
  actor: string,
): void {
  const { idempotency_key: key } = item;
  if (key === undefined) return;
  if (key.startsWith('<') && !key.startsWith(`<${actor}>`))
    throw reserved(
      key,
      `a key that begins with \`<NAME>\` is for the actor of that name, and ${actor} acts here`,
    );
  if (key.startsWith(EXHAUSTED) && !isOfExhausted(view, key, item))
    throw reserved(
      key,
      'the ledger makes such keys itself, for the escalation of work whose attempts are used up',
    );
}

function isOfExhausted(
  view: Pick<LedgerView, 'find' | 'statusOf'>,
  key: string,
  { type, context }: WorkItem,
): boolean {
  const id = context.work_id;
  if (type !== 'escalation' || typeof id !== 'string' || view.statusOf(id) !== 'failed') return false;
  const work = view.find(id);
  return work !== undefined && (work.error?.startsWith(EXHAUSTED) ?? false) && key === exhaustedKey(work);
}

const reserved = (key: string, why: string): LedgerError =>
  new LedgerError('INVALID_INPUT', `The key ${JSON.stringify(key)} is reserved: ${why}.`, {
    hint: 'Take a key that says what it is for: nightly/2026-01-03',
    details: { problems: [why] },
  });

/** Why a key gives nothing: it was used, for an item that is gone, or with other content. */
export function keyUsed(
  key: string,
  id: WorkId,
  { same, deleted }: { same: boolean; deleted: boolean },
): LedgerError {
  const was = same ? '' : ', with other content';
  const gone = deleted ? ', which was deleted since' : '';
  return new LedgerError('KEY_USED', `The key ${JSON.stringify(key)} was used for ${id}${was}${gone}.`, {
    hint: `\`wl ${deleted ? 'history' : 'show'} ${id}\` tells what it was used for. Another item needs another key.`,
    details: { id, idempotency_key: key, same, deleted },
  });
}
