import type { Run } from '../command.ts';
import { attempt, writeReply } from '../transition.ts';

export const run: Run<Record<never, never>> = async ({ args: [op = ''], cli }) => {
  const ledger = await cli.open();
  const applied = await attempt(ledger, () => ledger.applyRejected(op));
  return writeReply(ledger, [applied], [], false, ({ id }, changed) => [
    changed ? `applied to ${id}` : `nothing to change in ${id}`,
  ]);
};
