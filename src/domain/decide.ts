import type { Command, TransitionEvent } from './commands.ts';
import { LedgerError } from './errors.ts';
import { describeHolder, isHeld, requireOwner, requireProof } from './holding.ts';
import { isTerminal, WORK_STATUSES, type WorkItem } from './item.ts';
import { contentDigest, requireRequest, toItem } from './item-schema.ts';
import { requireSeen } from './observation.ts';
import { isGranted, requireAllowed, requireKnownRules, requireSameRules } from './policy.ts';
import { rememberReview } from './reviews.ts';
import { asName, quoted, REASON_LENGTH, toSafeLine } from './text.ts';
import type { ChangingVerb, VerbFacts } from './verbs/define.ts';
import { verbOf } from './verbs.ts';
import type { LedgerView } from './view.ts';

export interface Transition {
  kind: 'transition';
  before: WorkItem | undefined;
  /** `undefined` where the item is deleted. */
  after: WorkItem | undefined;
  event: TransitionEvent;
}

/** A transition, or the item as it stands where the command has nothing left to do. */
export type Decision = Transition | { kind: 'unchanged'; item: WorkItem };

/**
 * Decides what `command` does to the item it names.
 *
 * Pure: time, actor and the transition's name arrive inside the command. The order of the checks is that of docs/architecture.md, "Deciding".
 *
 * @returns the item as it will stand, `rev` one higher, and the event its commit records
 * @throws LedgerError `ILLEGAL_TRANSITION` where the table has no such row; `ALREADY_CLAIMED`, `CLAIMED_ELSEWHERE`,
 *   `STALE_EPOCH` and `NOT_OWNER` where someone else holds it, naming the holder; `NOT_READY`, `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE`,
 *   `STILL_REFERENCED` where the rest of the ledger forbids it; `CONFLICT` where it is not what the caller saw; `NOT_FOUND`;
 *   `INVALID_INPUT`; `UPGRADE_REQUIRED` where the ledger is under rules that this program does not know
 * @see docs/format.md, "Transitions"
 */
export function decide(view: LedgerView, command: Command): Decision {
  requireKnownRules(view.settings, 'write to it');
  requireRequest(command);
  const verb = verbOf(command.verb);
  if ('apply' in verb) return change(view, command, verb);
  const { item, existed } = verb.enter(command, view);
  if (existed) return { kind: 'unchanged', item };
  // An item that begins is under the rules for what it is to be.
  requireAllowed(view.settings, command.verb, command.actor, item);
  return record(command, undefined, item);
}

function change(view: LedgerView, command: Command, verb: ChangingVerb): Decision {
  const item = findItem(view, command);
  if (isRepeatedClaim(item, command, verb)) return { kind: 'unchanged', item };
  if (verb.by === 'owner') requireProof(item, command);
  requireStatus(item, command, verb);
  if (!verb.waivable || !isGranted(view.settings, command.verb, command.actor, item))
    requireRight(item, command, verb);
  if (!verb.follows(view, item)) requireAllowed(view.settings, command.verb, command.actor, item);
  requireReason(command, verb);
  const after = verb.apply(item, command, view);
  if (after === 'unchanged') return { kind: 'unchanged', item };
  requireSeen(verb, item, command, after);
  if (after === 'gone') return record(command, item, undefined);
  requireSameRules(view.settings, command.actor, item, after);
  return record(command, item, rememberReview(view.settings, command.actor, item, after, verb.claims));
}

function findItem(view: LedgerView, { id = '' }: Command): WorkItem {
  const item = view.find(id);
  if (item !== undefined) return item;
  throw new LedgerError('NOT_FOUND', `There is no item ${id}.`, { details: { id } });
}

/** A claim that is asked for again by the very execution that has it is answered with what it has. */
const isRepeatedClaim = (item: WorkItem, command: Command, { claims }: VerbFacts<object>): boolean =>
  claims &&
  item.status === 'in_progress' &&
  item.owner === command.actor &&
  'execution_id' in command &&
  item.claim?.execution_id === command.execution_id;

function requireStatus(item: WorkItem, command: Command, verb: ChangingVerb): void {
  const { from, to } = verb;
  if ((from as readonly string[]).includes(item.status)) return;
  const { text, details } = describeHolder(item);
  if (verb.claims && isHeld(item)) {
    throw new LedgerError('ALREADY_CLAIMED', `${item.id} is already claimed: ${text}.`, {
      hint: '`wl ready` lists what is free.',
      details,
    });
  }
  const allowed = from.join(' or ');
  const goal = isStatus(to) ? ` to ${to}` : '';
  throw new LedgerError(
    'ILLEGAL_TRANSITION',
    `${item.id} is ${item.status}; ${command.verb} leads from ${allowed}${goal}.`,
    { hint: nextStep(item, verb), details: { ...details, verb: command.verb, allowed_from: from } },
  );
}

const isStatus = (to: string): boolean => (WORK_STATUSES as readonly string[]).includes(to);

function nextStep(item: WorkItem, verb: ChangingVerb): string {
  if (item.status === 'failed') return `To try again: wl retry ${item.id}`;
  if (isTerminal(item.status)) return `To work on it again: wl reopen ${item.id} --reason TEXT`;
  if (item.status === 'pending' && verb.by === 'owner') return `Claim it first: wl claim ${item.id}`;
  if (item.status === 'blocked')
    return `It is blocked: ${quoted(item.block?.reason ?? '')} (wl unblock ${item.id})`;
  if (verb.to === 'gone') return `Finish it first: wl cancel ${item.id}`;
  return `\`wl show ${item.id}\` tells how it stands.`;
}

function requireRight(item: WorkItem, command: Command, { by: right }: VerbFacts<object>): void {
  const { text, details } = describeHolder(item);
  switch (right) {
    case 'owner':
      return requireOwner(item, command.actor);
    case 'owner_once_claimed':
      if (!isHeld(item) || ('force' in command && command.force)) return;
      requireProof(item, command);
      return requireOwner(item, command.actor);
    case 'creator_or_owner':
      if (item.created_by === command.actor) return;
      if (item.owner === command.actor) return requireProof(item, command);
      throw new LedgerError(
        'NOT_OWNER',
        `${item.id} was created by ${asName(item.created_by)}, and ${text}.`,
        {
          hint: `Its creator or its owner may ${command.verb} it; claim it to become its owner.`,
          details: { ...details, created_by: item.created_by },
        },
      );
    case 'not_owner':
      if (item.owner !== command.actor) return;
      throw new LedgerError(
        'NOT_OWNER',
        `${asName(item.owner ?? '')} did the work on ${item.id} and cannot ${command.verb} it.`,
        {
          hint: 'Someone else has to.',
          details,
        },
      );
    case 'anyone':
    case 'assignee':
      return;
    default:
      return right satisfies never;
  }
}

function requireReason(command: Command, { reason }: VerbFacts<object>): void {
  if (reason !== 'required' || reasonOf(command)) return;
  throw new LedgerError('INVALID_INPUT', `${command.verb} needs a reason.`, {
    details: { verb: command.verb },
  });
}

function record(command: Command, before: WorkItem | undefined, changed: WorkItem | undefined): Transition {
  const after =
    before === undefined || changed === undefined
      ? changed
      : toItem(
          { ...changed, rev: before.rev + 1, last_op: command.op, updated_at: command.at },
          `change to ${before.id}`,
          before,
        );
  const subject = after ?? before;
  if (subject === undefined) throw new LedgerError('INTERNAL', 'A transition without an item was recorded.');
  const holder = [after, before].find((item) => item !== undefined && isHeld(item))?.claim;
  const { fenced } = verbOf(command.verb);
  const reason = reasonOf(command);
  return {
    kind: 'transition',
    before,
    after,
    event: {
      verb: command.verb,
      id: subject.id,
      title: subject.title,
      from: before?.status,
      to: after?.status,
      rev: after?.rev ?? (before?.rev ?? 0) + 1,
      actor: command.actor,
      op: command.op,
      at: command.at,
      epoch: fenced ? holder?.epoch : undefined,
      execution_id: fenced ? holder?.execution_id : undefined,
      reason: reason === undefined || reason === '' ? undefined : reason,
      if_rev: command.if_rev,
      keyed: before === undefined ? keyedBy(after) : undefined,
    },
  };
}

/** What a new item says of its key in its commit. */
export function keyedBy(item: WorkItem | undefined): TransitionEvent['keyed'] {
  const key = item?.idempotency_key;
  return item === undefined || key === undefined ? undefined : { key, digest: contentDigest(item) };
}

function reasonOf(command: Command): string | undefined {
  if (!('reason' in command) || command.reason === undefined) return undefined;
  return toSafeLine(command.reason, REASON_LENGTH);
}
