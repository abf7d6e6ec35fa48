import type { Run } from '../command.ts';
import { required } from '../input.ts';
import type { reasonOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof reasonOptions> = async ({ args, options, cli }) => {
  const reason = required(options.reason, 'A reason', `wl reopen ${args[0]} --reason TEXT`);
  return onItems(
    cli,
    'reopen',
    args,
    (ledger, id) => ledger.reopenWork(id, { reason }),
    ({ id }) => `reopened ${id}`,
  );
};
