import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import { required } from '../input.ts';
import type { rejectOptions } from '../table/review.ts';

export const run: Run<typeof rejectOptions> = async ({ args, options, cli }) => {
  const reason = required(options.reason, 'A reason', `wl review reject ${args[0]} --reason TEXT`);
  return endReviews(
    cli,
    'reject',
    args,
    (ledger, id) => ledger.rejectWork(id, { reason }),
    ({ id, owner }) => `sent ${id} back to ${owner}`,
  );
};
