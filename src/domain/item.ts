import type { z } from 'zod';
import type { FIELDS } from './fields.ts';
import type { workItemSchema } from './item-schema.ts';

export const WORK_STATUSES = [
  'pending',
  'in_progress',
  'blocked',
  'in_review',
  'completed',
  'failed',
  'cancelled',
] as const;
export type WorkStatus = (typeof WORK_STATUSES)[number];

export const WORK_TYPES = [
  'task',
  'feature',
  'bug',
  'research',
  'review',
  'design',
  'refactor',
  'test',
  'documentation',
  'escalation',
] as const;
export type WorkType = (typeof WORK_TYPES)[number];

/** Lowest first, so that the index is the rank. */
export const WORK_PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
export type WorkPriority = (typeof WORK_PRIORITIES)[number];

const TERMINAL: ReadonlySet<WorkStatus> = new Set(['completed', 'failed', 'cancelled']);
/** True for a status that work does not leave by itself: completed, failed, cancelled. */
export const isTerminal = (status: WorkStatus): boolean => TERMINAL.has(status);

export const LINK_KINDS = [
  'related',
  'discovered_from',
  'duplicates',
  'supersedes',
  'commit',
  'pull_request',
] as const;

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonMap = Record<string, Json>;

type FieldOf<K extends keyof typeof FIELDS> = z.output<ReturnType<(typeof FIELDS)[K]['kind']['schema']>>;
/**
 * One unit of work. Absent means `undefined`, and empty lists, maps and texts are left out of the file. Unknown keys are kept.
 *
 * @see docs/format.md, "Work item"
 */
export type WorkItem = z.infer<ReturnType<typeof workItemSchema>>;
export type Checkpoint = NonNullable<FieldOf<'checkpoint'>>;
export type WorkLink = FieldOf<'links'>[number];

/** Rank for sorting: most urgent first, then oldest, then by id so that the order is total. */
export function byUrgency(a: WorkItem, b: WorkItem): number {
  return (
    WORK_PRIORITIES.indexOf(b.priority) - WORK_PRIORITIES.indexOf(a.priority) ||
    compareText(a.created_at, b.created_at) ||
    compareText(a.id, b.id)
  );
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
