import type { z } from 'zod';
import type { FieldKey, KindsOf } from './fields.ts';
import type { SchemasOf } from './kinds.ts';

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

/** Statuses that work does not leave by itself. */
export type EndedStatus = 'completed' | 'failed' | 'cancelled';
/** True for a status that work does not leave by itself: completed, failed, cancelled. */
export const isTerminal = (status: WorkStatus): status is EndedStatus =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

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

/** The fields that this version knows, by the table of them. */
type Fields = z.output<z.ZodObject<SchemasOf<KindsOf<FieldKey>>, z.core.$strip>>;
export type WorkLink = Fields['links'][number];
/** Where to resume, with `data` of the caller's own. */
export type Checkpoint<Data = Json> = Omit<NonNullable<Fields['checkpoint']>, 'data'> & {
  data?: Data | undefined;
};

/**
 * One unit of work. Absent means `undefined`, and empty lists, maps and texts are left out of the file.
 *
 * The type has the keys that this version knows. A file can hold others, which are kept: `unknownKeys` gives them. It is a union by
 * `status`, whose members differ in that alone: which of the optional fields are there does not follow from the status, since an
 * item can be imported in any status with any of them. Ask for each.
 *
 * @typeParam Context what `context` holds, where its caller knows it; @typeParam Data that of a checkpoint; @typeParam Result that of
 *   `result`. None of the three is checked: whoever may push writes them.
 * @see docs/format.md, "Work item"; docs/decisions/0019-types-promise-what-is-stored.md
 */
export type WorkItem<Context = JsonMap, Data = Json, Result = JsonMap> = WorkItemIn<
  WorkStatus,
  Context,
  Data,
  Result
>;

/** An item of one status, or of one of several. */
export type WorkItemIn<S extends WorkStatus, Context = JsonMap, Data = Json, Result = JsonMap> = {
  [One in S]: {
    [K in keyof Fields]: K extends 'status'
      ? One
      : K extends 'context'
        ? Context
        : K extends 'checkpoint'
          ? Checkpoint<Data> | undefined
          : K extends 'result'
            ? Result | undefined
            : Fields[K];
  };
}[S];

/** Rank for sorting: most urgent first, then oldest, then by id so that the order is total. */
export function byUrgency(a: WorkItem, b: WorkItem): number {
  return (
    WORK_PRIORITIES.indexOf(b.priority) - WORK_PRIORITIES.indexOf(a.priority) ||
    compareText(a.created_at, b.created_at) ||
    compareText(a.id, b.id)
  );
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
