import { contextAfter } from '../answers.ts';
import { LedgerError } from '../errors.ts';
import { refuseCycle, requireKnown } from '../graph.ts';
import { isTerminal } from '../item.ts';
import { REASON_LENGTH, toSafeLine } from '../text.ts';
import type { Apply } from './apply.ts';

export const block: Apply<'block'> = (item, command, view) => {
  const { blocker_id } = command;
  if (blocker_id !== undefined) {
    requireKnown(view, 'blocker', [blocker_id]);
    refuseCycle(view, item.id, blocker_id);
    const status = view.statusOf(blocker_id);
    if (status !== undefined && status !== 'damaged' && isTerminal(status)) {
      throw new LedgerError(
        'ILLEGAL_TRANSITION',
        `${blocker_id} is ${status}, so it cannot block ${item.id}.`,
        {
          hint: 'Name an open item, or block with a reason alone.',
          details: { id: item.id, blocker_id, status },
        },
      );
    }
  }
  return {
    ...item,
    status: 'blocked',
    block: {
      reason: toSafeLine(command.reason, REASON_LENGTH),
      blocker_id,
      since: command.at,
      from: item.status === 'in_progress' ? 'in_progress' : 'pending',
    },
  };
};

export const unblock: Apply<'unblock'> = (item, _command, view) => ({
  ...item,
  context: contextAfter(item, view),
  status: item.block?.from ?? (item.owner === undefined ? 'pending' : 'in_progress'),
  block: undefined,
});
