import { text } from '../check-input.ts';
import { isLedgerError } from '../errors.ts';
import type { WorkId } from '../ids.ts';
import type { JsonMap, WorkItem } from '../item.ts';
import { isJsonMap, isWithin } from '../values.ts';
import type { LedgerView } from '../view.ts';
import { type Asked, type ChangingVerb, defineVerb } from './define.ts';

type UnblockInput = {
  id: WorkId;
  reason?: string | undefined;
};

/** Lets a blocked item go on, with the answer in its context where it waited for one. */
export const unblock: ChangingVerb<UnblockInput> = defineVerb({
  from: ['blocked'],
  to: 'as_held',
  by: 'anyone',
  reason: 'optional',
  input: { reason: text },
  line: 'unblocked',
  sees: ({ block }) => ({
    'block.reason': block?.reason,
    'block.blocker_id': block?.blocker_id,
    'block.since': block?.since,
  }),
  follows: isOverdue,
  apply: (item, _command, view) => ({
    ...item,
    context: contextAfter(item, view),
    status: item.block?.from ?? (item.owner === undefined ? 'pending' : 'in_progress'),
    block: undefined,
  }),
});

/** True for an item that is still blocked on one that is completed: unblocking it follows by itself. */
export function isOverdue(view: LedgerView, { block }: WorkItem): boolean {
  return block?.blocker_id !== undefined && view.statusOf(block.blocker_id) === 'completed';
}

/**
 * What follows by itself from a transition, in the same push: items that were blocked by an item that is now completed
 * are unblocked, each by a commit of its own.
 *
 * @param view the ledger after the transition
 * @returns the commands, but for their `op`, which is derived from the cause so that no clone can apply one twice
 */
export function consequences(
  view: LedgerView,
  { before, after, event }: Caused,
): (Omit<Asked<UnblockInput>, 'op'> & { verb: 'unblock' })[] {
  if (after?.status !== 'completed' || before?.status === 'completed' || before === undefined) return [];
  return view.blockedOn(after.id).map((id) => ({
    verb: 'unblock',
    id,
    actor: event.actor,
    at: event.at,
    reason: `${after.id} is completed`,
  }));
}

interface Caused {
  before: WorkItem | undefined;
  after: WorkItem | undefined;
  event: { actor: string; at: string };
}

const CONTEXT_KIB = 256;

/**
 * The context with which a blocked item goes on: with question and answer in `answers`, by the escalation's id, where it waited
 * for an escalation that was answered.
 *
 * What cannot be told, since the context has no room or keeps something else under that name, is left out: it stands in the
 * escalation, and must not keep anything from going on.
 */
function contextAfter(item: WorkItem, view: LedgerView): JsonMap {
  const { context, block } = item;
  const answered = block?.blocker_id === undefined ? undefined : answerOf(view, block.blocker_id);
  const before = context.answers ?? {};
  if (answered === undefined || !isJsonMap(before)) return context;
  const after = { ...context, answers: { ...before, ...answered } };
  return isWithin(after, CONTEXT_KIB) ? after : context;
}

function answerOf(view: LedgerView, id: WorkId): JsonMap | undefined {
  if (view.statusOf(id) !== 'completed') return undefined;
  const escalation = findReadable(view, id);
  const answer = escalation?.result?.answer;
  if (escalation?.type !== 'escalation' || typeof answer !== 'string') return undefined;
  const { description, owner, completed_at } = escalation;
  return { [id]: { question: description, answer, by: owner ?? null, at: completed_at ?? null } };
}

function findReadable(view: LedgerView, id: WorkId): WorkItem | undefined {
  try {
    return view.find(id);
  } catch (error) {
    // One bad file must not stop another item.
    if (isLedgerError(error, 'DAMAGED_ITEM')) return undefined;
    throw error;
  }
}
