import type { CommandOf } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import {
  attemptsAllowed,
  EXHAUSTED,
  isExhausted,
  isHeld,
  observeHolder,
  requireOwner,
  requireProof,
} from '../holding.ts';
import type { WorkItem } from '../item.ts';
import { describeLimit, reachedLimits } from '../limits.ts';
import { describeObstacle, obstacles } from '../readiness.ts';
import { REASON_LENGTH, toSafeLine } from '../text.ts';
import type { LedgerView } from '../view.ts';
import { type Apply, withoutHolder } from './apply.ts';

/** Takes the item: a new epoch, which outdates every write of earlier holders. */
function take(item: WorkItem, command: CommandOf<'claim'> | CommandOf<'start'>, view: LedgerView): WorkItem {
  const asked = { ...item, status: 'pending' as const };
  const [first, ...others] = obstacles(view, asked, command.actor, command.at);
  if (first !== undefined) {
    const code = first.kind === 'assigned' ? 'NOT_OWNER' : 'NOT_READY';
    const reasons = [first, ...others];
    throw new LedgerError(code, `${item.id} is not ready: ${reasons.map(describeObstacle).join('; ')}.`, {
      hint: `\`wl explain ${item.id}\` tells what it waits for; \`wl ready\` lists what can be claimed.`,
      details: { id: item.id, obstacles: reasons },
    });
  }
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

function refuseOverLimit(view: LedgerView, item: WorkItem, actor: string): void {
  const reached = reachedLimits(view, item, actor);
  if (reached.length === 0) return;
  const told = reached.map(describeLimit).join('; ');
  throw new LedgerError('LIMIT_REACHED', `${item.id} cannot be taken now: ${told}.`, {
    hint: 'Finish or release one of these first; `wl config get limits` shows the limits.',
    details: { id: item.id, limits: reached },
  });
}

export const claim: Apply<'claim'> = take;

export const start: Apply<'start'> = (item, command, view) => {
  if (!isHeld(item)) return take(item, command, view);
  requireOwner(item, command.actor);
  // The holder is the execution, not the name: another one of the same actor has to claim it anew.
  requireProof(item, command);
  return { ...item, status: 'in_progress', block: undefined };
};

export const release: Apply<'release'> = (item) => ({ ...withoutHolder(item), status: 'pending' });

export const assign: Apply<'assign'> = (item, { owner }) =>
  item.owner === owner ? undefined : { ...item, owner };

export const checkpoint: Apply<'checkpoint'> = (item, command) => ({
  ...item,
  checkpoint: { ...command.checkpoint, at: command.at, attempt: item.attempts },
});

export const link_execution: Apply<'link_execution'> = (item, { link, clone }) =>
  item.execution_id === link || item.claim === undefined
    ? undefined
    : { ...item, execution_id: link, claim: { ...item.claim, execution_id: link, clone } };

export const recover: Apply<'recover'> = (item, command, view) => {
  const sign = observeHolder(item);
  const { observed } = command;
  const keys = ['epoch', 'execution_id', 'checkpoint_at'] as const;
  if (keys.some((key) => observed[key] !== sign[key])) {
    throw new LedgerError('NOT_READY', `${item.id} moved on since it looked abandoned; it is left alone.`, {
      hint: `\`wl show ${item.id}\` tells how it stands.`,
      details: { id: item.id, obstacles: [], observed, sign },
    });
  }
  if (!isExhausted(item, view.settings)) return { ...withoutHolder(item), status: 'pending' };
  const allowed = attemptsAllowed(item, view.settings);
  const reason = toSafeLine(command.reason, REASON_LENGTH);
  return {
    ...item,
    status: 'failed',
    completed_at: command.at,
    error: `${EXHAUSTED} ${item.attempts} of ${allowed} attempts ended without a result. The last one: ${reason}`,
  };
};
