import type { Run } from '../command.ts';
import { tableLines } from '../render/list.ts';
import { reviewColumns } from '../render/review.ts';
import type { noOptions } from '../table/review.ts';

const HEADER = ['ID', 'BRANCH', 'OWNER', 'TITLE'];

export const run: Run<typeof noOptions> = async ({ cli }) => {
  const ledger = await cli.open();
  const { listReviews } = await import('../../review.ts');
  const reviews = await cli.busy('looking at review branches', () => listReviews(ledger));
  if (reviews.length === 0 && cli.world.stdout.isTTY && !cli.globals.json) cli.notice('nothing is in review');
  return {
    kind: 'reviews',
    data: reviews,
    lines: tableLines(cli, HEADER, reviews.map(reviewColumns)),
    ids: reviews.map(({ id }) => id),
  };
};
