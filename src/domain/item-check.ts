import {
  defaulted,
  list,
  listOf,
  mapOf,
  oneOf,
  optional,
  readerOf,
  required,
  text,
  whole,
} from './checks.ts';
import { type NewWork, type NewWorkFields, newWorkSchema, type Request, requestSchema } from './commands.ts';
import { isOp, isWorkId } from './ids.ts';
import { LINK_KINDS, WORK_PRIORITIES, WORK_STATUSES, WORK_TYPES, type WorkItem } from './item.ts';
import { workItemSchema } from './item-schema.ts';
import { parseInput } from './schema.ts';
import { CLONE_NAME, isActorName, isJson, isJsonMap, isLine, isTime, isWithin } from './values.ts';

const anyText = text(() => true);
const someText = text((value) => value !== '');
const line = (max: number) => text((value) => isLine(value, max));
const text64 = text((value) => isWithin(value, 64));
const map256 = (value: unknown) => isJsonMap(value) && isWithin(value, 256);
const workId = text(isWorkId);
const op = text(isOp);
const time = text(isTime);
const actor = text(isActorName);
const name = line(200);

const checkpoint = mapOf({
  at: required(time),
  attempt: required(whole(0)),
  step: optional(anyText),
  summary: optional(anyText),
  next_action: optional(anyText),
  work_ref: optional(anyText),
  artifacts: optional(listOf(anyText)),
  effects: optional(listOf(anyText)),
  data: optional((value) => isJson(value)),
});

/** Fields that `create` takes and `update` changes. */
const editable = {
  title: required(line(500)),
  type: defaulted(oneOf(...WORK_TYPES), () => 'task'),
  priority: defaulted(oneOf(...WORK_PRIORITIES), () => 'medium'),
  labels: list(line(100)),
  description: defaulted(text64, () => ''),
  acceptance: list(
    mapOf({ text: required(someText), done: required((value) => typeof value === 'boolean') }),
  ),
  context: defaulted(map256, () => ({})),
  parent_id: optional(workId),
  dependencies: list(workId),
  links: list(mapOf({ kind: required(oneOf(...LINK_KINDS)), target: required(line(500)) })),
  swarm_name: optional(name),
  job_id: optional(name),
  not_before: optional(time),
  max_attempts: optional(whole(1, 1000)),
  idempotency_key: optional(line(200)),
};

const newWork = { ...editable, owner: optional(anyText) };
const readNewWork = readerOf(newWork);

const readItem = readerOf({
  schema: required((value) => value === 1),
  id: required(workId),
  rev: required(whole(1)),
  last_op: required(op),
  title: editable.title,
  type: editable.type,
  priority: editable.priority,
  status: required(oneOf(...WORK_STATUSES)),
  owner: optional(actor),
  labels: editable.labels,
  description: editable.description,
  acceptance: editable.acceptance,
  context: editable.context,
  parent_id: editable.parent_id,
  dependencies: editable.dependencies,
  links: editable.links,
  swarm_name: editable.swarm_name,
  job_id: editable.job_id,
  execution_id: optional(name),
  created_at: required(time),
  created_by: required(actor),
  updated_at: required(time),
  started_at: optional(time),
  completed_at: optional(time),
  not_before: editable.not_before,
  claim: optional(
    mapOf({
      epoch: required(whole(1)),
      execution_id: required(name),
      claimed_at: required(time),
      ttl_s: required(whole(1)),
      clone: optional(text((value) => CLONE_NAME.test(value))),
    }),
  ),
  attempts: defaulted(whole(0), () => 0),
  max_attempts: editable.max_attempts,
  checkpoint: optional((value) => checkpoint(value) && isWithin(value, 64)),
  block: optional(
    mapOf({
      reason: required(someText),
      blocker_id: optional(workId),
      since: required(time),
      from: required(oneOf('pending', 'in_progress')),
    }),
  ),
  review: optional(
    mapOf({
      requested_at: required(time),
      requested_by: required(actor),
      approvals: optional(
        listOf(mapOf({ by: required(actor), at: required(time), note: optional(anyText) })),
      ),
      verdict: optional(oneOf('approved', 'rejected')),
      by: optional(actor),
      at: optional(time),
      note: optional(anyText),
    }),
  ),
  result: optional(map256),
  error: optional(text64),
  comments: list(
    mapOf({
      at: required(time),
      by: required(name),
      body: required((value) => someText(value) && text64(value)),
    }),
  ),
  idempotency_key: editable.idempotency_key,
});

/**
 * The item that `workItemSchema` makes of `map`, many times faster.
 *
 * @returns `undefined` where only the schema can tell, which then says what is wrong, or puts it in order
 */
export const checkItem = (map: Readonly<Record<string, unknown>>): WorkItem | undefined =>
  readItem(map) as WorkItem | undefined;

/** The same for what a new item is made from: as `newWorkSchema`, for a map without other keys. */
export function checkNewWork(map: Readonly<Record<string, unknown>>): NewWorkFields | undefined {
  const isKnown = Object.keys(map).every((key) => Object.hasOwn(newWork, key));
  return isKnown ? (readNewWork(withoutUndefined(map)) as NewWorkFields | undefined) : undefined;
}

/** A key without a value says nothing. */
export const withoutUndefined = (map: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));

// What is right passes a quick check; the schema, which takes many times as long to load and to ask, says what is wrong.

/** A work item of what it is made of. @throws LedgerError `INVALID_INPUT` naming `what` */
export const toItem = (parts: Readonly<Record<string, unknown>>, what: string): WorkItem =>
  checkItem(withoutUndefined(parts)) ?? parseInput(workItemSchema, parts, what);

/** What a new item is made from, with everything filled in that has a default. @throws LedgerError `INVALID_INPUT` */
export const toNewWork = (fields: NewWork): NewWorkFields =>
  checkNewWork(fields) ?? parseInput(newWorkSchema, fields, 'new item');

/** @throws LedgerError `INVALID_INPUT` where it does not say who asks, when, or under which name */
export function requireRequest(request: Request): void {
  const { op, actor, at } = request as Partial<Record<keyof Request, unknown>>;
  const isRight =
    typeof op === 'string' &&
    isOp(op) &&
    typeof actor === 'string' &&
    isActorName(actor) &&
    typeof at === 'string' &&
    isTime(at);
  if (!isRight) parseInput(requestSchema, request, 'request');
}
