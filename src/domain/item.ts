import { z } from 'zod';
import { isOp, WORK_ID } from './ids.ts';
import { isSafeLine } from './text.ts';

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

const KIB = 1024;
const byteLength = (value: unknown): number =>
  Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
const within = (kib: number) => (value: unknown) => byteLength(value) <= kib * KIB;

const line = (max: number) =>
  z
    .string()
    .min(1)
    .refine((text) => [...text].length <= max, `must be at most ${max} characters`)
    .refine(isSafeLine, 'must be one line without control or bidirectional characters')
    .refine((text) => text.trim() === text, 'must not begin or end with a space');
const text64 = z.string().refine(within(64), 'must be at most 64 KiB');
/** Levels of maps and lists in one another that a user's data may have. */
const MAX_DEPTH = 64;

/** Data as JSON has it. A schema that rebuilds what it reads would drop a key of `__proto__`; this keeps every key. */
function isJson(value: unknown, depth = MAX_DEPTH): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth === 0) return false;
  if (!Array.isArray(value) && !isPlainMap(value)) return false;
  return Object.values(value).every((entry) => isJson(entry, depth - 1));
}

function isPlainMap(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const json: z.ZodType<Json, Json> = z.any().refine((value) => isJson(value), {
  error: `must be JSON of at most ${MAX_DEPTH} levels`,
  abort: true,
});
const map256: z.ZodType<JsonMap, JsonMap> = z
  .any()
  .refine((value) => typeof value === 'object' && !Array.isArray(value) && value !== null && isJson(value), {
    error: `must be a map of JSON of at most ${MAX_DEPTH} levels`,
    abort: true,
  })
  .refine(within(256), 'must be at most 256 KiB')
  .meta({ type: 'object' });

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonMap = Record<string, Json>;

const workIdSchema = z.string().regex(WORK_ID, 'must look like WRK-20260103-0001');
export const opSchema = z.string().refine(isOp, 'must be a UUID of version 7');
/** ISO 8601, UTC, milliseconds: `2026-01-03T11:00:00.000Z`. */
export const timeSchema = z.iso.datetime({ precision: 3 });
const titleSchema = line(500);
/** Who acts: a name that can stand in a git author line. */
export const actorSchema = line(200).refine((name) => !/[<>]/.test(name), 'must not contain < or >');
export const labelSchema = line(100);
const nameSchema = line(200);

const checkpointSchema = z
  .object({
    at: timeSchema,
    attempt: z.int().min(0),
    step: z.string().optional(),
    summary: z.string().optional(),
    next_action: z.string().optional(),
    work_ref: z.string().optional(),
    artifacts: z.array(z.string()).optional(),
    effects: z.array(z.string()).optional(),
    data: json.optional(),
  })
  .refine(within(64), 'must be at most 64 KiB');
export type Checkpoint = z.infer<typeof checkpointSchema>;

export const LINK_KINDS = [
  'related',
  'discovered_from',
  'duplicates',
  'supersedes',
  'commit',
  'pull_request',
] as const;
export const linkSchema = z.object({ kind: z.enum(LINK_KINDS), target: line(500) });
export type WorkLink = z.infer<typeof linkSchema>;

const criterionSchema = z.object({ text: z.string().min(1), done: z.boolean().default(false) });
const commentSchema = z.object({ at: timeSchema, by: nameSchema, body: text64.min(1) });
export type WorkComment = z.infer<typeof commentSchema>;

/** Fields that `create` takes and `update` changes; every other field belongs to one verb. */
export const editableFields = {
  title: titleSchema,
  type: z.enum(WORK_TYPES).default('task'),
  priority: z.enum(WORK_PRIORITIES).default('medium'),
  labels: z.array(labelSchema).default([]),
  description: text64.default(''),
  acceptance: z.array(criterionSchema).default([]),
  context: map256.default({}),
  parent_id: workIdSchema.optional(),
  dependencies: z.array(workIdSchema).default([]),
  links: z.array(linkSchema).default([]),
  swarm_name: nameSchema.optional(),
  job_id: nameSchema.optional(),
  not_before: timeSchema.optional(),
  max_attempts: z.int().min(1).max(1000).optional(),
  idempotency_key: line(200).optional(),
};

/**
 * One unit of work. Keys stand in the order in which the file has them; absent means `undefined`, and empty lists, maps
 * and texts are left out of the file. Unknown keys are kept.
 *
 * @see docs/format.md, "Work item"
 */
export const workItemSchema = z.looseObject({
  schema: z.literal(1),
  id: workIdSchema,
  rev: z.int().min(1),
  last_op: opSchema,
  title: editableFields.title,
  type: editableFields.type,
  priority: editableFields.priority,
  status: z.enum(WORK_STATUSES),
  owner: actorSchema.optional(),
  labels: editableFields.labels,
  description: editableFields.description,
  acceptance: editableFields.acceptance,
  context: editableFields.context,
  parent_id: editableFields.parent_id,
  dependencies: editableFields.dependencies,
  links: editableFields.links,
  swarm_name: editableFields.swarm_name,
  job_id: editableFields.job_id,
  execution_id: nameSchema.optional(),
  created_at: timeSchema,
  created_by: actorSchema,
  updated_at: timeSchema,
  started_at: timeSchema.optional(),
  completed_at: timeSchema.optional(),
  not_before: editableFields.not_before,
  claim: z
    .object({
      epoch: z.int().min(1),
      execution_id: nameSchema,
      claimed_at: timeSchema,
      ttl_s: z.int().min(1),
    })
    .optional(),
  attempts: z.int().min(0).default(0),
  max_attempts: editableFields.max_attempts,
  checkpoint: checkpointSchema.optional(),
  block: z
    .object({
      reason: z.string().min(1),
      blocker_id: workIdSchema.optional(),
      since: timeSchema,
      from: z.enum(['pending', 'in_progress']),
    })
    .optional(),
  review: z
    .object({
      requested_at: timeSchema,
      requested_by: actorSchema,
      verdict: z.enum(['approved', 'rejected']).optional(),
      by: actorSchema.optional(),
      at: timeSchema.optional(),
      note: z.string().optional(),
    })
    .optional(),
  result: map256.optional(),
  error: text64.optional(),
  comments: z.array(commentSchema).default([]),
  idempotency_key: editableFields.idempotency_key,
});
export type WorkItem = z.infer<typeof workItemSchema>;

/** The keys that this version knows, in the order of the file. */
export const ITEM_KEYS: readonly string[] = Object.keys(workItemSchema.shape);

/** Rank for sorting: most urgent first, then oldest, then by id so that the order is total. */
export function byUrgency(a: WorkItem, b: WorkItem): number {
  return (
    WORK_PRIORITIES.indexOf(b.priority) - WORK_PRIORITIES.indexOf(a.priority) ||
    compareText(a.created_at, b.created_at) ||
    compareText(a.id, b.id)
  );
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
