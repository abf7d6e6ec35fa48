import type { Command, SetChange, TransitionEvent, WorkPatch } from '../domain/commands.ts';
import { CHANGED_BY_MEMBERS, GIVEN, SETTABLE } from '../domain/fields.ts';
import { isHeld, observeHolder } from '../domain/holding.ts';
import type { Json, WorkItem } from '../domain/item.ts';
import type { NewWork } from '../domain/item-schema.ts';

/**
 * Reads back the command of a committed transition from the item before, the item after and the message. Deciding it
 * again on the item before gives the item after: replay after a lost race and the audit of history are this one function.
 *
 * @returns `undefined` where the verb needs an item that is not there
 */
export function readCommand(
  event: TransitionEvent,
  before: WorkItem | undefined,
  after: WorkItem | undefined,
): Command | undefined {
  const base = { op: event.op, actor: event.actor, at: event.at };
  const { id, reason } = event;
  const fence = { epoch: event.epoch, execution_id: event.execution_id };
  if (event.verb === 'delete') return { ...base, verb: 'delete', id, reason };
  if (after === undefined) return undefined;
  switch (event.verb) {
    case 'create':
      return { ...base, verb: 'create', id, fields: newWorkIn(after) };
    case 'import':
      return { ...base, verb: 'import', id, item: after };
    case 'assign':
      return { ...base, verb: 'assign', id, owner: after.owner, reason };
    case 'claim':
    case 'start': {
      const { execution_id = '', ttl_s, clone } = after.claim ?? {};
      return { ...base, verb: event.verb, id, execution_id, ttl_s, clone };
    }
    case 'release':
      return { ...base, verb: 'release', id, reason, ...fence };
    case 'checkpoint': {
      const { at: _at, attempt: _attempt, ...checkpoint } = after.checkpoint ?? { at: '', attempt: 0 };
      return { ...base, verb: 'checkpoint', id, checkpoint, ...fence };
    }
    case 'link_execution':
      return {
        ...base,
        verb: 'link_execution',
        id,
        link: after.execution_id ?? '',
        clone: after.claim?.clone,
        epoch: event.epoch,
      };
    case 'block': {
      const held = before !== undefined && isHeld(before);
      const force = held && before.owner !== event.actor;
      // What was decided while nobody held the item is no holder's word on a claim that came meanwhile.
      const proof = held ? fence : { unproven: true };
      const { reason: why = '', blocker_id } = after.block ?? {};
      return { ...base, verb: 'block', id, reason: why, blocker_id, force, ...(force ? {} : proof) };
    }
    case 'submit':
      return { ...base, verb: 'submit', id, result: after.result, ...fence };
    case 'approve':
      return { ...base, verb: 'approve', id, reason };
    case 'reject':
      return { ...base, verb: 'reject', id, reason: reason ?? '' };
    case 'withdraw':
      return { ...base, verb: 'withdraw', id, reason, ...fence };
    case 'complete':
      return { ...base, verb: 'complete', id, result: after.result, ...fence };
    case 'fail':
      return { ...base, verb: 'fail', id, error: after.error ?? '', ...fence };
    case 'retry':
      return {
        ...base,
        verb: 'retry',
        id,
        not_before: after.not_before,
        reset: after.attempts === 0 && (before?.attempts ?? 0) > 0,
        reason,
      };
    case 'cancel':
    case 'unblock':
      return { ...base, verb: event.verb, id, reason };
    case 'reopen':
      return { ...base, verb: 'reopen', id, reason: reason ?? '' };
    case 'recover': {
      const none = { epoch: undefined, execution_id: undefined, checkpoint_at: undefined };
      const observed = before === undefined ? none : observeHolder(before);
      return { ...base, verb: 'recover', id, reason: reason ?? '', observed };
    }
    case 'update':
      return before && { ...base, verb: 'update', id, patch: diffItems(before, after) };
    case 'comment':
      return { ...base, verb: 'comment', id, body: after.comments.at(-1)?.body ?? '' };
    default:
      return event.verb satisfies never;
  }
}

/** The change from `before` to `after`, field by field, as `update` takes it. */
function diffItems(before: WorkItem, after: WorkItem): WorkPatch {
  const set = SETTABLE.filter((key) => !isSame(before[key], after[key])).map((key) => [
    key,
    after[key] ?? null,
  ]);
  const members = CHANGED_BY_MEMBERS.map((key) => {
    const [was, is] = [before[key], after[key]];
    return [key, Array.isArray(was) ? diffSet<unknown>(was, is as unknown[]) : diffMap(was, is)];
  });
  return { set: Object.fromEntries(set), ...Object.fromEntries(members) };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function diffMap(before: object, after: object): Record<string, Json> {
  // Keys may be those of every object's own methods.
  const [had, has] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter(
    (key) => !isSame(had.get(key), has.get(key)),
  );
  return Object.fromEntries(changed.map((key): [string, Json] => [key, has.get(key) ?? null]));
}

function diffSet<T>(before: readonly T[], after: readonly T[]): SetChange<T> {
  const keys = (list: readonly T[]): Set<string> => new Set(list.map((value) => JSON.stringify(value)));
  const had = keys(before);
  const has = keys(after);
  return {
    add: after.filter((value) => !had.has(JSON.stringify(value))),
    remove: before.filter((value) => !has.has(JSON.stringify(value))),
  };
}

/** What a new item was made from: what else is in it follows. */
function newWorkIn(item: WorkItem): NewWork {
  return Object.fromEntries([...GIVEN, 'owner' as const].map((key) => [key, item[key]])) as NewWork;
}
