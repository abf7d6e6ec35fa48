import type { Run } from '../command.ts';
import { resolveOne } from '../ids.ts';
import { openedLines } from '../render/review.ts';
import type { noOptions } from '../table/review.ts';

export const run: Run<typeof noOptions> = async ({ args: [typed = ''], cli }) => {
  const ledger = await cli.open();
  const { findReview, openRequest } = await import('../../review.ts');
  const id = await resolveOne(ledger, typed, 'approve');
  const review = await cli.busy('looking at the review branch', () => findReview(ledger, id));
  const opened = await cli.busy('making the request', () => openRequest(ledger, review, cli.world.env));
  return { kind: 'request', data: { id, ...opened }, lines: openedLines(opened), ids: [opened.url ?? id] };
};
