import type { Json, JsonMap, WorkItem } from '../index.ts';

/** What was answered to a question about an item. */
export interface Answer {
  id: string;
  question: string;
  answer: string;
  by: string;
}

/** What was answered to questions about an item, oldest first; what is not as it should be is left to the context. */
export function answersIn({ context }: Pick<WorkItem, 'context'>): Answer[] {
  return Object.entries(mapOf(context.answers)).flatMap(([id, entry]) => {
    const { question, answer, by } = mapOf(entry);
    if (typeof question !== 'string' || typeof answer !== 'string') return [];
    return [{ id, question, answer, by: typeof by === 'string' ? by : 'someone' }];
  });
}

export const mapOf = (value: Json | undefined): JsonMap =>
  value === null || typeof value !== 'object' || Array.isArray(value) ? {} : value;
