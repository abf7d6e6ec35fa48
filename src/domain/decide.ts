import type { Command, TransitionEvent } from './commands.ts';
import { isOverdue } from './consequences.ts';
import { LedgerError } from './errors.ts';
import { describeHolder, isHeld, requireOwner, requireProof } from './holding.ts';
import { isTerminal, WORK_STATUSES, type WorkItem } from './item.ts';
import { requireRequest, toItem } from './item-schema.ts';
import { isGranted, requireAllowed, requireSameRules } from './policy.ts';
import { requireExpired } from './retention.ts';
import { REASON_LENGTH, toSafeLine } from './text.ts';
import { TRANSITIONS, type Verb } from './transitions.ts';
import { block, unblock } from './verbs/blocking.ts';
import { assign, checkpoint, claim, link_execution, recover, release, start } from './verbs/claiming.ts';
import { create, importItem } from './verbs/creating.ts';
import { comment, update } from './verbs/editing.ts';
import { approve, cancel, complete, fail, reject, reopen, retry, submit } from './verbs/finishing.ts';
import { withdraw } from './verbs/withdrawing.ts';
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
 * Pure: time, actor and the transition's name arrive inside the command.
 *
 * @returns the item as it will stand, `rev` one higher, and the event its commit records
 * @throws LedgerError `ILLEGAL_TRANSITION` where the table has no such row; `ALREADY_CLAIMED`, `CLAIMED_ELSEWHERE`,
 *   `STALE_EPOCH` and `NOT_OWNER` where someone else holds it, naming the holder; `NOT_READY`, `UNKNOWN_REFERENCE`, `DEPENDENCY_CYCLE`,
 *   `STILL_REFERENCED` where the rest of the ledger forbids it; `NOT_FOUND`; `INVALID_INPUT`
 * @see docs/format.md, "Transitions"
 */
export function decide(view: LedgerView, command: Command): Decision {
  requireRequest(command);
  if (command.verb === 'create' || command.verb === 'import') {
    const { item, existed } = command.verb === 'create' ? create(command, view) : importItem(command, view);
    return existed ? { kind: 'unchanged', item } : enter(view, command, item);
  }

  const item = view.find(command.id);
  if (item === undefined) {
    throw new LedgerError('NOT_FOUND', `There is no item ${command.id}.`, { details: { id: command.id } });
  }
  if (isRepeatedClaim(item, command)) return { kind: 'unchanged', item };
  if (TRANSITIONS[command.verb].by === 'owner') requireProof(item, command);
  requireStatus(item, command);
  if (!isGranted(view.settings, command.verb, command.actor, item) || !WAIVABLE.has(command.verb))
    requireRight(item, command);
  requirePermission(view, item, command);
  requireReason(command);
  if (command.verb === 'delete') return record(command, item, checkDelete(view, item, command.at));
  const after = applyVerb(item, command, view);
  if (after === undefined) return { kind: 'unchanged', item };
  requireSameRules(view.settings, command.actor, item, after);
  return record(command, item, after);
}

/** An item that begins is under the rules for what it is to be. */
function enter({ settings }: LedgerView, command: Command, item: WorkItem): Decision {
  requireAllowed(settings, command.verb, command.actor, item);
  return record(command, undefined, item);
}

/** Rights of the table that a rule of the policy can give to others as well. */
const WAIVABLE: ReadonlySet<Verb> = new Set<Verb>(['cancel']);

/** What follows by itself is nobody's to forbid: it was allowed with what it follows from. */
function requirePermission(view: LedgerView, item: WorkItem, { verb, actor }: Command): void {
  if (verb === 'unblock' && isOverdue(view, item)) return;
  requireAllowed(view.settings, verb, actor, item);
}

function applyVerb(
  item: WorkItem,
  command: Exclude<Command, { verb: 'create' | 'import' | 'delete' }>,
  view: LedgerView,
): WorkItem | undefined {
  switch (command.verb) {
    case 'assign':
      return assign(item, command, view);
    case 'claim':
      return claim(item, command, view);
    case 'start':
      return start(item, command, view);
    case 'release':
      return release(item, command, view);
    case 'checkpoint':
      return checkpoint(item, command, view);
    case 'link_execution':
      return link_execution(item, command, view);
    case 'block':
      return block(item, command, view);
    case 'unblock':
      return unblock(item, command, view);
    case 'submit':
      return submit(item, command, view);
    case 'approve':
      return approve(item, command, view);
    case 'reject':
      return reject(item, command, view);
    case 'withdraw':
      return withdraw(item, command, view);
    case 'complete':
      return complete(item, command, view);
    case 'fail':
      return fail(item, command, view);
    case 'retry':
      return retry(item, command, view);
    case 'cancel':
      return cancel(item, command, view);
    case 'reopen':
      return reopen(item, command, view);
    case 'recover':
      return recover(item, command, view);
    case 'update':
      return update(item, command, view);
    case 'comment':
      return comment(item, command, view);
    default:
      return command satisfies never;
  }
}

/** A claim or start that is asked again by the very execution that has it is answered with what it has. */
function isRepeatedClaim(item: WorkItem, command: Command): boolean {
  return (
    (command.verb === 'claim' || command.verb === 'start') &&
    item.status === 'in_progress' &&
    item.owner === command.actor &&
    item.claim?.execution_id === command.execution_id
  );
}

function requireStatus(item: WorkItem, command: Command): void {
  const { from, to } = TRANSITIONS[command.verb];
  if ((from as readonly string[]).includes(item.status)) return;
  const { text, details } = describeHolder(item);
  if ((command.verb === 'claim' || command.verb === 'start') && isHeld(item)) {
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
    { hint: nextStep(item, command.verb), details: { ...details, verb: command.verb, allowed_from: from } },
  );
}

const isStatus = (to: string): boolean => (WORK_STATUSES as readonly string[]).includes(to);

function nextStep(item: WorkItem, verb: Verb): string {
  if (item.status === 'failed') return `To try again: wl retry ${item.id}`;
  if (isTerminal(item.status)) return `To work on it again: wl reopen ${item.id} --reason TEXT`;
  if (item.status === 'pending' && TRANSITIONS[verb].by === 'owner')
    return `Claim it first: wl claim ${item.id}`;
  if (item.status === 'blocked') return `It is blocked: ${item.block?.reason ?? ''} (wl unblock ${item.id})`;
  if (verb === 'delete') return `Finish it first: wl cancel ${item.id}`;
  return `\`wl show ${item.id}\` tells how it stands.`;
}

function requireRight(item: WorkItem, command: Command): void {
  const right = TRANSITIONS[command.verb].by;
  const { text, details } = describeHolder(item);
  switch (right) {
    case 'owner':
      return requireOwner(item, command.actor);
    case 'owner_once_claimed':
      if (!isHeld(item) || (command.verb === 'block' && command.force)) return;
      requireProof(item, command);
      return requireOwner(item, command.actor);
    case 'creator_or_owner':
      if (item.created_by === command.actor) return;
      if (item.owner === command.actor) return requireProof(item, command);
      throw new LedgerError('NOT_OWNER', `${item.id} was created by ${item.created_by}, and ${text}.`, {
        hint: `Its creator or its owner may ${command.verb} it; claim it to become its owner.`,
        details: { ...details, created_by: item.created_by },
      });
    case 'not_owner':
      if (item.owner !== command.actor) return;
      throw new LedgerError(
        'NOT_OWNER',
        `${item.owner} did the work on ${item.id} and cannot ${command.verb} it.`,
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

/** Verbs that undo or stop what someone did: the commit has to say why. */
const EXPLAINED: ReadonlySet<Verb> = new Set<Verb>(['block', 'reject', 'reopen', 'recover']);

function requireReason(command: Command): void {
  if (!EXPLAINED.has(command.verb) || reasonOf(command)) return;
  throw new LedgerError('INVALID_INPUT', `${command.verb} needs a reason.`, {
    details: { verb: command.verb },
  });
}

/** An item that open work still points to stays, or that work would point to nothing. */
function checkDelete(view: LedgerView, item: WorkItem, at: string): undefined {
  requireExpired(view.settings, item, at);
  const users = [
    ...new Set([
      ...view.openDependentsOf(item.id),
      ...view.blockedOn(item.id),
      ...view.openChildrenOf(item.id),
    ]),
  ];
  if (users.length === 0) return undefined;
  throw new LedgerError('STILL_REFERENCED', `${item.id} is still needed by ${users.join(', ')}.`, {
    hint: 'Finish those first, or drop the dependency: wl dep rm ID DEPENDENCY',
    details: { id: item.id, users },
  });
}

function record(command: Command, before: WorkItem | undefined, changed: WorkItem | undefined): Transition {
  const after =
    before === undefined || changed === undefined
      ? changed
      : toItem(
          { ...changed, rev: before.rev + 1, last_op: command.op, updated_at: command.at },
          `change to ${before.id}`,
        );
  const subject = after ?? before;
  if (subject === undefined) throw new LedgerError('INTERNAL', 'A transition without an item was recorded.');
  const holder = [after, before].find((item) => item !== undefined && isHeld(item))?.claim;
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
      epoch: FENCED.has(command.verb) ? holder?.epoch : undefined,
      execution_id: FENCED.has(command.verb) ? holder?.execution_id : undefined,
      reason: reason === undefined || reason === '' ? undefined : reason,
    },
  };
}

/** Verbs whose commit says in which epoch they were meant: the ones that take, use, or end a claim. */
const FENCED: ReadonlySet<Verb> = new Set<Verb>([
  'claim',
  'start',
  'release',
  'checkpoint',
  'link_execution',
  'block',
  'submit',
  'withdraw',
  'complete',
  'fail',
  'recover',
]);

function reasonOf(command: Command): string | undefined {
  if (!('reason' in command) || command.reason === undefined) return undefined;
  return toSafeLine(command.reason, REASON_LENGTH);
}
