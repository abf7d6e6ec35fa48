import type { z } from 'zod';
import { isOp, WORK_ID } from './ids.ts';
import { type Json, type JsonMap, LINK_KINDS, WORK_PRIORITIES, WORK_STATUSES, WORK_TYPES } from './item.ts';
import { lazySchema } from './schema.ts';
import {
  ACTOR_LENGTH,
  CLONE_NAME,
  hasNoBrackets,
  isJson,
  isJsonMap,
  isWithin,
  LINE_RULES,
  MAX_DEPTH,
} from './values.ts';

/** Every schema that an item is made of. */
export const itemSchemas = lazySchema((z) => {
  const line = (max: number) =>
    z
      .string()
      .min(1)
      .refine((text) => LINE_RULES.short(text, max), `must be at most ${max} characters`)
      .refine(LINE_RULES.safe, 'must be one line without control or bidirectional characters')
      .refine(LINE_RULES.trimmed, 'must not begin or end with a space');
  const text64 = z.string().refine((text) => isWithin(text, 64), 'must be at most 64 KiB');
  const json: z.ZodType<Json, Json> = z.any().refine((value) => isJson(value), {
    error: `must be JSON of at most ${MAX_DEPTH} levels`,
    abort: true,
  });
  const map256: z.ZodType<JsonMap, JsonMap> = z
    .any()
    .refine(isJsonMap, { error: `must be a map of JSON of at most ${MAX_DEPTH} levels`, abort: true })
    .refine((value) => isWithin(value, 256), 'must be at most 256 KiB')
    .meta({ type: 'object' });

  const workId = z.string().regex(WORK_ID, 'must look like WRK-20260103-0001');
  const op = z.string().refine(isOp, 'must be a UUID of version 7');
  const time = z.iso.datetime({ precision: 3 });
  const actor = line(ACTOR_LENGTH).refine(hasNoBrackets, 'must not contain < or >');
  const label = line(100);
  const name = line(200);

  const checkpoint = z
    .object({
      at: time,
      attempt: z.int().min(0),
      step: z.string().optional(),
      summary: z.string().optional(),
      next_action: z.string().optional(),
      work_ref: z.string().optional(),
      artifacts: z.array(z.string()).optional(),
      effects: z.array(z.string()).optional(),
      data: json.optional(),
    })
    .refine((value) => isWithin(value, 64), 'must be at most 64 KiB');
  const link = z.object({ kind: z.enum(LINK_KINDS), target: line(500) });
  const criterion = z.object({ text: z.string().min(1), done: z.boolean().default(false) });
  const comment = z.object({ at: time, by: name, body: text64.min(1) });

  /** Fields that `create` takes and `update` changes; every other field belongs to one verb. */
  const editable = {
    title: line(500),
    type: z.enum(WORK_TYPES).default('task'),
    priority: z.enum(WORK_PRIORITIES).default('medium'),
    labels: z.array(label).default([]),
    description: text64.default(''),
    acceptance: z.array(criterion).default([]),
    context: map256.default({}),
    parent_id: workId.optional(),
    dependencies: z.array(workId).default([]),
    links: z.array(link).default([]),
    swarm_name: name.optional(),
    job_id: name.optional(),
    not_before: time.optional(),
    max_attempts: z.int().min(1).max(1000).optional(),
    idempotency_key: line(200).optional(),
  };

  /** Keys stand in the order in which the file has them. */
  const workItem = z.looseObject({
    schema: z.literal(1),
    id: workId,
    rev: z.int().min(1),
    last_op: op,
    title: editable.title,
    type: editable.type,
    priority: editable.priority,
    status: z.enum(WORK_STATUSES),
    owner: actor.optional(),
    labels: editable.labels,
    description: editable.description,
    acceptance: editable.acceptance,
    context: editable.context,
    parent_id: editable.parent_id,
    dependencies: editable.dependencies,
    links: editable.links,
    swarm_name: editable.swarm_name,
    job_id: editable.job_id,
    execution_id: name.optional(),
    created_at: time,
    created_by: actor,
    updated_at: time,
    started_at: time.optional(),
    completed_at: time.optional(),
    not_before: editable.not_before,
    claim: z
      .object({
        epoch: z.int().min(1),
        execution_id: name,
        claimed_at: time,
        ttl_s: z.int().min(1),
        clone: z.string().regex(CLONE_NAME).optional(),
      })
      .optional(),
    attempts: z.int().min(0).default(0),
    max_attempts: editable.max_attempts,
    checkpoint: checkpoint.optional(),
    block: z
      .object({
        reason: z.string().min(1),
        blocker_id: workId.optional(),
        since: time,
        from: z.enum(['pending', 'in_progress']),
      })
      .optional(),
    review: z
      .object({
        requested_at: time,
        requested_by: actor,
        approvals: z.array(z.object({ by: actor, at: time, note: z.string().optional() })).optional(),
        verdict: z.enum(['approved', 'rejected']).optional(),
        by: actor.optional(),
        at: time.optional(),
        note: z.string().optional(),
      })
      .optional(),
    result: map256.optional(),
    error: text64.optional(),
    comments: z.array(comment).default([]),
    idempotency_key: editable.idempotency_key,
  });
  return { op, time, actor, label, checkpoint, link, comment, editable, workItem };
});

export const workItemSchema = () => itemSchemas().workItem;
export const actorSchema = () => itemSchemas().actor;
