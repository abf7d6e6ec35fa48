import type { Run } from '../command.ts';
import { toRecord } from './rejected.ts';

export const run: Run<Record<never, never>> = async ({ args: [op = ''], cli }) => {
  const ledger = await cli.open();
  const dropped = await ledger.dropRejected(op);
  const { verb, id, commit } = dropped;
  return {
    kind: 'rejected',
    data: toRecord(dropped),
    lines: [
      `dropped ${verb} ${id ?? dropped.op}; until git cleans up, git show ${commit.record.oid} still has it`,
    ],
    ids: [dropped.op],
  };
};
