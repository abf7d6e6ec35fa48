import { type NewWork, type NewWorkFields, newWorkSchema, type Request, requestSchema } from './commands.ts';
import { isOp } from './ids.ts';
import type { WorkItem } from './item.ts';
import { checkItem, checkNewWork, withoutUndefined } from './item-check.ts';
import { workItemSchema } from './item-schema.ts';
import { parseInput } from './validate.ts';
import { isActorName, isTime } from './values.ts';

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
