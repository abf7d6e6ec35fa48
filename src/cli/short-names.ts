import type { WorkPriority, WorkStatus } from '../index.ts';

/** Statuses as lists show them, and as options accept them too. */
export const SHORT_STATUS = {
  pending: 'pend',
  in_progress: 'prog',
  blocked: 'block',
  in_review: 'review',
  completed: 'done',
  failed: 'fail',
  cancelled: 'canc',
} as const satisfies Record<WorkStatus, string>;

export const SHORT_PRIORITY = {
  low: 'low',
  medium: 'med',
  high: 'high',
  critical: 'crit',
} as const satisfies Record<WorkPriority, string>;
