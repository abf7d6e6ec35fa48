import { randomUUID } from 'node:crypto';
import type { WorkItem } from '../../src/domain/item.ts';
import { workItemSchema } from '../../src/domain/item-schema.ts';

/** A pending item, and what a test wants of it. */
export function item(fields: Partial<WorkItem> = {}): WorkItem {
  return workItemSchema().parse({
    schema: 1,
    id: 'WRK-20260103-0001',
    rev: 1,
    last_op: `019b8373-b840-7${randomUUID().slice(15)}`,
    title: 'Work',
    type: 'task',
    priority: 'medium',
    status: 'pending',
    created_at: '2026-01-03T10:00:00.000Z',
    created_by: 'ada',
    updated_at: '2026-01-03T10:00:00.000Z',
    ...fields,
  });
}
