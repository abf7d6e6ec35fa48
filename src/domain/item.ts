import type { z } from 'zod';
import type { itemSchemas } from './item-schema.ts';

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

type Schemas = ReturnType<typeof itemSchemas>;
/**
 * One unit of work. Absent means `undefined`, and empty lists, maps and texts are left out of the file. Unknown keys are kept.
 *
 * @see docs/format.md, "Work item"
 */
export type WorkItem = z.infer<Schemas['workItem']>;
export type Checkpoint = z.infer<Schemas['checkpoint']>;
export type WorkLink = z.infer<Schemas['link']>;
export type WorkComment = z.infer<Schemas['comment']>;

/** The keys that this version knows, in the order of the file. */
export const ITEM_KEYS: readonly string[] = [
  'schema',
  'id',
  'rev',
  'last_op',
  'title',
  'type',
  'priority',
  'status',
  'owner',
  'labels',
  'description',
  'acceptance',
  'context',
  'parent_id',
  'dependencies',
  'links',
  'swarm_name',
  'job_id',
  'execution_id',
  'created_at',
  'created_by',
  'updated_at',
  'started_at',
  'completed_at',
  'not_before',
  'claim',
  'attempts',
  'max_attempts',
  'checkpoint',
  'block',
  'review',
  'result',
  'error',
  'comments',
  'idempotency_key',
] satisfies (keyof Schemas['workItem']['shape'])[];
const KNOWN: ReadonlySet<string> = new Set(ITEM_KEYS);
export const isItemKey = (key: string): boolean => KNOWN.has(key);

/** Rank for sorting: most urgent first, then oldest, then by id so that the order is total. */
export function byUrgency(a: WorkItem, b: WorkItem): number {
  return (
    WORK_PRIORITIES.indexOf(b.priority) - WORK_PRIORITIES.indexOf(a.priority) ||
    compareText(a.created_at, b.created_at) ||
    compareText(a.id, b.id)
  );
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
