import { isLedgerError } from './errors.ts';
import type { WorkId } from './ids.ts';
import type { JsonMap, WorkItem } from './item.ts';
import { isJsonMap, isWithin } from './values.ts';
import type { LedgerView } from './view.ts';

const CONTEXT_KIB = 256;

/**
 * The context with which a blocked item goes on: with question and answer in `answers`, by the escalation's id, where it waited
 * for an escalation that was answered.
 *
 * What cannot be told, since the context has no room or keeps something else under that name, is left out: it stands in the
 * escalation, and must not keep anything from going on.
 */
export function contextAfter(item: WorkItem, view: LedgerView): JsonMap {
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
