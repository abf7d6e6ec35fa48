import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import { fenceOf } from '../fence.ts';
import type { withdrawOptions } from '../table/review.ts';

export const run: Run<typeof withdrawOptions> = ({ args, options, cli }) =>
  endReviews(
    cli,
    'withdraw',
    args,
    async (ledger, id) => {
      const fence = await fenceOf(cli, ledger, id, options);
      return ledger.withdrawWork(id, { reason: options.reason, ...fence });
    },
    ({ id }) => `withdrew ${id}`,
  );
