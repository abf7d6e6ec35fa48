import type { Run } from '../command.ts';
import type { cancelOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof cancelOptions> = ({ args, options, cli }) =>
  onItems(
    cli,
    'cancel',
    args,
    (ledger, id) => ledger.cancelWork(id, { reason: options.reason, ...cli.fence(options) }),
    ({ id }) => `cancelled ${id}`,
  );
