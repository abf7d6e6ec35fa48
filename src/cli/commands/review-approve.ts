import type { Run } from '../command.ts';
import { endReviews } from '../end-review.ts';
import type { approveOptions } from '../table/review.ts';

export const run: Run<typeof approveOptions> = ({ args, options: { reason }, cli }) =>
  endReviews(
    cli,
    args,
    (ledger, id) => ledger.approveWork(id, { reason }),
    ({ id, status }) => (status === 'in_review' ? `approved ${id}, which needs more` : `approved ${id}`),
  );
