import type { WorkId } from '../../domain/ids.ts';
import type { WorkItem, WorkPriority, WorkStatus } from '../../domain/item.ts';

/** A question and, once there is one, its answer. */
export interface Escalation {
  id: WorkId;
  title: string;
  question: string;
  options: string[];
  status: WorkStatus;
  priority: WorkPriority;
  /** Who is to answer, or has taken it up; `null` where anyone may. */
  to: string | null;
  asked_by: string;
  asked_at: string;
  /** The work that it is about, as it was when it was asked. */
  work_id: WorkId | null;
  answer: string | null;
  option: string | null;
  answered_by: string | null;
  answered_at: string | null;
}

/** An item of type `escalation` as a question. What is not there, or not as it should be, is taken as left out. */
export function toEscalation(item: WorkItem): Escalation {
  const { context, result, status } = item;
  const answered = status === 'completed';
  const offered = context.options;
  return {
    id: item.id,
    title: item.title,
    question: item.description,
    options: Array.isArray(offered) ? offered.filter((option) => typeof option === 'string') : [],
    status,
    priority: item.priority,
    to: item.owner ?? null,
    asked_by: item.created_by,
    asked_at: item.created_at,
    work_id: textOf(context.work_id),
    answer: answered ? textOf(result?.answer) : null,
    option: answered ? textOf(result?.option) : null,
    answered_by: answered ? (item.owner ?? null) : null,
    answered_at: answered ? (item.completed_at ?? null) : null,
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
