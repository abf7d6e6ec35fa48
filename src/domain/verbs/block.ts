import { flag, text } from '../check-input.ts';
import type { Fence } from '../commands.ts';
import { LedgerError } from '../errors.ts';
import { refuseCycle, requireKnown } from '../graph.ts';
import { isHeld } from '../holding.ts';
import type { WorkId } from '../ids.ts';
import { isTerminal } from '../item.ts';
import { REASON_LENGTH, toSafeLine } from '../text.ts';
import type { LedgerView } from '../view.ts';
import { type ChangingVerb, defineVerb } from './define.ts';
import { FENCE } from './shared.ts';

type BlockInput = {
  id: WorkId;
  reason: string;
  blocker_id?: WorkId | undefined;
  /** Also where someone else holds it. */
  force?: boolean | undefined;
} & Fence;

/** Stops an item, until what it waits for is there. */
export const block: ChangingVerb<BlockInput> = defineVerb({
  from: ['pending', 'in_progress'],
  to: 'blocked',
  by: 'owner_once_claimed',
  fenced: true,
  reason: 'required',
  input: { reason: text, blocker_id: text, force: flag, ...FENCE },
  line: 'blocked',
  apply(item, { reason, blocker_id, at }, view) {
    if (blocker_id !== undefined) requireBlocker(view, item.id, blocker_id);
    return {
      ...item,
      status: 'blocked',
      block: {
        reason: toSafeLine(reason, REASON_LENGTH),
        blocker_id,
        since: at,
        from: item.status === 'in_progress' ? 'in_progress' : 'pending',
      },
    };
  },
  read({ before, after, event }) {
    const held = before !== undefined && isHeld(before);
    const force = held && before.owner !== event.actor;
    // What was decided while nobody held the item is no holder's word on a claim that came meanwhile.
    const proof = held ? { epoch: event.epoch, execution_id: event.execution_id } : { unproven: true };
    const { reason = '', blocker_id } = after.block ?? {};
    return { reason, blocker_id, force, ...(force ? {} : proof) };
  },
  noted: ({ block: noted }) => noted?.reason,
});

function requireBlocker(view: LedgerView, id: WorkId, blocker_id: WorkId): void {
  requireKnown(view, 'blocker', [blocker_id]);
  refuseCycle(view, id, blocker_id);
  const status = view.statusOf(blocker_id);
  if (status === undefined || status === 'damaged' || !isTerminal(status)) return;
  throw new LedgerError('ILLEGAL_TRANSITION', `${blocker_id} is ${status}, so it cannot block ${id}.`, {
    hint: 'Name an open item, or block with a reason alone.',
    details: { id, blocker_id, status },
  });
}
