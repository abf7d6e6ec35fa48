import { flag, seconds, text, whole } from '../check-input.ts';
import type { Observation } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import type { WorkId } from '../ids.ts';
import { parseId } from '../ids.ts';
import { isTerminal, WORK_STATUSES, type WorkItem, type WorkStatus } from '../item.ts';
import { describeLimit, describeObstacle, type Obstacle, obstacles, reachedLimits } from '../readiness.ts';
import { firstOf, listed, REASON_LENGTH, toSafeLine } from '../text.ts';
import type { LedgerView } from '../view.ts';
import type { Asked, Recorded } from './define.ts';

export const OPEN: readonly WorkStatus[] = WORK_STATUSES.filter((status) => !isTerminal(status));
export const ENDED: readonly WorkStatus[] = WORK_STATUSES.filter(isTerminal);

/** What a holder proves, in the input of a verb. */
export const FENCE = { epoch: whole, execution_id: text, unproven: flag };

/** What begins a claim. */
export interface Acquiring {
  id: WorkId;
  execution_id: string;
  ttl_s?: number | undefined;
  /** The name of the clone that asks: for people, and no proof. */
  clone?: string | undefined;
}

/** The same, as the input of a verb. */
export const ACQUIRING = { execution_id: text, ttl_s: seconds, clone: text };

/** Takes the item: a new epoch, which outdates every write of earlier holders. */
export function acquire(item: WorkItem, command: Asked<Acquiring>, view: LedgerView): WorkItem {
  requireReady(view, item, command);
  refuseOverLimit(view, item, command.actor);
  return {
    ...item,
    status: 'in_progress',
    owner: command.actor,
    execution_id: command.execution_id,
    started_at: item.started_at ?? command.at,
    not_before: undefined,
    claim: {
      epoch: (item.claim?.epoch ?? 0) + 1,
      execution_id: command.execution_id,
      claimed_at: command.at,
      ttl_s: command.ttl_s ?? view.settings.lease_ttl_s,
      clone: command.clone,
    },
    attempts: item.attempts + 1,
    block: undefined,
  };
}

function requireReady(view: LedgerView, item: WorkItem, { actor, at }: Asked<Acquiring>): void {
  const reasons = obstacles(view, { ...item, status: 'pending' }, actor, at);
  const [first] = reasons;
  if (first === undefined) return;
  const code = first.kind === 'assigned' ? 'NOT_OWNER' : 'NOT_READY';
  throw new LedgerError(code, `${item.id} is not ready: ${listed(reasons.map(describeObstacle), '; ')}.`, {
    hint: `\`wl explain ${item.id}\` tells what it waits for; \`wl ready\` lists what can be claimed.`,
    details: { id: item.id, obstacles: firstOf(reasons.map(inShort)) },
  });
}

const inShort = (one: Obstacle): Obstacle =>
  one.kind === 'open_children' ? { ...one, ids: firstOf(one.ids) } : one;

function refuseOverLimit(view: LedgerView, item: WorkItem, actor: string): void {
  const reached = reachedLimits(view, item, actor);
  if (reached.length === 0) return;
  const limits = reached.map(describeLimit).join('; ');
  throw new LedgerError('LIMIT_REACHED', `${item.id} cannot be taken now: ${limits}.`, {
    hint: 'Finish or release one of these first; `wl config get limits` shows the limits.',
    details: { id: item.id, limits: reached.map((one) => ({ ...one, items: firstOf(one.items) })) },
  });
}

export function readAcquiring({ after }: Recorded): Omit<Acquiring, 'id'> {
  const { execution_id = '', ttl_s, clone } = after.claim ?? {};
  return { execution_id, ttl_s, clone };
}

/** By the execution that has it where it is blocked: any other would be asked for the claim anew, and one that has it is always let in. */
export const leastAcquiring = ({ status, claim }: WorkItem): Pick<Acquiring, 'execution_id'> => ({
  execution_id: (status === 'blocked' && claim?.execution_id) || ASKED,
});

/** What stands for a text that only has to be there. */
export const ASKED = 'asked';

/** The item without what belongs to being held. */
export const withoutHolder = (item: WorkItem): WorkItem => ({
  ...item,
  owner: undefined,
  execution_id: undefined,
  block: undefined,
});

/** @throws LedgerError `ID_TAKEN` where the id was given before, also to an item that was deleted */
export function requireUnused(view: LedgerView, id: WorkId): void {
  parseId(id);
  if (!view.wasUsed(id)) return;
  throw new LedgerError('ID_TAKEN', `The id ${id} was given already.`, { details: { id } });
}

/** The proposal that a review is of: each submission is one of its own. */
export const seesSubmission = ({ review }: WorkItem): Observation => ({
  'review.requested_at': review?.requested_at,
  'review.requested_by': review?.requested_by,
});

/** How an item ended, when, and what came of it. */
export const seesEnding = ({ status, completed_at, result, error }: WorkItem): Observation => ({
  status,
  completed_at,
  result,
  error,
});

/** A reason as an item keeps it. */
export const asNote = (reason: string | undefined): string | undefined =>
  reason === undefined ? undefined : toSafeLine(reason, REASON_LENGTH) || undefined;
