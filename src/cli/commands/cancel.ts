import type { Run } from '../command.ts';
import type { reasonOptions } from '../table/doing.ts';
import { onItems } from '../transition.ts';

export const run: Run<typeof reasonOptions> = ({ args, options: { reason }, cli }) =>
  onItems(
    cli,
    'cancel',
    args,
    (ledger, id) => ledger.cancelWork(id, { reason }),
    ({ id }) => `cancelled ${id}`,
  );
