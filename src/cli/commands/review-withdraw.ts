import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import type { withdrawOptions } from '../table/review.ts';

export const run: Run<typeof withdrawOptions> = ({ args, options, cli }) =>
  endReviews(
    cli,
    'withdraw',
    args,
    (ledger, id) => ledger.withdrawWork(id, { reason: options.reason, ...cli.fence(options) }),
    ({ id }) => `withdrew ${id}`,
  );
