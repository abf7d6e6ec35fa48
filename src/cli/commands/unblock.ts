import type { Run } from '../command.ts';
import type { reasonOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof reasonOptions> = ({ args, options: { reason }, cli }) =>
  onItems(
    cli,
    'unblock',
    args,
    (ledger, id) => ledger.unblockWork(id, { reason }),
    ({ id, status }) => `unblocked ${id}: it is ${status}`,
  );
